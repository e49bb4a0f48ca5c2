import { z } from 'zod';
import { unpack } from '../../analytics/gathered-times.ts';
import { PHASES, type Phase } from '../../analytics/phases.ts';
import type { Sketch } from '../../analytics/sketch.ts';
import { availability, maintenance, reachability, results, retries, unseen, unseenMinutes, type Tally } from '../../analytics/tally.ts';

/** One sentence each: what the ratios mean, wherever they are shown. */
export const AVAILABILITY = 'runs that ended passed or degraded, of those that ended passed, degraded or failed, 0 to 1; null without any';
export const REACHABILITY = 'runs whose connection was established, whatever came after, of those that ended passed, degraded or failed, 0 to 1; null without any';

const TimesEntity = z.object({
  avgMs: z.number(), minMs: z.number(), p50Ms: z.number(), p90Ms: z.number(), p95Ms: z.number(), p99Ms: z.number(), maxMs: z.number(),
}).meta({ id: 'Times', description: 'of runs that passed or degraded; a phase that did not happen counts as 0; percentiles within 1 %' });
export type TimesWire = z.output<typeof TimesEntity>;

export const FIGURES = {
  runs: z.int().meta({ description: 'final results of scheduled runs' }),
  availability: z.number().nullable().meta({ description: AVAILABILITY }),
  reachability: z.number().nullable().meta({ description: REACHABILITY }),
  outcomes: z.object({
    passed: z.int(), degraded: z.int(), failed: z.int(), agentFault: z.int(), egressDenied: z.int(),
    impaired: z.int().meta({ description: 'seen by an agent that was itself cut off: neither up nor down' }),
  }),
  retries: z.int().meta({ description: 'attempts beyond the first' }),
  unseen: z.int().meta({ description: 'due runs of which nobody can tell up or down: unwanted gaps, agent faults, denied egress, impaired windows' }),
  unseenMinutes: z.number().meta({ description: 'the same as minutes: each unseen run stands for the check\'s present interval, shared by the locations that owe each slot' }),
  maintenance: z.int().meta({ description: 'due runs that a maintenance window or a pause kept from running' }),
  gaps: z.record(z.string(), z.int()).meta({ description: 'due runs without a result, by reason' }),
};

export function figuresEntity(tally: Tally, coversMs: number) {
  return {
    runs: results(tally), availability: availability(tally), reachability: reachability(tally),
    outcomes: { passed: tally.passed, degraded: tally.degraded, failed: tally.failed, agentFault: tally.agentFaults, egressDenied: tally.egressDenied, impaired: tally.impaired },
    retries: retries(tally), unseen: unseen(tally), unseenMinutes: unseenMinutes(tally, coversMs), maintenance: maintenance(tally), gaps: tally.gapReasons,
  };
}

export const PhasesEntity = z.partialRecord(z.enum(PHASES), TimesEntity)
  .meta({ description: 'connection is connect + tls, transfer is send + firstByte + data; phases that never happened are left out' });

/** Times of every phase that happened. */
export function phasesEntity(tally: Tally, packed: readonly (Buffer | null)[]): Partial<Record<Phase, TimesWire>> {
  const answered = tally.passed + tally.degraded;
  return Object.fromEntries([...unpack(...packed)].map(([phase, sketch]) => [phase, timesOf(sketch, answered)]));
}

export function totalTimes(tally: Tally, packed: Buffer | null): TimesWire | null {
  const sketch = unpack(packed).get('total');
  return sketch ? timesOf(sketch, tally.passed + tally.degraded) : null;
}

/** Zeros are not in the sketch, but among the answers. */
function timesOf(sketch: Sketch, answered: number): TimesWire {
  const of = Math.max(answered, sketch.count);
  const at = (q: number): number => ms(sketch.quantileUs(q, of) ?? 0);
  return {
    avgMs: ms(sketch.sumUs / of), minMs: of > sketch.count ? 0 : ms(sketch.leastUs), p50Ms: at(0.5), p90Ms: at(0.9), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: ms(sketch.mostUs),
  };
}

/** To the µs. */
function ms(us: number): number {
  return Math.round(us) / 1000;
}


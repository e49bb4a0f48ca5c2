import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { parseCidrList } from '#shared/net/parse-cidrs.ts';
import type { Assignment, Shot } from '#shared/run/assignment.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { A_LOCATION, AN_ACCOUNT } from '#shared/testing/results.ts';
import { systemClock } from '#shared/time/clock.ts';
import type { MissedSlot } from '../../timetable/missed-slot.ts';
import { startProbingInline } from '../probing-inline.ts';
import { startProbing, type ProbingThreadOptions } from '../probing-thread.ts';
import type { Probing, ProbingEvents, ProbingSettings } from '../probing.ts';

export type World = {
  readonly probing: Probing;
  readonly results: AttemptResult[];
  readonly gaps: MissedSlot[];
  readonly downs: { readonly cause: unknown; readonly faults: number; readonly gaps: number }[];
  readonly errors: unknown[];
};

const loopback = parseCidrList('127.0.0.0/8');
if (!loopback.ok) throw new Error('loopback is a network');
export const SETTINGS: ProbingSettings = { resolver: 'dns', egress: { allow: loopback.list, deny: [] }, secretsPath: null, concurrency: 200, engine: 'plain' };

/** Probing of this kind on real sockets of loopback, in a location, with everything it tells. */
export function aWorld(kind: 'inline' | 'threaded', { settings, ...changes }: Partial<Pick<ProbingThreadOptions, 'entry' | 'lookMs'>> & { readonly settings?: Partial<ProbingSettings> } = {}): World {
  const world = { results: [] as AttemptResult[], gaps: [] as MissedSlot[], downs: [] as { cause: unknown; faults: number; gaps: number }[], errors: [] as unknown[] };
  const events: ProbingEvents = {
    onResult: (result) => void world.results.push(result),
    onGap: (gap) => void world.gaps.push(gap),
    onOmitted: () => {},
    onAttemptError: (error) => void world.errors.push(error),
    onDown: (down) => void world.downs.push(down),
  };
  const options = { clock: systemClock, nowMs: () => systemClock.nowMs(), ...changes };
  const used = { ...SETTINGS, ...settings };
  const probing = kind === 'inline' ? startProbingInline(used, events, options) : startProbing(used, events, options);
  probing.setLocation({ id: A_LOCATION, kind: 'private' });
  return { probing, ...world };
}

/** A check on a port of loopback, due from now on every `intervalMs`. */
export function anAssignment(port: number, index = 0, changes: { readonly intervalMs?: number; readonly spec?: Partial<ProbeSpec> } = {}): Assignment {
  const intervalMs = changes.intervalMs ?? 200;
  return {
    checkId: `3f8a1c52-6f0b-4c4e-9a57-${String(index).padStart(12, '0')}`, accountId: AN_ACCOUNT, revision: 1, retry: null, digest: '',
    spec: aProbeSpec({
      port, payload: Buffer.from('PING\r\n'), maxResponseTimeMs: 5_000,
      assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: '+PONG' }],
      ...changes.spec,
    }),
    turns: [{ fromAtMs: 0, untilMs: null, intervalMs, phaseMs: (index * 37) % intervalMs, modulus: 1, remainder: 0 }],
  };
}

export function aShot(port: number, changes: Partial<Shot> = {}): Shot {
  const nowMs = Math.floor(systemClock.nowMs());
  return {
    runId: '1d9f1f3e-93ad-4a7e-8b55-0c1d2e3f4a5b', checkId: anAssignment(port).checkId, revision: 1, trigger: 'manual',
    orderedAtMs: nowMs, deadlineMs: nowMs + 30_000, isUnsaved: false, spec: anAssignment(port).spec, ...changes,
  };
}

/** A target that answers whatever this thread does. */
export async function aTarget(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const worker = new Worker(new URL('./target-worker.ts', import.meta.url));
  const [port] = await once(worker, 'message') as [number];
  return { port, close: async () => void await worker.terminate() };
}

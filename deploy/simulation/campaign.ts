import type { FaultName } from './faults.ts';
import { PLANTS, type PlantName } from './plants.ts';
import type { SeedReport } from './run-seed.ts';
import { SeedPool } from './seed-pool.ts';

export type CampaignOptions = {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly hours: number;
  readonly onSeed?: (report: SeedReport) => void;
};

export type CampaignReport = {
  readonly failed: readonly SeedReport[];
  /** How often each thing happened, over all seeds. */
  readonly counts: ReadonlyMap<string, number>;
  /** What never happened, though it has to. */
  readonly never: readonly string[];
  readonly executions: number;
  readonly results: number;
  readonly gaps: number;
  readonly events: number;
};

/** What a campaign has to have seen; one that has not proves less than it says. */
export const SOMETIMES = [
  'a roster changed', 'a location went away', 'a location came back', 'an agent killed', 'a coordinator killed', 'a coordinator stopped', 'a goodbye',
  'killed at an effect', 'a process stopped', 'a mute partition', 'a one-way partition', 'postgres away', 'a commit nobody heard of', 'a duplicate row',
  'a gap replaced by its late result', 'a surplus result', 'a retry', 'a shot', 'a slot run twice', 'a clock stepped', 'a disk corrupted', 'a check edited',
  'a kept timetable', 'a result a minute late', 'a gap: agent_lost', 'a gap: no_agent', 'a gap: previous_still_running', 'a gap: clock_jump', 'a gap: overloaded',
  'spool trouble: commit_failed', 'a notice: failure', 'a notice: degraded', 'a notice: recovery', 'a notice: no_data', 'a reminder', 'a keeper stopped',
] as const;

/** Seed after seed, as many at once as the pool has workers. */
export async function runCampaign({ firstSeed, seeds, hours, onSeed }: CampaignOptions, pool = new SeedPool(1)): Promise<CampaignReport> {
  const failed: SeedReport[] = [];
  const counts = new Map<string, number>();
  const sum = { executions: 0, results: 0, gaps: 0, events: 0 };
  await pool.each(seedsFrom(firstSeed, seeds), async (seed) => {
    const report = await pool.run({ seed, hours });
    for (const [what, count] of report.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    sum.executions += report.executions;
    sum.results += report.results;
    sum.gaps += report.gaps;
    sum.events += report.events;
    if (report.violations.length > 0) failed.push(report);
    onSeed?.(report);
  });
  return { failed: failed.sort((a, b) => a.seed - b.seed), counts, never: SOMETIMES.filter((what) => !counts.has(what)), ...sum };
}

function* seedsFrom(first: number, count: number): Generator<number, void> {
  for (let seed = first; seed < first + count; seed += 1) yield seed;
}

export type PlantReport = { readonly plant: PlantName; readonly foundAtSeed: number | null; readonly tried: number; readonly hours: number; readonly violation: string };

export type HuntOptions = Omit<CampaignOptions, 'onSeed'> & {
  /** Among which it is looked for; left out: whatever each seed chooses. */
  readonly faults?: readonly FaultName[] | undefined;
};

/** Looks for one planted bug, seed after seed. */
export async function findPlant(plant: PlantName, { firstSeed, seeds, hours, faults }: HuntOptions, pool = new SeedPool(1)): Promise<PlantReport> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    const { violations: [violation] } = await pool.run({ seed, hours, faults, plants: new Set([plant]), stopsAtViolation: true });
    if (violation !== undefined) return { plant, foundAtSeed: seed, tried: seed - firstSeed + 1, hours, violation };
  }
  return { plant, foundAtSeed: null, tried: seeds, hours, violation: '' };
}

export const ALL_PLANTS = Object.keys(PLANTS) as readonly PlantName[];

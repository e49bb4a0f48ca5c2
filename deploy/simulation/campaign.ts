import type { HistoryReport } from './histories/run-history.ts';
import { PLANTS, type Hunt, type PlantName } from './plants.ts';
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
    addTo(counts, report.counts);
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

export type HistoriesReport = {
  readonly failed: readonly HistoryReport[];
  readonly counts: ReadonlyMap<string, number>;
  readonly never: readonly string[];
  readonly rows: number;
  readonly looks: number;
  readonly notices: number;
};

/** What thousands of histories have to have seen. */
export const HISTORIES_SOMETIMES = [
  'killed at an effect', 'a commit nobody heard of', 'a duplicate row', 'a location cut off', 'a location away', 'a location told to be dark', 'an agent cut off itself',
  'another location is asked', 'a confirmation', 'a retry in another location', 'a look after a pause', 'a window put', 'a check muted or not', 'a check activated or not', 'a check deleted',
  'a dependency changed', 'settings changed', 'a group changed', 'an alert acknowledged', 'an alert snoozed', 'an alert resolved by hand',
  'a notice: failure', 'a notice: degraded', 'a notice: recovery', 'a notice: no_data', 'a notice: data_again', 'a notice: egress_denied', 'a notice: digest', 'a reminder',
] as const;

/** History after history: judging alone. */
export async function runHistories({ firstSeed, seeds, onSeed }: Omit<CampaignOptions, 'hours' | 'onSeed'> & { readonly onSeed?: (report: HistoryReport) => void }, pool = new SeedPool(1)): Promise<HistoriesReport> {
  const failed: HistoryReport[] = [];
  const counts = new Map<string, number>();
  const sum = { rows: 0, looks: 0, notices: 0 };
  await pool.each(seedsFrom(firstSeed, seeds), async (seed) => {
    const report = await pool.run({ seed });
    addTo(counts, report.counts);
    sum.rows += report.rows;
    sum.looks += report.looks;
    sum.notices += report.notices;
    if (report.violations.length > 0) failed.push(report);
    onSeed?.(report);
  });
  return { failed: failed.sort((a, b) => a.seed - b.seed), counts, never: HISTORIES_SOMETIMES.filter((what) => !counts.has(what)), ...sum };
}

function addTo(sum: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [what, count] of counts) sum.set(what, (sum.get(what) ?? 0) + count);
}

export type PlantReport = { readonly plant: PlantName; readonly foundAtSeed: number | null; readonly tried: number; readonly hunt: Hunt; readonly violation: string };

/** Looks for one planted bug, seed after seed; among which faults it is looked for is the hunt's. */
export async function findPlant(plant: PlantName, hunt: Hunt, { firstSeed, seeds }: Pick<CampaignOptions, 'firstSeed' | 'seeds'>, pool = new SeedPool(1)): Promise<PlantReport> {
  const common = { plants: new Set([plant]), stopsAtViolation: true };
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    const { violations: [violation] } = hunt.form === 'histories' ? await pool.run({ seed, ...common }) : await pool.run({ seed, hours: hunt.hours, faults: hunt.faults, ...common });
    if (violation !== undefined) return { plant, foundAtSeed: seed, tried: seed - firstSeed + 1, hunt, violation };
  }
  return { plant, foundAtSeed: null, tried: seeds, hunt, violation: '' };
}

export const ALL_PLANTS = Object.keys(PLANTS) as readonly PlantName[];

/** Does what befalls one agent make others late (reliability.md I10)? Pure. */
import type { StoredRun } from '../e2e/testing/stored-facts.ts';
import { percentile } from '../bench/statistics.ts';

export type Isolation = {
  /** Lateness of runs whose agent nothing had befallen for a while, and of the others, ms. */
  readonly bystanders: { readonly runs: number; readonly p99Ms: number };
  readonly troubled: { readonly runs: number; readonly p99Ms: number };
  readonly violations: readonly string[];
};

/** When something befell an agent, ms since the epoch: beginnings and ends in turn; the last one may go on. */
export type Troubles = ReadonlyMap<string, readonly number[]>;

/** Before and after its trouble an agent is no bystander: it starts, drains, takes over. */
const AROUND_MS = 20_000;
/** At the 99th percentile. Two cores that also start processes all the time have been seen at 300. */
const LATE_MS = 1_000;
/** Fewer say nothing about a percentile. */
const RUNS_MIN = 100;

export function isolationOf(runs: readonly StoredRun[], troubles: Troubles): Isolation {
  const scheduled = runs.filter(({ trigger, attempt }) => trigger === 'schedule' && attempt === 1);
  const [bystanders, troubled] = [true, false].map((isQuiet) => latenessOf(scheduled.filter((run) => isQuietAt(troubles.get(run.agentId) ?? [], run.dueAtMs) === isQuiet)));
  const isLate = bystanders!.runs >= RUNS_MIN && bystanders!.p99Ms > LATE_MS;
  return { bystanders: bystanders!, troubled: troubled!, violations: isLate ? [`runs of agents that nothing had befallen began ${Math.round(bystanders!.p99Ms)} ms late (p99)`] : [] };
}

export function isQuietAt(instants: readonly number[], atMs: number): boolean {
  for (let index = 0; index < instants.length; index += 2) {
    if (atMs >= instants[index]! - AROUND_MS && atMs <= (instants[index + 1] ?? Infinity) + AROUND_MS) return false;
  }
  return true;
}

function latenessOf(runs: readonly StoredRun[]): Isolation['bystanders'] {
  const sorted = runs.map(({ latenessUs }) => latenessUs / 1000).sort((a, b) => a - b);
  return { runs: sorted.length, p99Ms: sorted.length === 0 ? 0 : percentile(sorted, 0.99) };
}

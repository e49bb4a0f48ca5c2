import { runIdOf } from '#shared/check/run-id.ts';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import { cadenceOf, slotsBetween } from '#shared/schedule/cadence.ts';
import { ownersOf } from '#shared/schedule/turns.ts';
import type { StoredFacts, StoredRun } from './stored-facts.ts';

/**
 * Due slots by the schedule's arithmetic against what is stored (reliability.md I1). Each list is of what is wrong;
 * all empty means: every due slot has exactly one final result, and no result came from nowhere.
 */
export type Completeness = {
  /** Owed runs: one a slot for round-robin, one a slot and location for parallel. */
  readonly due: number;
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  readonly gaps: readonly string[];
  /** Results of the schedule for slots that nobody owed; surplus is kept apart. */
  readonly unowed: readonly string[];
  readonly surplus: number;
  /** Results whose id is not the one their slot has (rules.md 5). */
  readonly wrongIds: readonly string[];
};

/** Slots due in `[fromMs, toMs)` of every check, by whatever epochs govern them. */
export function completenessOf(facts: StoredFacts, accountId: string, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Completeness {
  const availability = availabilityIndex(facts.availability);
  const inWindow = ({ dueAtMs }: { readonly dueAtMs: number }): boolean => dueAtMs >= fromMs && dueAtMs < toMs;
  const scheduled = facts.results.filter((run) => (run.trigger === 'schedule' || run.trigger === 'retry') && run.isFinal && inWindow(run));
  const counted = Map.groupBy(scheduled.filter(({ isSurplus }) => !isSurplus), keyOf);
  const due = new Set<string>();
  for (const [checkId, epochs] of facts.epochs) {
    for (const dueAtMs of slotsOf(checkId, epochs, { fromMs, toMs })) {
      for (const locationOwed of ownersOf(epochs, availability, checkId, dueAtMs)) due.add(keyOf({ checkId, dueAtMs, locationOwed }));
    }
  }
  return {
    due: due.size,
    missing: [...due].filter((key) => !counted.has(key)),
    twice: [...counted].filter(([, runs]) => runs.length > 1).map(([key]) => key),
    gaps: facts.gaps.filter(inWindow).map((gap) => `${keyOf(gap)} ${gap.reason}`),
    unowed: [...counted.keys()].filter((key) => !due.has(key)),
    surplus: scheduled.filter(({ isSurplus }) => isSurplus).length,
    wrongIds: scheduled.filter((run) => run.runId !== runIdOf({ accountId, checkId: run.checkId, locationId: run.locationOwed, dueAtMs: run.dueAtMs })).map(keyOf),
  };
}

/** What is wrong, for an assertion that shows it; null when all is well. */
export function troublesOf(found: Completeness): Record<string, readonly string[]> | null {
  const lists = Object.entries({ missing: found.missing, twice: found.twice, gaps: found.gaps, unowed: found.unowed, wrongIds: found.wrongIds });
  const wrong = lists.filter(([, list]) => list.length > 0).map(([name, list]) => [`${name} (${list.length})`, list.slice(0, 20)] as const);
  return wrong.length === 0 ? null : Object.fromEntries(wrong);
}

/** Candidates: `ownersOf` decides who, if anybody, owed them. */
function slotsOf(checkId: string, epochs: NonNullable<ReturnType<StoredFacts['epochs']['get']>>, window: { fromMs: number; toMs: number }): ReadonlySet<number> {
  return new Set(epochs.flatMap((epoch, index) => slotsBetween(
    cadenceOf(checkId, epoch.intervalMs), Math.max(window.fromMs, epoch.fromAtMs), Math.min(window.toMs, epochs[index + 1]?.fromAtMs ?? window.toMs),
  )));
}

function keyOf({ checkId, dueAtMs, locationOwed }: Pick<StoredRun, 'checkId' | 'dueAtMs' | 'locationOwed'>): string {
  return `${checkId} ${new Date(dueAtMs).toISOString()} ${locationOwed}`;
}

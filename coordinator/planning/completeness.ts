import { countOwed, type OwedByLocation, type OwedSpan } from './owed-slots.ts';

/** What is stored of the slots of a check in a location: those due before `openFromMs`, or the others. */
export type SettledCount = {
  readonly locationId: string;
  readonly isOpen: boolean;
  /** Owed slots with a final result. */
  readonly results: number;
  /** Owed slots with a gap and no final result. */
  readonly gaps: number;
  /** Owed slots with more than one final result, or a result and a gap: each is against I1. */
  readonly double: number;
  /** Results for turns that had been given away (rules.md 3). */
  readonly surplus: number;
  /** Slots with a result not known as surplus, or a gap, that nobody owed. */
  readonly unowed: number;
  /** Results that took the place of a gap. */
  readonly lateReplacements: number;
};

export type CompletenessCounts = Omit<SettledCount, 'locationId' | 'isOpen'> & {
  readonly due: number;
  /** Due, not yet closed, and neither a result nor a gap there. */
  readonly pending: number;
  /** Computed: due − results − gaps − pending. */
  readonly missing: number;
};

export type CheckCompleteness = CompletenessCounts & {
  readonly locations: readonly (CompletenessCounts & { readonly locationId: string })[];
};

/**
 * The books of a check over a range (rules.md 8, I1): what was owed by the schedule's arithmetic, against what is
 * stored. A slot counts once, however many rows it has, so that a double never hides a missing one.
 */
export function completenessOf(
  owed: OwedByLocation, settled: readonly SettledCount[], range: { readonly fromMs: number; readonly toMs: number; readonly openFromMs: number },
): CheckCompleteness {
  const stored = Map.groupBy(settled, ({ locationId }) => locationId);
  const locations = [...new Set([...owed.keys(), ...stored.keys()])].map((locationId) => ({
    locationId, ...countsOf(owed.get(locationId) ?? [], stored.get(locationId) ?? [], range),
  }));
  return { ...total(locations), locations };
}

function countsOf(
  spans: readonly OwedSpan[], settled: readonly SettledCount[], { fromMs, toMs, openFromMs }: { readonly fromMs: number; readonly toMs: number; readonly openFromMs: number },
): CompletenessCounts {
  const due = countOwed(spans, fromMs, toMs);
  const open = countOwed(spans, Math.max(fromMs, openFromMs), toMs);
  const sum = (of: (count: SettledCount) => number): number => settled.reduce((all, count) => all + of(count), 0);
  const pending = open - sum((count) => (count.isOpen ? count.results + count.gaps : 0));
  const [results, gaps] = [sum((count) => count.results), sum((count) => count.gaps)];
  return {
    due, results, gaps, pending, missing: due - results - gaps - pending,
    double: sum((count) => count.double), surplus: sum((count) => count.surplus), unowed: sum((count) => count.unowed),
    lateReplacements: sum((count) => count.lateReplacements),
  };
}

const NOTHING: CompletenessCounts = { due: 0, results: 0, gaps: 0, pending: 0, missing: 0, double: 0, surplus: 0, unowed: 0, lateReplacements: 0 };

/** The counts of several together. */
export function total(parts: readonly CompletenessCounts[]): CompletenessCounts {
  return parts.reduce<CompletenessCounts>((all, part) => ({
    due: all.due + part.due, results: all.results + part.results, gaps: all.gaps + part.gaps, pending: all.pending + part.pending,
    missing: all.missing + part.missing, double: all.double + part.double, surplus: all.surplus + part.surplus,
    unowed: all.unowed + part.unowed, lateReplacements: all.lateReplacements + part.lateReplacements,
  }), NOTHING);
}

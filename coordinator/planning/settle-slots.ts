import type { SettledCount } from './completeness.ts';
import type { OwedByLocation, OwedSpan } from './owed-slots.ts';

/** A stored row of a check, as `settle` reads it. */
export type SettledRow =
  | { readonly kind: 'result'; readonly locationId: string; readonly dueAtMs: number; readonly isSurplus: boolean; readonly replacedGap: boolean }
  | { readonly kind: 'gap'; readonly locationId: string; readonly dueAtMs: number; readonly reason: string };

/** Slots that follow each other in a location's turns and are gaps for one reason. */
export type GapSpan = {
  readonly locationId: string;
  readonly reason: string;
  readonly firstDueMs: number;
  readonly lastDueMs: number;
  readonly count: number;
};

/**
 * What the store counts, slot by slot and without SQL: final results and gaps of one check against what was owed.
 * For a store in memory, and what the real one's SQL is held against.
 */
export function settle(owed: OwedByLocation, rows: readonly SettledRow[], openFromMs: number): { readonly counts: readonly SettledCount[]; readonly gapSpans: readonly GapSpan[] } {
  const slots = Map.groupBy(rows, ({ locationId, dueAtMs }) => `${locationId} ${dueAtMs}`);
  const counts = new Map<string, SettledCount>();
  const gaps: { readonly locationId: string; readonly reason: string; readonly dueAtMs: number; readonly ordinal: number }[] = [];
  for (const ofSlot of slots.values()) {
    const { locationId, dueAtMs } = ofSlot[0]!;
    const ordinal = ordinalOf(owed.get(locationId) ?? [], dueAtMs);
    const isOpen = dueAtMs >= openFromMs;
    const counted = ofSlot.filter((row) => row.kind === 'gap' || !row.isSurplus);
    const results = counted.filter((row) => row.kind === 'result');
    const gap = counted.find((row) => row.kind === 'gap');
    const isOwed = ordinal !== null;
    const key = `${locationId} ${isOpen}`;
    const before = counts.get(key) ?? { locationId, isOpen, results: 0, gaps: 0, double: 0, surplus: 0, unowed: 0, lateReplacements: 0 };
    counts.set(key, {
      ...before,
      results: before.results + (isOwed && results.length > 0 ? 1 : 0),
      gaps: before.gaps + (isOwed && results.length === 0 && gap ? 1 : 0),
      double: before.double + (isOwed ? Number(results.length > 1) + Number(results.length > 0 && gap !== undefined) : 0),
      surplus: before.surplus + ofSlot.length - counted.length,
      unowed: before.unowed + (isOwed ? 0 : Number(results.length > 0) + Number(gap !== undefined)),
      lateReplacements: before.lateReplacements + (isOwed && results.some(({ replacedGap }) => replacedGap) ? 1 : 0),
    });
    if (gap && ordinal !== null && results.length === 0) gaps.push({ locationId, reason: gap.reason, dueAtMs, ordinal });
  }
  return { counts: [...counts.values()], gapSpans: mergedGaps(gaps) };
}

function mergedGaps(gaps: readonly { readonly locationId: string; readonly reason: string; readonly dueAtMs: number; readonly ordinal: number }[]): readonly GapSpan[] {
  const spans: (GapSpan & { readonly lastOrdinal: number })[] = [];
  for (const { locationId, reason, dueAtMs, ordinal } of gaps.toSorted((a, b) => (a.locationId < b.locationId ? -1 : a.locationId > b.locationId ? 1 : a.dueAtMs - b.dueAtMs))) {
    const last = spans.at(-1);
    if (last?.locationId === locationId && last.reason === reason && last.lastOrdinal + 1 === ordinal) {
      spans[spans.length - 1] = { ...last, lastDueMs: dueAtMs, lastOrdinal: ordinal, count: last.count + 1 };
    } else {
      spans.push({ locationId, reason, firstDueMs: dueAtMs, lastDueMs: dueAtMs, count: 1, lastOrdinal: ordinal });
    }
  }
  return spans.map(({ lastOrdinal: _, ...span }) => span);
}

/** The number of an owed slot among those of its location; null when it is none of them. */
function ordinalOf(spans: readonly OwedSpan[], dueAtMs: number): number | null {
  const span = spans.find(({ firstDueMs, beatMs, count }) => dueAtMs >= firstDueMs && dueAtMs <= firstDueMs + beatMs * (count - 1));
  if (!span || (dueAtMs - span.firstDueMs) % span.beatMs !== 0) return null;
  return span.ordinal + (dueAtMs - span.firstDueMs) / span.beatMs;
}

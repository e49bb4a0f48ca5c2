import { availabilityIndex, type AvailabilityIndex } from '#shared/schedule/availability.ts';
import { firstSlotAtOrAfter, slotCount } from '#shared/schedule/cadence.ts';
import type { AvailabilityChange, ScheduleEpoch } from '#shared/schedule/epoch.ts';
import { beatOf, turnsOf } from '#shared/schedule/turns.ts';

/** Slots that one location owes at an even beat: `firstDueMs`, every `beatMs`, `count` of them. */
export type OwedSpan = {
  readonly firstDueMs: number;
  readonly beatMs: number;
  /** At least 1. */
  readonly count: number;
  /** How many the location owes before these, counted from the start of what was asked. */
  readonly ordinal: number;
};

/** By the id of the location; one that owes nothing is left out. */
export type OwedByLocation = ReadonlyMap<string, readonly OwedSpan[]>;

export type SlotRange = {
  readonly checkId: string;
  /** In order of `fromAtMs`. */
  readonly epochs: readonly ScheduleEpoch[];
  readonly availability: readonly AvailabilityChange[] | AvailabilityIndex;
  readonly fromMs: number;
  readonly toMs: number;
};

/** What each location owes of a check in `[fromMs, toMs)`, in closed form (rules.md 1–3). */
export function owedSpans({ checkId, epochs, availability, fromMs, toMs }: SlotRange): OwedByLocation {
  const index = availabilityIndex(availability);
  const governing = epochsWithin(epochs, fromMs, toMs);
  const owed = new Map<string, readonly OwedSpan[]>();
  for (const locationId of new Set(governing.flatMap(({ order }) => order))) {
    const spans: OwedSpan[] = [];
    let ordinal = 0;
    for (const turns of turnsOf({ locationId, checkId, epochs: governing, availability: index })) {
      const beat = beatOf(turns);
      const spanFromMs = Math.max(fromMs, turns.fromAtMs);
      const count = slotCount(beat, spanFromMs, Math.min(toMs, turns.untilMs ?? toMs));
      if (count <= 0) continue;
      spans.push({ firstDueMs: firstSlotAtOrAfter(beat, spanFromMs), beatMs: beat.intervalMs, count, ordinal });
      ordinal += count;
    }
    if (spans.length > 0) owed.set(locationId, spans);
  }
  return owed;
}

/** The epochs that govern slots of the range; the first begins no earlier, so that older availability does not matter. */
function epochsWithin(epochs: readonly ScheduleEpoch[], fromMs: number, toMs: number): readonly ScheduleEpoch[] {
  return epochs.flatMap((epoch, index) => {
    const untilMs = epochs[index + 1]?.fromAtMs ?? Infinity;
    return untilMs <= fromMs || epoch.fromAtMs >= toMs ? [] : [{ ...epoch, fromAtMs: Math.max(epoch.fromAtMs, fromMs) }];
  });
}

/** How many of them are due in `[fromMs, toMs)`. */
export function countOwed(spans: readonly OwedSpan[], fromMs: number, toMs: number): number {
  return spans.reduce((sum, { firstDueMs, beatMs, count }) => {
    const before = (instantMs: number): number => Math.min(count, Math.max(0, Math.ceil((instantMs - firstDueMs) / beatMs)));
    return sum + Math.max(0, before(toMs) - before(fromMs));
  }, 0);
}

/** The due instants in `[fromMs, toMs)`, in order. As many as are asked for: `countOwed` says how many. */
export function owedBetween(spans: readonly OwedSpan[], fromMs: number, toMs: number): readonly number[] {
  return spans.flatMap((span) => {
    const skipped = Math.max(0, Math.ceil((fromMs - span.firstDueMs) / span.beatMs));
    const wanted = countOwed([span], fromMs, toMs);
    return Array.from({ length: wanted }, (_, index) => span.firstDueMs + (skipped + index) * span.beatMs);
  });
}

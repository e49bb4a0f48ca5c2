import { availabilityIndex, type AvailabilityIndex } from './availability.ts';
import { cadenceOf, dueAtOf, firstSlotAtOrAfter, isSlot, slotCount, slotIndex, slotsBetween, type Cadence } from './cadence.ts';
import type { AvailabilityChange, ScheduleEpoch } from './epoch.ts';

/**
 * A span of time in which one location owes the slots of a check with `k mod modulus === remainder`
 * (rules.md 1–3). Parallel is modulus 1, remainder 0. Slots are those with `fromAtMs ≤ dueAt < untilMs`.
 */
export type Turns = {
  readonly fromAtMs: number;
  /** null: until further notice. */
  readonly untilMs: number | null;
  readonly intervalMs: number;
  readonly phaseMs: number;
  readonly modulus: number;
  readonly remainder: number;
};

/**
 * The turns of one location in one check, in order, without overlaps, one span for as long as nothing changes for
 * this location (rules.md 2, 3). `availability` is that of all locations; index it once with `availabilityIndex`
 * when asking for many checks. With `fromMs`, spans that ended by then are left out; the others stay whole, so
 * that the same history gives the same spans whenever it is asked for.
 */
export function turnsOf(input: {
  readonly locationId: string;
  readonly checkId: string;
  /** In order of `fromAtMs`. */
  readonly epochs: readonly ScheduleEpoch[];
  readonly availability: readonly AvailabilityChange[] | AvailabilityIndex;
  readonly fromMs?: number;
}): readonly Turns[] {
  const availability = availabilityIndex(input.availability);
  const spans = input.epochs.flatMap((epoch, index) =>
    turnsInEpoch(input.locationId, input.checkId, epoch, input.epochs[index + 1]?.fromAtMs ?? null, availability));
  const fromMs = input.fromMs ?? -Infinity;
  return merged(spans).filter((span) => span.untilMs === null || span.untilMs > fromMs);
}

/**
 * Who owes the slot of this check due at `dueAtMs`: everybody of the order, one of them, or nobody when no active
 * epoch has a slot there (rules.md 2, 3).
 */
export function ownersOf(
  epochs: readonly ScheduleEpoch[],
  availability: readonly AvailabilityChange[] | AvailabilityIndex,
  checkId: string,
  dueAtMs: number,
): readonly string[] {
  const epoch = epochs.findLast((candidate) => candidate.fromAtMs <= dueAtMs);
  if (!epoch?.active) return [];
  const cadence = cadenceOf(checkId, epoch.intervalMs);
  if (!isSlot(cadence, dueAtMs)) return [];
  if (epoch.strategy === 'parallel') return epoch.order;
  const rotation = rotationAt(epoch.order, availabilityIndex(availability), dueAtMs);
  const owner = rotation[slotIndex(cadence, dueAtMs) % rotation.length];
  return owner === undefined ? [] : [owner];
}

/** Is the slot due at exactly `dueAtMs` one of these turns? */
export function owes(turns: readonly Turns[], dueAtMs: number): boolean {
  return turns.some((span) => span.fromAtMs <= dueAtMs && dueAtMs < endOf(span) && isSlot(beatOf(span), dueAtMs));
}

/** The first due instant strictly after `afterMs`, in closed form across all spans; null when none comes any more. */
export function nextTurn(turns: readonly Turns[], afterMs: number): number | null {
  for (const span of turns) {
    if (endOf(span) <= afterMs) continue;
    const beat = beatOf(span);
    const next = afterMs < span.fromAtMs
      ? firstSlotAtOrAfter(beat, span.fromAtMs)
      : dueAtOf(beat, slotIndex(beat, afterMs) + 1);
    if (next < endOf(span)) return next;
  }
  return null;
}

/** The due instants in [fromMs, toMs), in order. */
export function dueBetween(turns: readonly Turns[], fromMs: number, toMs: number): readonly number[] {
  return turns.flatMap((span) =>
    slotsBetween(beatOf(span), Math.max(fromMs, span.fromAtMs), Math.min(toMs, endOf(span))));
}

/** How many are due in [fromMs, toMs), in closed form. */
export function dueCount(turns: readonly Turns[], fromMs: number, toMs: number): number {
  return turns.reduce((sum, span) =>
    sum + slotCount(beatOf(span), Math.max(fromMs, span.fromAtMs), Math.min(toMs, endOf(span))), 0);
}

/** Within an epoch the turns change only when the rotation does: with the availability of a location of its order. */
function turnsInEpoch(
  locationId: string, checkId: string, epoch: ScheduleEpoch, untilMs: number | null, availability: AvailabilityIndex,
): readonly Turns[] {
  if (!epoch.active || !epoch.order.includes(locationId)) return [];
  const cadence = cadenceOf(checkId, epoch.intervalMs);
  if (epoch.strategy === 'parallel') return [{ fromAtMs: epoch.fromAtMs, untilMs, ...cadence, modulus: 1, remainder: 0 }];

  const cuts = [epoch.fromAtMs, ...availability.changesBetween(epoch.order, epoch.fromAtMs, untilMs ?? Infinity)];
  return cuts.flatMap((fromAtMs, index) => {
    const rotation = rotationAt(epoch.order, availability, fromAtMs);
    const remainder = rotation.indexOf(locationId);
    if (remainder < 0) return [];
    return [{ fromAtMs, untilMs: cuts[index + 1] ?? untilMs, ...cadence, modulus: rotation.length, remainder }];
  });
}

/** The chosen locations that are available, in order; all of them when none is (rules.md 3). */
function rotationAt(order: readonly string[], availability: AvailabilityIndex, atMs: number): readonly string[] {
  const available = order.filter((locationId) => availability.isAvailable(locationId, atMs));
  return available.length > 0 ? available : order;
}

function merged(spans: readonly Turns[]): readonly Turns[] {
  const result: Turns[] = [];
  for (const span of spans) {
    const last = result.at(-1);
    if (last && last.untilMs === span.fromAtMs && haveSameSlots(last, span)) {
      result[result.length - 1] = { ...last, untilMs: span.untilMs };
    } else {
      result.push(span);
    }
  }
  return result;
}

function haveSameSlots(a: Turns, b: Turns): boolean {
  return a.intervalMs === b.intervalMs && a.phaseMs === b.phaseMs && a.modulus === b.modulus && a.remainder === b.remainder;
}

/** The slots of these turns as a cadence: every n-th slot of a cadence is itself one, n times as slow. */
export function beatOf(span: Turns): Cadence {
  return { intervalMs: span.intervalMs * span.modulus, phaseMs: span.phaseMs + span.remainder * span.intervalMs };
}

function endOf(span: Turns): number {
  return span.untilMs ?? Infinity;
}

/** A row of a check's schedule: it governs the slots with `dueAt ≥ fromAtMs` until the next row's (rules.md 2). */
export type ScheduleEpoch = {
  readonly fromAtMs: number;
  readonly intervalMs: number;
  readonly strategy: Strategy;
  /** Location ids in the order the user chose; each once. */
  readonly order: readonly string[];
  readonly active: boolean;
};

export type Strategy = 'parallel' | 'round_robin';

/** A coming or going of a location: available, or not, from `fromAtMs` until its next row (rules.md 3). */
export type AvailabilityChange = {
  readonly locationId: string;
  readonly fromAtMs: number;
  readonly available: boolean;
};

/** Time for a change to reach every agent before the first slot it governs (rules.md 2). */
export const EPOCH_LEAD_MS = 1_000;

/**
 * The row that an edit adds, or null when it leaves cadence, strategy, order and activity as they are: an edit of
 * what is sent or asserted keeps the epoch. Never retroactive, and always after the previous row. The phase is no
 * part of a row: it follows from the check's id, so an edit cannot move it.
 */
export function nextEpoch(
  previous: ScheduleEpoch | null, change: Omit<ScheduleEpoch, 'fromAtMs'>, commitMs: number,
): ScheduleEpoch | null {
  if (previous && isSameSchedule(previous, change)) return null;
  const earliestMs = Math.ceil(commitMs) + EPOCH_LEAD_MS;
  return {
    fromAtMs: previous ? Math.max(earliestMs, previous.fromAtMs + 1) : earliestMs,
    intervalMs: change.intervalMs,
    strategy: change.strategy,
    order: change.order,
    active: change.active,
  };
}

function isSameSchedule(previous: ScheduleEpoch, change: Omit<ScheduleEpoch, 'fromAtMs'>): boolean {
  return previous.intervalMs === change.intervalMs
    && previous.strategy === change.strategy
    && previous.active === change.active
    && previous.order.length === change.order.length
    && previous.order.every((locationId, index) => locationId === change.order[index]);
}

/** A row of a check's schedule: it governs the slots with `dueAt ≥ fromAtMs` until the next row's (rules.md 2). */
export type ScheduleEpoch = {
  readonly fromAtMs: number;
  readonly intervalMs: number;
  readonly strategy: Strategy;
  /** Location ids in the order the user chose. */
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

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

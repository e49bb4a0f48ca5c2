import type { Turns } from '#shared/schedule/turns.ts';

/**
 * How late a run may still start and be called the run of its slot. Later it is a gap: nothing overdue is run
 * (rules.md 4). Half an interval at most, so that a late run can never be taken for the next one.
 */
export function graceMs(intervalMs: number): number {
  return Math.min(GRACE_MS_MAX, intervalMs / 2);
}

/** The last instant, in coordinator time, at which the run due at `dueAtMs` may start. */
export function startByMs(turns: readonly Turns[], dueAtMs: number): number {
  const span = turns.find((candidate) => candidate.untilMs === null || dueAtMs < candidate.untilMs);
  return dueAtMs + graceMs(span?.intervalMs ?? 2 * GRACE_MS_MAX);
}

/** Long enough for a garbage collection, a burst or a blocked event loop of F26; short against the least interval of 10 s. */
const GRACE_MS_MAX = 2_000;

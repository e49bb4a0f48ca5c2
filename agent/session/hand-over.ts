import type { Assignment } from '#shared/run/assignment.ts';

/** Ahead of a goodbye with others in the location: time for the coordinator to give the later slots away. */
export const HAND_OVER_MS = 2_500;

/** The assignments without the slots due after `lastSlotMs`, which are someone else's from then on. */
export function endingAt(assignments: Iterable<Assignment>, lastSlotMs: number): readonly Assignment[] {
  const untilMs = lastSlotMs + 1;
  return [...assignments].map((assignment) => ({
    ...assignment,
    turns: assignment.turns.flatMap((turn) => (turn.fromAtMs >= untilMs ? [] : [{ ...turn, untilMs: Math.min(turn.untilMs ?? untilMs, untilMs) }])),
  }));
}

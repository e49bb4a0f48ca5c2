import { dueBetween, dueCount, nextTurn, type Turns } from '#shared/schedule/turns.ts';

/**
 * What is settled about a check's slots when its turns change: nothing before `allBeforeMs` is this agent's to
 * answer any more, nor are the slots listed. It stays empty for a check whose turns never change.
 */
export type Answered = {
  readonly allBeforeMs: number;
  /** Ascending. */
  readonly slots: readonly number[];
};

/**
 * What is settled once `turns`, settled until `nextDueMs`, are given up: their own slots from `fromMs` on and those
 * that were settled before, from `keptFromMs` on: the clock may yet go back. `lastSlotMs` is the last slot the timetable has answered at all.
 */
export function answeredUnder(
  turns: readonly Turns[], before: Answered, span: { readonly fromMs: number; readonly keptFromMs: number; readonly nextDueMs: number; readonly lastSlotMs: number },
): Answered {
  const fromMs = Math.max(before.allBeforeMs, span.fromMs);
  const untilMs = Math.min(span.nextDueMs, span.lastSlotMs + 1);
  const kept = before.slots.filter((slot) => slot >= Math.min(fromMs, span.keptFromMs));
  // Only a wall clock that was hours ahead and stepped back leaves so many; then nothing runs until it is past them.
  if (kept.length + dueCount(turns, fromMs, untilMs) > SLOTS_MAX) return { allBeforeMs: untilMs, slots: [] };
  const slots = new Set([...kept, ...dueBetween(turns, fromMs, untilMs)]);
  return { allBeforeMs: fromMs, slots: [...slots].sort((a, b) => a - b) };
}

/** The first slot of `turns` after `afterMs` that is not settled; null when none comes any more. */
export function nextUnanswered(turns: readonly Turns[], answered: Answered, afterMs: number): number | null {
  let at = nextTurn(turns, Math.max(afterMs, answered.allBeforeMs - 1));
  while (at !== null && answered.slots.includes(at)) at = nextTurn(turns, at);
  return at;
}

/** An hour of the shortest interval, and then some. */
const SLOTS_MAX = 400;

import { RESULT_AHEAD_MAX_MS } from '#shared/run/not-due-yet.ts';
import { dueBetween, type Turns } from '#shared/schedule/turns.ts';
import type { Answered } from './answered.ts';
import { startByMs } from './grace.ts';

/** Time that a clock left out when it stepped ahead: what was due in it was not run, but for the last within its grace. */
export type Skip = { readonly fromMs: number; readonly throughMs: number };

/**
 * What stays settled of a check's slots to come when the clock has gone back to `nowMs`, after it had been ahead and
 * its slots were answered until `nextDueMs`. What was run is not run again, unless it is so far ahead that no
 * coordinator takes it. What was only skipped, or lies before `firstMs`, from where on the agent answered at all, is
 * due once more: a gap of a slot to come is not taken, and the result replaces one that was.
 */
export function settledAhead(
  turns: readonly Turns[], before: Answered,
  { nowMs, nextDueMs, firstMs, skips }: { readonly nowMs: number; readonly nextDueMs: number; readonly firstMs: number; readonly skips: readonly Skip[] },
): Answered {
  const fromMs = Math.floor(nowMs) + 1;
  const untilMs = fromMs + RESULT_AHEAD_MAX_MS;
  const wasSkipped = (slot: number): boolean => slot < firstMs
    || skips.some((skip) => slot > skip.fromMs && startByMs(turns, slot) < skip.throughMs);
  const kept = before.slots.filter((slot) => slot < untilMs);
  const run = dueBetween(turns, fromMs, Math.min(nextDueMs, untilMs)).filter((slot) => !wasSkipped(slot));
  return { allBeforeMs: Math.min(before.allBeforeMs, fromMs), slots: [...new Set([...kept, ...run])].sort((a, b) => a - b) };
}

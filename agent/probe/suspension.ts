import type { Attempt, Stop } from './attempt.ts';
import { failing } from './failing.ts';

export type Gaps = {
  /** The longest the event loop was late. */
  readonly loopDelayUs: number;
  /** How much further the wall clock went than the monotonic one, which stands still while a machine sleeps. */
  readonly apartUs: number;
};

/** Longer than anything this process does in one go: it was stopped, or the machine was. */
const SUSPENDED_US = 5_000_000;

/**
 * An attempt in whose middle the agent did not run says nothing about the target. A short stop counts, too, where it
 * took most of a time limit that then was missed. null: it was not so.
 */
export function wasSuspended(attempt: Attempt, stop: Stop, { loopDelayUs, apartUs }: Gaps): Stop | null {
  const gapUs = Math.max(loopDelayUs, apartUs);
  const limitUs = attempt.spec.maxResponseTimeMs * 1000;
  const isOverLimit = stop.stopReason === 'deadline' || attempt.stopwatch.totalUs > limitUs;
  // A stop outside the measured time (while the end of an answer was waited for) spoils nothing.
  const isInTheWay = stop.failure !== null || attempt.stopwatch.totalUs >= gapUs;
  const isSuspended = (gapUs > SUSPENDED_US && isInTheWay) || (isOverLimit && 2 * loopDelayUs >= limitUs);
  if (!isSuspended) return null;
  const detail = `it did not run for ${Math.round(gapUs / 1000)} ms`;
  return failing(attempt, { phase: stop.failure?.phase ?? attempt.phase, code: 'ERR_SUSPENDED', detail });
}

import type { Clock } from '#shared/time/clock.ts';

/** What the time is at the coordinator, as far as this agent can know. */
export type TimeReading = {
  /** ms since the epoch, coordinator's clock. While `isHeld`: carried on by the monotonic clock from before the step. */
  readonly nowMs: number;
  /** The local wall clock stepped and nothing has said yet which time is right: start nothing by this reading. */
  readonly isHeld: boolean;
  /** Counts the steps that were believed. Two readings with different counts are not on one line. */
  readonly steps: number;
};

/**
 * Coordinator time on an agent: local wall clock + the offset learnt from heartbeats.
 *
 * Following. Each reading is compared with the previous one carried on by the monotonic clock. Less than a second
 * apart is drift, slewing or a better offset: followed at once.
 * Holding. A second or more apart, with the old offset: the wall clock was stepped (the offset is wrong until it
 * is measured again) or the machine slept (the monotonic clock is wrong). Nobody can tell yet, so the old line is
 * carried on and marked as held, for at most five seconds: two heartbeats.
 * Back to following: when the readings agree again (the step was undone, or measured into the offset), when the
 * offset itself changed by a second or more (the coordinator has spoken), or when the time to wait is over (there
 * is no coordinator: the wall clock is the best there is). The last two count as a step.
 */
export class CoordinatorTime {
  readonly #clock: Clock;
  readonly #offset: () => number;
  /** The last reading that was followed. */
  #anchorMs: number;
  #anchorMonotonicMs: number;
  #anchorOffsetMs: number;
  #heldSinceMs: number | null = null;
  #steps = 0;

  /** `offset`: ms to add to the local wall clock; coordinator minus agent. */
  constructor(clock: Clock, offset: () => number) {
    this.#clock = clock;
    this.#offset = offset;
    this.#anchorOffsetMs = offset();
    this.#anchorMs = clock.nowMs() + this.#anchorOffsetMs;
    this.#anchorMonotonicMs = clock.monotonicUs() / 1000;
  }

  read(): TimeReading {
    const nowMs = this.nowMs();
    return { nowMs, isHeld: this.#heldSinceMs !== null, steps: this.#steps };
  }

  /** Read several times a run, and so without anything to be collected. */
  nowMs(): number {
    const offsetMs = this.#offset();
    const measuredMs = this.#clock.nowMs() + offsetMs;
    const monotonicMs = this.#clock.monotonicUs() / 1000;
    const carriedMs = this.#anchorMs + (monotonicMs - this.#anchorMonotonicMs);
    const isOnLine = Math.abs(measuredMs - carriedMs) < STEP_MS;
    if (!isOnLine && !this.#isToBelieve(monotonicMs, offsetMs)) return carriedMs;
    if (!isOnLine) this.#steps += 1;
    this.#anchorMs = measuredMs;
    this.#anchorMonotonicMs = monotonicMs;
    this.#anchorOffsetMs = offsetMs;
    this.#heldSinceMs = null;
    return measuredMs;
  }

  #isToBelieve(monotonicMs: number, offsetMs: number): boolean {
    if (Math.abs(offsetMs - this.#anchorOffsetMs) >= STEP_MS) return true;
    this.#heldSinceMs ??= monotonicMs;
    return monotonicMs - this.#heldSinceMs >= HOLD_MS;
  }
}

/** Below this a difference does no harm: a slot is still started within its grace, and NTP slews rather than steps. */
const STEP_MS = 1_000;
/** Two heartbeats of 2 s (rules.md 26), in which the offset is measured anew, and a second to spare. */
const HOLD_MS = 5_000;

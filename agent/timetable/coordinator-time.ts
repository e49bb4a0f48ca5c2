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
  #anchor: { readonly nowMs: number; readonly monotonicMs: number; readonly offsetMs: number };
  #heldSinceMs: number | null = null;
  #steps = 0;

  /** `offset`: ms to add to the local wall clock; coordinator minus agent. */
  constructor(clock: Clock, offset: () => number) {
    this.#clock = clock;
    this.#offset = offset;
    this.#anchor = this.#measure();
  }

  nowMs(): number {
    return this.read().nowMs;
  }

  read(): TimeReading {
    const measured = this.#measure();
    const carriedMs = this.#anchor.nowMs + (measured.monotonicMs - this.#anchor.monotonicMs);
    const isOnLine = Math.abs(measured.nowMs - carriedMs) < STEP_MS;
    if (!isOnLine && !this.#isToBelieve(measured)) return { nowMs: carriedMs, isHeld: true, steps: this.#steps };
    if (!isOnLine) this.#steps += 1;
    this.#anchor = measured;
    this.#heldSinceMs = null;
    return { nowMs: measured.nowMs, isHeld: false, steps: this.#steps };
  }

  #isToBelieve(measured: { monotonicMs: number; offsetMs: number }): boolean {
    if (Math.abs(measured.offsetMs - this.#anchor.offsetMs) >= STEP_MS) return true;
    this.#heldSinceMs ??= measured.monotonicMs;
    return measured.monotonicMs - this.#heldSinceMs >= HOLD_MS;
  }

  #measure(): { nowMs: number; monotonicMs: number; offsetMs: number } {
    const offsetMs = this.#offset();
    return { nowMs: this.#clock.nowMs() + offsetMs, monotonicMs: this.#clock.monotonicUs() / 1000, offsetMs };
  }
}

/** Below this a difference does no harm: a slot is still started within its grace, and NTP slews rather than steps. */
const STEP_MS = 1_000;
/** Two heartbeats of 2 s (rules.md 26), in which the offset is measured anew, and a second to spare. */
const HOLD_MS = 5_000;

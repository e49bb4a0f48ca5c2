import type { Clock, Timer } from '#shared/time/clock.ts';

export type ThreadWatchOptions = {
  readonly clock: Clock;
  readonly lookMs: number;
  /** Asks the thread for an answer. */
  readonly ask: () => void;
  /** Once: it hangs. Nothing is looked at after that. */
  readonly onHang: () => void;
};

/**
 * Tells a thread that hangs from one that only waits for a core. It is asked at every look; it hangs when it has left
 * twenty in a row unanswered, not counting those that came late themselves: this thread, which has next to nothing to
 * do, then waited for a core as well, or the machine slept. Eighty unanswered looks are too many whatever else is true; as
 * many are given to a thread that still loads.
 */
export class ThreadWatch {
  readonly #options: ThreadWatchOptions;
  #isLoaded = false;
  #looks = 0;
  #looksInTime = 0;
  #timer: Timer;

  constructor(options: ThreadWatchOptions) {
    this.#options = options;
    this.#timer = this.#lookLater();
  }

  /** The thread has said something: `ready`, or what it was asked for. */
  answered(): void {
    this.#isLoaded = true;
    this.#looks = 0;
    this.#looksInTime = 0;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #lookLater(): Timer {
    const { clock, lookMs, ask, onHang } = this.#options;
    const fromUs = clock.monotonicUs();
    return clock.setTimer(lookMs, () => {
      const isLate = clock.monotonicUs() - fromUs > lookMs * 1_000 * LATE_SHARE;
      if (this.#looks >= LOOKS_MAX || (this.#isLoaded && this.#looksInTime >= LOOKS_IN_TIME_MAX)) return onHang();
      this.#looks += 1;
      if (!isLate) this.#looksInTime += 1;
      ask();
      this.#timer = this.#lookLater();
    });
  }
}

/** Nothing the thread does in one go takes seconds; a thread that is twenty late will not come back. */
const LOOKS_IN_TIME_MAX = 20;
const LOOKS_MAX = 80;
/** Of what a look should have waited. */
const LATE_SHARE = 1.25;

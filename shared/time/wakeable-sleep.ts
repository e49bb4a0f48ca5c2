import type { Clock } from './clock.ts';

/** A sleep that somebody may end. For loops that wait for a hint or a poll, thousands of times an hour: it costs no signal of its own each time. */
export class WakeableSleep {
  #wake: (() => void) | null = null;

  /** Ends the sleep under way; without one nothing happens. */
  wake(): void {
    this.#wake?.();
  }

  /** Resolves after `delayMs`, at `wake()`, or at once when the signal aborts; never rejects. One at a time. */
  sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wake = null;
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = clock.setTimer(delayMs, done);
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}

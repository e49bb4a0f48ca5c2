import { setTimeout as wait } from 'node:timers/promises';

/** A phase that did not come to its end, and why. What it had to find out is missing from the report. */
export type Missed = { readonly phase: string; readonly why: string };

/**
 * Phases one after the other, each with its own limit: one that is over it is said to be missed, told to stop, and the
 * next one begins. `signal` aborts all of them.
 */
export class Phases {
  readonly missed: Missed[] = [];
  readonly #signal: AbortSignal;
  readonly #say: (line: string) => void;
  readonly #startedMs = performance.now();

  constructor(signal: AbortSignal, say: (line: string) => void) {
    this.#signal = signal;
    this.#say = say;
  }

  /** null: missed. `work` ends soon after its signal aborts. */
  async run<T>(phase: string, withinSeconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    this.#signal.throwIfAborted();
    const [beganMs, over] = [performance.now(), new AbortController()];
    this.say(`${phase} (at most ${withinSeconds} s)`);
    const signal = AbortSignal.any([over.signal, this.#signal]);
    const isLate = wait(withinSeconds * 1000, undefined, { signal }).then(() => { throw new Error(`not done within ${withinSeconds} s`); });
    try {
      return await Promise.race([work(signal), isLate]);
    } catch (error) {
      this.#signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      this.missed.push({ phase, why });
      this.say(`MISSED: ${phase}: ${why}`);
      return null;
    } finally {
      over.abort();
      isLate.catch(() => {});
      this.say(`${phase}: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
    }
  }

  say(line: string): void {
    this.#say(`${((performance.now() - this.#startedMs) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  }
}

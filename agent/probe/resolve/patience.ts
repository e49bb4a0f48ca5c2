import type { Clock, Timer } from '#shared/time/clock.ts';

/** How the wait ended: the time was up, or the caller wants no answer any more. */
export type Impatience = 'late' | 'cancelled';

/**
 * One lookup's own deadline, independent of c-ares' timers, together with its caller's signal.
 * Ends at most once; `done` must be called when the lookup has its answer.
 */
export class Patience {
  readonly #clock: Clock;
  readonly #startUs: number;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  readonly #listeners = new Set<(over: Impatience) => void>();
  #timer: Timer | null = null;
  #over: Impatience | null = null;
  #isDone = false;

  constructor(clock: Clock, timeoutMs: number, signal: AbortSignal) {
    this.#clock = clock;
    this.#startUs = clock.monotonicUs();
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    if (signal.aborted) this.#over = 'cancelled';
    else if (!(timeoutMs > 0)) this.#over = 'late';
    else {
      signal.addEventListener('abort', this.#onAbort, { once: true });
      this.#timer = clock.setTimer(timeoutMs, this.#onTime);
    }
  }

  get over(): Impatience | null {
    return this.#over;
  }

  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  leftMs(): number {
    return Math.max(0, this.#timeoutMs - (this.#clock.monotonicUs() - this.#startUs) / 1000);
  }

  /** Calls back once when patience ends, never at once, unless the returned function was called before. */
  whenOver(listener: (over: Impatience) => void): () => void {
    this.#listeners.add(listener);
    const over = this.#over;
    if (over) queueMicrotask(() => { if (this.#listeners.delete(listener)) listener(over); });
    return () => { this.#listeners.delete(listener); };
  }

  /** As if the caller's signal had ended it. */
  cancel(): void {
    this.#end('cancelled');
  }

  done(): void {
    this.#isDone = true;
    this.#timer?.cancel();
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#listeners.clear();
  }

  readonly #onAbort = (): void => this.#end('cancelled');

  // Timers run before sockets are read. After a blocked event loop the answer may already lie in the socket:
  // one round through the sockets first, so that the agent's own pause is not taken for the server's silence.
  readonly #onTime = (): void => {
    setImmediate(() => this.#end('late'));
  };

  #end(over: Impatience): void {
    if (this.#over || this.#isDone) return;
    this.#over = over;
    this.#timer?.cancel();
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener(over);
  }
}

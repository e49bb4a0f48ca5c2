/** The only source of time. Decisions take instants as arguments; stages take a Clock. */
export type Clock = {
  /** Wall clock, ms since the Unix epoch, with decimals. May jump. */
  nowMs(): number;
  /** Monotonic, µs with decimals, from an arbitrary origin. Never jumps. */
  monotonicUs(): number;
  /** Calls back once after `delayMs` (0 … 2^31−1) of monotonic time. */
  setTimer(delayMs: number, callback: () => void): Timer;
};

export type Timer = { cancel(): void };

export const systemClock: Clock = {
  nowMs() {
    const carriedMs = ORIGIN_MS + performance.now();
    // `performance` ignores steps of the wall clock; this is how far they have parted, to Date's ms.
    const apartMs = Date.now() - carriedMs;
    return Math.abs(apartMs) < 2 ? carriedMs : carriedMs + apartMs;
  },
  monotonicUs: () => performance.now() * 1000,
  setTimer(delayMs, callback) {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Never changes, and reading it costs more than the time itself. */
const ORIGIN_MS = performance.timeOrigin;

/** Resolves after `delayMs`, or at once when the signal aborts; never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimer(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

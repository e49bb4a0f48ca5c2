/** How many requests one caller may make in a window of time. */
export type RateLimit = { readonly max: number; readonly windowMs: number };

/** What the API whose clients we serve allows (checkly-api.md §8). */
export const DEFAULT_RATE_LIMIT: RateLimit = { max: 600, windowMs: 60_000 };

/** Callers remembered at once; beyond it the one whose window began first is forgotten, in its favour. */
const CALLERS_MAX = 10_000;

export type RateDecision = { readonly allowed: boolean; readonly remaining: number; readonly resetSeconds: number };

/** Counts per caller in fixed windows, in memory: with N replicas a caller gets up to N times the limit. */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #windows = new Map<string, { startMs: number; count: number }>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  get max(): number {
    return this.#limit.max;
  }

  /** Counts one request of `caller` at `nowMs` of a clock that does not jump. */
  take(caller: string, nowMs: number): RateDecision {
    const window = this.#windowOf(caller, nowMs);
    const allowed = window.count < this.#limit.max;
    if (allowed) window.count += 1;
    return {
      allowed,
      remaining: this.#limit.max - window.count,
      resetSeconds: Math.max(1, Math.ceil((window.startMs + this.#limit.windowMs - nowMs) / 1000)),
    };
  }

  #windowOf(caller: string, nowMs: number): { startMs: number; count: number } {
    const known = this.#windows.get(caller);
    if (known && nowMs - known.startMs < this.#limit.windowMs) return known;
    const fresh = { startMs: nowMs, count: 0 };
    // Deleting first keeps the map in order of window start, so that its first key is the oldest.
    this.#windows.delete(caller);
    if (this.#windows.size >= CALLERS_MAX) this.#windows.delete(this.#windows.keys().next().value ?? '');
    this.#windows.set(caller, fresh);
    return fresh;
  }
}

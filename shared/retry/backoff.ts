import type { Check, RetryStrategy } from '../check/check.ts';

/** Where a run stands after a failed attempt. */
export type RunProgress = {
  /** The attempt that failed; 1 for the first try. */
  readonly attempt: number;
  /** Start of the run's first attempt, and now; both of one clock, ms. */
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** Did it fail before anything could be asserted (resolve, connect, tls, send, read)? */
  readonly failurePhaseIsNetwork: boolean;
};

export type NextAttempt = { readonly retry: false } | { readonly retry: true; readonly afterMs: number };

const NO_RETRY: NextAttempt = { retry: false };

/**
 * Whether and when to try again (checkly-api.md §3). A retry that could not start within `maxDurationSeconds`,
 * which covers run time and waits, is not made.
 */
export function nextAttempt(strategy: RetryStrategy | null, progress: RunProgress): NextAttempt {
  if (strategy === null || progress.attempt > retriesMax(strategy)) return NO_RETRY;
  if (strategy.onlyOn === 'NETWORK_ERROR' && !progress.failurePhaseIsNetwork) return NO_RETRY;
  const afterMs = backoffMs(strategy, progress.attempt);
  const elapsedMs = Math.max(0, progress.nowMs - progress.startedAtMs);
  return elapsedMs + afterMs > strategy.maxDurationSeconds * 1000 ? NO_RETRY : { retry: true, afterMs };
}

/** ms before retry n, n = 1 for the first: base, base × n or baseⁿ seconds. */
export function backoffMs(strategy: Pick<RetryStrategy, 'type' | 'baseBackoffSeconds'>, n: number): number {
  const base = strategy.baseBackoffSeconds;
  switch (strategy.type) {
    case 'SINGLE_RETRY':
    case 'FIXED': return base * 1000;
    case 'LINEAR': return base * n * 1000;
    case 'EXPONENTIAL': return base ** n * 1000;
  }
}

/** The longest a run can last: deadline of every attempt plus the waits, as far as the strategy's duration lets them start. */
export function runBudgetMs(strategy: RetryStrategy | null, maxResponseTimeMs: number): number {
  if (strategy === null) return maxResponseTimeMs;
  const durationMs = strategy.maxDurationSeconds * 1000;
  let budgetMs = maxResponseTimeMs;
  for (let n = 1; n <= retriesMax(strategy); n += 1) {
    const waitMs = backoffMs(strategy, n);
    // Faster attempts leave room for a wait that would not fit after slow ones: the retry may start as late as this.
    if (waitMs > durationMs) break;
    budgetMs = Math.min(budgetMs + waitMs, durationMs) + maxResponseTimeMs;
  }
  return budgetMs;
}

/** A check's own strategy; the deprecated `doubleCheck` is one retry at once, from anywhere (checkly-api.md §3). */
export function retryStrategyOf(check: Pick<Check, 'retryStrategy' | 'doubleCheck'>): RetryStrategy | null {
  if (check.retryStrategy !== null || !check.doubleCheck) return check.retryStrategy;
  return { type: 'FIXED', baseBackoffSeconds: 0, maxRetries: 1, maxDurationSeconds: 600, sameRegion: false, onlyOn: null };
}

function retriesMax(strategy: RetryStrategy): number {
  return strategy.type === 'SINGLE_RETRY' ? 1 : strategy.maxRetries;
}

import type { Check } from '#shared/check/check.ts';
import { retryStrategyOf } from '#shared/retry/backoff.ts';
import type { SeenRun } from './naive-slot.ts';

/** Codes of answers that came and did not please. */
const ANSWERED: ReadonlySet<string> = new Set(['ERR_ASSERTION', 'ERR_MAX_RESPONSE_TIME', 'ERR_SHOULD_FAIL_CONNECTED', 'ERR_EXPECT_MISMATCH', 'ERR_RESPONSE_TOO_LARGE']);

/** Are this check's failed runs tried again in another location (product.md 5)? */
export function isRetriedElsewhere(check: Check): boolean {
  const strategy = retryStrategyOf(check);
  return strategy !== null && !strategy.sameRegion && !check.runParallel && check.locations.length > 1;
}

/** When a failed run is to be tried once more (checkly-api.md §3); null: never. Not into the check's next slot. */
export function retryDueMs({ check, run, dueAtMs, nextDueMs, nowMs }: {
  readonly check: Check; readonly run: SeenRun; readonly dueAtMs: number; readonly nextDueMs: number | null; readonly nowMs: number;
}): number | null {
  const strategy = retryStrategyOf(check);
  if (strategy === null || run.outcome !== 'failed') return null;
  const retriesMax = strategy.type === 'SINGLE_RETRY' ? 1 : strategy.maxRetries;
  if (run.attempt > retriesMax) return null;
  if (strategy.onlyOn === 'NETWORK_ERROR' && (run.failure === null || run.failure.phase === 'assert' || ANSWERED.has(run.failure.code))) return null;
  const overMs = run.startedAtMs + run.totalUs / 1000;
  const waitMs = 1000 * waitSeconds(strategy.type, strategy.baseBackoffSeconds, run.attempt);
  const longestMs = strategy.maxDurationSeconds * 1000;
  if (Math.max(0, overMs - dueAtMs) + waitMs > longestMs) return null;
  const startsMs = Math.max(overMs + waitMs, nowMs);
  if (startsMs - dueAtMs > longestMs + check.maxResponseTime) return null;
  return nextDueMs !== null && startsMs + check.maxResponseTime > nextDueMs ? null : overMs + waitMs;
}

function waitSeconds(type: NonNullable<Check['retryStrategy']>['type'], base: number, attempt: number): number {
  if (type === 'LINEAR') return base * attempt;
  return type === 'EXPONENTIAL' ? base ** attempt : base;
}

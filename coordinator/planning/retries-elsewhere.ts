import type { Check, RetryStrategy } from '#shared/check/check.ts';
import { retryStrategyOf } from '#shared/retry/backoff.ts';

/** How failed runs of this check are tried again in another location; null: not, or by the agent where it ran (product.md 5: parallel runs stay where they are). */
export function retryElsewhereOf(check: Pick<Check, 'retryStrategy' | 'doubleCheck' | 'runParallel' | 'locations' | 'privateLocations'>): RetryStrategy | null {
  const strategy = retryStrategyOf(check);
  return strategy === null || strategy.sameRegion || check.runParallel || check.locations.length + check.privateLocations.length < 2 ? null : strategy;
}

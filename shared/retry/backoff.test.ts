import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RetryStrategy } from '../check/check.ts';
import { nextAttempt, retryStrategyOf, runBudgetMs, type RunProgress } from './backoff.ts';

const aStrategy = (changes: Partial<RetryStrategy> = {}): RetryStrategy =>
  ({ type: 'FIXED', baseBackoffSeconds: 5, maxRetries: 3, maxDurationSeconds: 600, sameRegion: true, onlyOn: null, ...changes });
const progress = (changes: Partial<RunProgress> = {}): RunProgress =>
  ({ attempt: 1, startedAtMs: 0, nowMs: 1_000, failurePhaseIsNetwork: true, ...changes });

describe('after a failed attempt', () => {
  test.each([
    ['SINGLE_RETRY', [5_000, null]],
    ['FIXED', [5_000, 5_000, 5_000, null]],
    ['LINEAR', [5_000, 10_000, 15_000, null]],
    ['EXPONENTIAL', [5_000, 25_000, 125_000, null]],
  ] as const)('%s waits %j ms, then gives up', (type, waits) => {
    for (const [index, afterMs] of waits.entries()) {
      expect(nextAttempt(aStrategy({ type }), progress({ attempt: index + 1 }))).toEqual(afterMs === null ? { retry: false } : { retry: true, afterMs });
    }
  });

  test('without a strategy there is no other', () => {
    expect(nextAttempt(null, progress())).toEqual({ retry: false });
  });

  test('run time and waits count against the longest duration', () => {
    const strategy = aStrategy({ maxDurationSeconds: 10 });
    expect(nextAttempt(strategy, progress({ nowMs: 5_000 }))).toEqual({ retry: true, afterMs: 5_000 });
    expect(nextAttempt(strategy, progress({ nowMs: 5_001 }))).toEqual({ retry: false });
  });

  test('NETWORK_ERROR does not retry a failed assertion', () => {
    const strategy = aStrategy({ onlyOn: 'NETWORK_ERROR' });
    expect(nextAttempt(strategy, progress({ failurePhaseIsNetwork: false }))).toEqual({ retry: false });
    expect(nextAttempt(strategy, progress())).toMatchObject({ retry: true });
  });

  test('doubleCheck is one retry at once, from anywhere', () => {
    expect(nextAttempt(retryStrategyOf({ retryStrategy: null, doubleCheck: true }), progress())).toEqual({ retry: true, afterMs: 0 });
    expect(retryStrategyOf({ retryStrategy: null, doubleCheck: false })).toBeNull();
    expect(retryStrategyOf({ retryStrategy: aStrategy(), doubleCheck: true })).toEqual(aStrategy());
  });
});

test('no run outlasts its budget, however long its attempts take', () => {
  const strategy = fc.record({
    type: fc.constantFrom('SINGLE_RETRY' as const, 'FIXED' as const, 'LINEAR' as const, 'EXPONENTIAL' as const),
    baseBackoffSeconds: fc.integer({ min: 0, max: 600 }), maxRetries: fc.integer({ min: 1, max: 10 }),
    maxDurationSeconds: fc.integer({ min: 0, max: 600 }), sameRegion: fc.boolean(), onlyOn: fc.constant(null),
  });
  fc.assert(fc.property(fc.option(strategy), fc.integer({ min: 1, max: 45_000 }), fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 11, maxLength: 11 }), (each, maxMs, shares) => {
    let nowMs = 0;
    for (const [index, share] of shares.entries()) {
      nowMs += share * maxMs;
      expect(nowMs).toBeLessThanOrEqual(runBudgetMs(each, maxMs) + 1e-6);
      const next = nextAttempt(each, progress({ attempt: index + 1, nowMs }));
      if (!next.retry) return;
      nowMs += next.afterMs;
    }
    expect.fail('more than ten retries');
  }));
});

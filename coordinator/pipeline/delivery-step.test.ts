import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTEMPTS_MAX, deliveryStep, retryDelayMs } from './delivery-step.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const again = (afterMs: number | null) => ({ kind: 'retry', afterMs, isRateLimited: afterMs !== null }) as const;

describe('the step after an attempt', () => {
  it('is another attempt for some hours, then a dead letter', () => {
    const hours = Array.from({ length: ATTEMPTS_MAX - 1 }, (_, n) => retryDelayMs(n + 1, 0.5)).reduce((sum, delayMs) => sum + delayMs, 0) / 3_600_000;
    expect([hours > 3, hours < 8]).toEqual([true, true]);
    expect(deliveryStep(again(null), ATTEMPTS_MAX - 1, 0)).toMatchObject({ kind: 'again' });
    expect(deliveryStep(again(null), ATTEMPTS_MAX, 0)).toEqual({ kind: 'dead' });
  });

  it('never comes before the time that was asked for, nor long after it', () => {
    fc.assert(fc.property(fc.nat(21_600_000), fc.integer({ min: 1, max: ATTEMPTS_MAX - 1 }), random, (afterMs, attempt, chance) => {
      const step = deliveryStep(again(afterMs), attempt, chance);
      expect(step.kind === 'again' && step.delayMs >= afterMs && step.delayMs <= afterMs + 5_000 && step.holdsChannel).toBe(true);
    }));
  });

  it('spreads attempts that failed together', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: ATTEMPTS_MAX }), random, (attempt, chance) => {
      const [earliest, delayMs, latest] = [retryDelayMs(attempt, 0), retryDelayMs(attempt, chance), retryDelayMs(attempt, 1)];
      expect(earliest <= delayMs && delayMs <= latest && latest > earliest * 1.5).toBe(true);
    }));
  });
});

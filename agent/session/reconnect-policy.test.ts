import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterSession, NEW_RECONNECT, reconnectDelayMs, STABLE_AFTER_MS } from './reconnect-policy.ts';

test('the very first way back is spread over the window the coordinator advertised', () => {
  const state = afterSession(NEW_RECONNECT, STABLE_AFTER_MS, 4_000);
  expect(reconnectDelayMs(state, 0)).toBe(0);
  expect(reconnectDelayMs(state, 0.999)).toBeCloseTo(3_996);
});

test('only a stable session resets the backoff, a short one lengthens it', () => {
  const short = afterSession(afterSession(NEW_RECONNECT, 5, null), 5, null);
  expect(short.failures).toBe(2);
  expect(reconnectDelayMs(short, 0.5)).toBe(2_000);
  expect(afterSession(short, STABLE_AFTER_MS, null).failures).toBe(0);
});

test('the wait is never longer than five seconds or the window, nor shorter than the coordinator asked', () => {
  fc.assert(fc.property(fc.nat(1000), fc.nat(100_000), fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(60_000), (failures, windowMs, random, minMs) => {
    const delayMs = reconnectDelayMs({ failures, windowMs }, random, minMs);
    expect(delayMs).toBeGreaterThanOrEqual(minMs);
    expect(delayMs).toBeLessThanOrEqual(minMs + Math.max(5_000, windowMs));
  }));
});

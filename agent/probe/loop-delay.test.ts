import { describe, expect, it } from 'vitest';
import type { Clock } from '#shared/time/clock.ts';
import { LoopDelay } from './loop-delay.ts';

/** A clock whose timers come when the test says so, as on a busy event loop. */
class LateClock implements Clock {
  us = 0;
  callback: (() => void) | null = null;
  nowMs(): number { return this.us / 1000; }
  monotonicUs(): number { return this.us; }
  setTimer(_delayMs: number, callback: () => void) {
    this.callback = callback;
    return { cancel: () => { this.callback = null; } };
  }
  fireAt(us: number): void {
    this.us = us;
    const { callback } = this;
    this.callback = null;
    callback?.();
  }
}

describe('the delay of the event loop', () => {
  it('is the longest within the time asked for', () => {
    const clock = new LateClock();
    const delay = new LoopDelay(clock);
    delay.enter();
    clock.fireAt(10_000);
    clock.fireAt(95_000);
    clock.fireAt(300_000);
    clock.fireAt(310_000);
    expect(delay.longestUs(0, 40_000)).toBe(0);
    expect(delay.longestUs(0, 99_000)).toBe(75_000);
    expect(delay.longestUs(0, 310_000)).toBe(195_000);
    expect(delay.longestUs(290_000, 301_000)).toBe(10_000);
  });

  it('that was over before an attempt began is none of its own', () => {
    const clock = new LateClock();
    const delay = new LoopDelay(clock);
    delay.enter();
    clock.fireAt(3_000_000);
    expect(delay.longestUs(0, 3_000_000)).toBe(2_990_000);
    clock.us = 3_009_000;
    expect(delay.longestUs(3_000_100, 3_009_000)).toBe(0);
    expect(delay.longestUs(2_998_000, 3_009_000)).toBe(2_000);
  });

  it('is seen while it lasts, and grain is none', () => {
    const clock = new LateClock();
    const delay = new LoopDelay(clock);
    delay.enter();
    clock.us = 11_000;
    expect(delay.longestUs(0, 11_000)).toBe(0);
    clock.us = 510_000;
    expect(delay.longestUs(0, 510_000)).toBe(500_000);
  });

  it('is not sampled while nothing is in flight', () => {
    const clock = new LateClock();
    const delay = new LoopDelay(clock);
    delay.enter();
    delay.leave();
    clock.fireAt(10_000);
    expect(clock.callback).toBeNull();
    delay.enter();
    expect(clock.callback).not.toBeNull();
  });
});

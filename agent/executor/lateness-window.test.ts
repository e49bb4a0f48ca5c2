import { describe, expect, it } from 'vitest';
import { LatenessWindow } from './lateness-window.ts';

describe('the lateness of the last minute', () => {
  it('is never understated, and overstated by a fifth at most', () => {
    const window = new LatenessWindow();
    for (let us = 1_000; us <= 100_000; us += 1_000) window.record(us, 5_000_000);
    expect(window.quantileUs(0.99, 5_000_000)).toBeGreaterThanOrEqual(99_000);
    expect(window.quantileUs(0.99, 5_000_000)).toBeLessThanOrEqual(99_000 * 1.2);
    expect(window.quantileUs(0.5, 5_000_000)).toBeGreaterThanOrEqual(50_000);
    expect(window.quantileUs(0.5, 5_000_000)).toBeLessThanOrEqual(50_000 * 1.2);
  });

  it('forgets after a minute', () => {
    const window = new LatenessWindow();
    window.record(1_000_000, 0);
    expect(window.quantileUs(0.99, 55_000_000)).toBeGreaterThan(900_000);
    expect(window.quantileUs(0.99, 61_000_000)).toBe(0);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstantMs } from './connect.ts';

describe('an instant as Postgres writes it', () => {
  it.each([
    ['2026-11-22 07:34:52+00', Date.UTC(2026, 10, 22, 7, 34, 52)],
    ['2026-11-22 07:34:52.9+00', Date.UTC(2026, 10, 22, 7, 34, 52, 900)],
    ['2026-11-22 07:34:52.973123+00', Date.UTC(2026, 10, 22, 7, 34, 52, 973) + 0.123],
  ])('%s is ms since the epoch, µs as decimals', (text, ms) => {
    expect(parseInstantMs(text)).toBeCloseTo(ms, 3);
  });

  it('is exact for every whole ms', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => {
      const withoutZeros = new Date(ms).toISOString().replace('T', ' ').replace('Z', '').replace(/\.?0+$/, '');
      const text = `${withoutZeros}+00`;
      expect(parseInstantMs(text)).toBe(ms);
    }));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { phaseNumber } from './phases.ts';
import { ALPHA, Sketch, unpack } from './sketch.ts';

const times = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 300 });
const quantile = fc.double({ min: 0, max: 1, noNaN: true });

function sketchOf(values: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const us of values) sketch.add(us);
  return sketch;
}

describe('a sketch', () => {
  it('answers every quantile within its relative error, zeros included', () => {
    fc.assert(fc.property(times, quantile, (values, q) => {
      const exact = values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1]!;
      const estimate = sketchOf(values).quantileUs(q, values.length)!;
      expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(exact * ALPHA * 1.000001);
    }));
  });

  it('is the same however its values were parted and in whatever order the parts were merged', () => {
    fc.assert(fc.property(fc.array(times, { minLength: 1, maxLength: 6 }), (parts) => {
      const whole = sketchOf(parts.flat());
      if (whole.count === 0) return;
      const packed = parts.map((part) => sketchOf(part)).filter(({ count }) => count > 0).map((part) => part.packed(phaseNumber('total')));
      const merged = unpack(Buffer.concat(packed.slice(1)), ...packed.slice(0, 1)).get('total')!;
      const again = unpack(merged.packed(phaseNumber('total'))).get('total')!;
      for (const one of [merged, again]) {
        expect(one.packed(6).subarray(0, 12)).toEqual(whole.packed(6).subarray(0, 12));
        expect(one.packed(6).subarray(20)).toEqual(whole.packed(6).subarray(20));
      }
    }));
  });

  it('of nothing has no quantile', () => {
    expect(new Sketch().quantileUs(0.5, 0)).toBeNull();
    expect(new Sketch().quantileUs(0.5, 3)).toBe(0);
  });
});

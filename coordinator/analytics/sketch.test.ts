import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePacked, packTimes, unpack } from './gathered-times.ts';
import { MEASURED, RUNS_KEPT_MAX, sketchBytesMax } from './packed-times.ts';
import { phaseNumber } from './phases.ts';
import { ALPHA, type Sketch } from './sketch.ts';
import { sketchOf } from './testing/sketch-of.ts';

const times = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 300 });
const quantile = fc.double({ min: 0, max: 1, noNaN: true });

/** Runs of which only the total is known. */
function runsOf(totals: readonly number[]): Int32Array {
  return Int32Array.from({ length: totals.length * MEASURED }, (_, n) => (n % MEASURED === phaseNumber('total') ? totals[Math.floor(n / MEASURED)]! : 0));
}

function factsOf(sketch: Sketch): unknown {
  const { count, sumUs, leastUs, mostUs } = sketch;
  return { count, sumUs, leastUs, mostUs, quantiles: [0.01, 0.25, 0.5, 0.75, 0.9, 0.99].map((q) => sketch.quantileUs(q, count)) };
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
      const packed = parts.map((part) => packTimes(runsOf(part), part.length).total!);
      const merged = mergePacked(Buffer.concat(packed));
      for (const one of [unpack(Buffer.concat(packed.slice(1)), ...packed.slice(0, 1)), unpack(merged), unpack(mergePacked(Buffer.concat([packed[0]!, mergePacked(Buffer.concat(packed.slice(1)))])))]) {
        expect([...one.keys()]).toEqual(['total']);
        expect(factsOf(one.get('total')!)).toEqual(factsOf(whole));
      }
      // However many are merged, it is no larger than its buckets.
      expect(merged.length).toBeLessThanOrEqual(sketchBytesMax(parts.flat().length));
    }));
  });

  it('of every phase comes back from what is stored: a few runs as they are, more as sketches, older ones as they were written', () => {
    const run = [10, 200, 3_000, 0, 40_000, 5, 43_215];
    for (const runs of [1, RUNS_KEPT_MAX, RUNS_KEPT_MAX + 1]) {
      const { total, phases } = packTimes(Int32Array.from({ length: runs * MEASURED }, (_, n) => run[n % MEASURED]!), runs);
      const found = unpack(phases, null, total);
      expect(Object.fromEntries([...found].map(([phase, { count, leastUs, mostUs, sumUs }]) => [phase, [count, leastUs, mostUs, sumUs / count]]))).toEqual(Object.fromEntries(
        Object.entries({ dns: 10, connect: 200, tls: 3_000, firstByte: 40_000, data: 5, total: 43_215, connection: 3_200, transfer: 40_005 }).map(([phase, us]) => [phase, [runs, us, us, us]]),
      ));
    }
    const before = Buffer.from('00060002000000000000753040c3880000000000000000640000271000e40000000301ce00000002', 'hex');
    expect(factsOf(unpack(mergePacked(before)).get('total')!)).toMatchObject({ count: 5, sumUs: 30_000, leastUs: 100, mostUs: 10_000 });
  });

  it('that was cut off or never written is refused, and leaves nothing behind', () => {
    const whole = mergePacked(packTimes(runsOf(Array.from({ length: 40 }, (_, n) => 1_000 + n * 100)), 40).total!);
    for (const broken of [whole.subarray(0, -1), Buffer.from([0x7a, 1, 1]), Buffer.from([0xff, 0, 0])]) for (const read of [mergePacked, unpack]) expect(() => read(Buffer.concat([whole, broken]))).toThrow(RangeError);
    expect(mergePacked(whole)).toEqual(whole);
  });

  it('of nothing has no quantile', () => {
    expect(sketchOf([]).quantileUs(0.5, 0)).toBeNull();
    expect(sketchOf([]).quantileUs(0.5, 3)).toBe(0);
  });
});

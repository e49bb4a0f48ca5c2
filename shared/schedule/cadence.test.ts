import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cadenceOf, dueAtOf, firstSlotAtOrAfter, isSlot, phaseMs, slotCount, slotIndex, slotsBetween } from './cadence.ts';

const anInterval = fc.integer({ min: 10, max: 86_400 }).map((seconds) => seconds * 1000);
const aCadence = fc.tuple(fc.uuid(), anInterval).map(([id, interval]) => cadenceOf(id, interval));
const anInstant = fc.integer({ min: 0, max: 4_000_000_000_000 });

describe('the phase of a check', () => {
  it('is the one the rule computes, for known ids', () => {
    expect(phaseMs('00000000-0000-0000-0000-000000000000', 60_000)).toBe(58868);
    expect(phaseMs('6f1c7c1e-3b0a-4b5e-9a57-1f2e3d4c5b6a', 10_000)).toBe(2372);
    expect(phaseMs('6f1c7c1e-3b0a-4b5e-9a57-1f2e3d4c5b6a', 86_400_000)).toBe(16482372);
  });

  it('does not depend on the case of the id', () => {
    fc.assert(fc.property(fc.uuid(), anInterval, (id, interval) => {
      expect(phaseMs(id.toUpperCase(), interval)).toBe(phaseMs(id, interval));
    }));
  });

  it('agrees with exact arithmetic on the hexadecimal digest', () => {
    fc.assert(fc.property(fc.uuid(), anInterval, (id, interval) => {
      const first8 = createHash('sha256').update(id).digest('hex').slice(0, 16);
      expect(BigInt(phaseMs(id, interval))).toBe(BigInt(`0x${first8}`) % BigInt(interval));
    }));
  });

  it('spreads checks evenly over the interval', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let n = 0; n < 10_000; n += 1) tenths[Math.floor(phaseMs(`check-${n}`, 60_000) / 6_000)]! += 1;
    for (const count of tenths) expect(count).toBeGreaterThan(850);
  });
});

describe('the slots of a cadence', () => {
  it('have an index that finds them again', () => {
    fc.assert(fc.property(aCadence, fc.integer({ min: 0, max: 400_000_000 }), (cadence, k) => {
      fc.pre(dueAtOf(cadence, k) < Number.MAX_SAFE_INTEGER);
      expect(slotIndex(cadence, dueAtOf(cadence, k))).toBe(k);
    }));
  });

  it('are found from instants with decimals, never one too early or too late', () => {
    fc.assert(fc.property(aCadence, anInstant, fc.constantFrom(-0.5, -0.001, 0, 0.001, 0.5), (cadence, near, by) => {
      const at = firstSlotAtOrAfter(cadence, near) + by;
      const found = firstSlotAtOrAfter(cadence, at);
      expect(found).toBeGreaterThanOrEqual(at);
      expect(found - cadence.intervalMs).toBeLessThan(at);
      expect(isSlot(cadence, found)).toBe(true);
      expect(isSlot(cadence, found + 1)).toBe(false);
    }));
  });

  it('are the same however a window is split', () => {
    const windows = fc.tuple(aCadence, anInstant, fc.integer({ min: 0, max: 300 }), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(fc.property(windows, ([cadence, from, slots, at]) => {
      const to = from + slots * cadence.intervalMs;
      const middle = from + (to - from) * at;
      const whole = slotsBetween(cadence, from, to);
      expect([...slotsBetween(cadence, from, middle), ...slotsBetween(cadence, middle, to)]).toEqual(whole);
      expect(whole).toHaveLength(slots);
      expect(slotCount(cadence, from, middle) + slotCount(cadence, middle, to)).toBe(slots);
    }));
  });

  it('include the start of a window and not its end', () => {
    const cadence = { intervalMs: 10_000, phaseMs: 3_000 };
    expect(slotsBetween(cadence, 3_000, 23_000)).toEqual([3_000, 13_000]);
    expect(slotsBetween(cadence, 3_001, 23_001)).toEqual([13_000, 23_000]);
    expect(slotsBetween(cadence, 23_000, 3_000)).toEqual([]);
  });
});

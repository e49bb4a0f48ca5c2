import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availabilityIndex } from './availability.ts';
import { cadenceOf, slotsBetween } from './cadence.ts';
import { nextEpoch, type AvailabilityChange, type ScheduleEpoch } from './epoch.ts';
import { dueBetween, dueCount, nextTurn, ownersOf, owes, turnsOf, type Turns } from './turns.ts';

const CHECK = '6f1c7c1e-3b0a-4b5e-9a57-1f2e3d4c5b6a';
const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const PLACES = ['ams', 'fra', 'nyc', 'syd'];

const anOrder = fc.shuffledSubarray(PLACES, { minLength: 1 });
const anEpoch = fc.record({
  fromAtMs: fc.integer({ min: START, max: START + HOUR }),
  intervalMs: fc.constantFrom(10_000, 17_000, 60_000, 600_000),
  strategy: fc.constantFrom('parallel' as const, 'round_robin' as const),
  order: anOrder,
  active: fc.boolean(),
});
const someEpochs = fc.uniqueArray(anEpoch, { minLength: 1, maxLength: 6, selector: (epoch) => epoch.fromAtMs })
  .map((epochs) => epochs.sort((a, b) => a.fromAtMs - b.fromAtMs));
const aChange = fc.record({
  locationId: fc.constantFrom(...PLACES),
  fromAtMs: fc.integer({ min: START - HOUR, max: START + HOUR }),
  available: fc.boolean(),
});
const someAvailability = fc.array(aChange, { maxLength: 20 });
const history = fc.record({ epochs: someEpochs, availability: someAvailability });

function turnsByPlace(epochs: readonly ScheduleEpoch[], availability: readonly AvailabilityChange[]): Map<string, readonly Turns[]> {
  return new Map(PLACES.map((locationId) => [locationId, turnsOf({ locationId, checkId: CHECK, epochs, availability })]));
}

/** The rule, slot by slot, as rules.md 2 and 3 say it. */
function ownersByTheRule(epochs: readonly ScheduleEpoch[], availability: readonly AvailabilityChange[], dueAtMs: number, k: number): readonly string[] {
  let governing: ScheduleEpoch | null = null;
  for (const epoch of epochs) if (epoch.fromAtMs <= dueAtMs) governing = epoch;
  if (!governing?.active) return [];
  if (governing.strategy === 'parallel') return governing.order;
  const live = governing.order.filter((locationId) => {
    let isLive = false;
    const rows = availability.filter((row) => row.locationId === locationId).sort((a, b) => a.fromAtMs - b.fromAtMs);
    for (const row of rows) if (row.fromAtMs <= dueAtMs) isLive = row.available;
    return isLive;
  });
  const rotation = live.length > 0 ? live : governing.order;
  return [rotation[k % rotation.length]!];
}

describe('turns', () => {
  it('give every slot to exactly the locations the rule names: none twice, none skipped', () => {
    fc.assert(fc.property(history, ({ epochs, availability }) => {
      const turns = turnsByPlace(epochs, availability);
      const owned = new Map<number, string[]>();
      for (const locationId of PLACES) {
        const due = dueBetween(turns.get(locationId)!, START - HOUR, START + 2 * HOUR);
        expect(new Set(due).size).toBe(due.length);
        for (const at of due) owned.set(at, [...(owned.get(at) ?? []), locationId]);
      }
      const expected = new Map<number, string[]>();
      epochs.forEach((epoch, index) => {
        const cadence = cadenceOf(CHECK, epoch.intervalMs);
        for (const at of slotsBetween(cadence, epoch.fromAtMs, epochs[index + 1]?.fromAtMs ?? START + 2 * HOUR)) {
          const owners = ownersByTheRule(epochs, availability, at, (at - cadence.phaseMs) / cadence.intervalMs);
          if (owners.length > 0) expected.set(at, [...owners].sort());
          expect(ownersOf(epochs, availability, CHECK, at)).toEqual(owners);
          expect(ownersOf(epochs, availability, CHECK, at + 1)).toEqual([]);
        }
      });
      expect(owned).toEqual(expected);
    }), { numRuns: 150 });
  });

  it('partition the slots under round-robin and are all slots under parallel', () => {
    const epochOf = (strategy: 'parallel' | 'round_robin', order: string[], intervalMs: number): ScheduleEpoch[] =>
      [{ fromAtMs: START, intervalMs, strategy, order, active: true }];
    fc.assert(fc.property(anOrder, someAvailability, fc.constantFrom(10_000, 60_000), (order, availability, intervalMs) => {
      const slots = slotsBetween(cadenceOf(CHECK, intervalMs), START, START + HOUR);
      const shared = [...turnsByPlace(epochOf('round_robin', order, intervalMs), availability).values()]
        .flatMap((turns) => dueBetween(turns, START, START + HOUR));
      expect(shared.sort((a, b) => a - b)).toEqual(slots);
      const parallel = turnsByPlace(epochOf('parallel', order, intervalMs), availability);
      for (const place of order) expect(dueBetween(parallel.get(place)!, START, START + HOUR)).toEqual(slots);
    }), { numRuns: 100 });
  });

  it('are the same however a window is split', () => {
    const at = fc.integer({ min: START - HOUR, max: START + 2 * HOUR });
    fc.assert(fc.property(history, at, ({ epochs, availability }, middle) => {
      for (const turns of turnsByPlace(epochs, availability).values()) {
        const whole = dueBetween(turns, START - HOUR, START + 2 * HOUR);
        expect([...dueBetween(turns, START - HOUR, middle), ...dueBetween(turns, middle, START + 2 * HOUR)]).toEqual(whole);
        expect(dueCount(turns, START - HOUR, START + 2 * HOUR)).toBe(whole.length);
      }
    }), { numRuns: 100 });
  });

  it('are walked by nextTurn slot after slot, and every one of them is owed', () => {
    fc.assert(fc.property(history, ({ epochs, availability }) => {
      for (const turns of turnsByPlace(epochs, availability).values()) {
        const walked: number[] = [];
        for (let at = nextTurn(turns, START - 0.5); at !== null && at < START + 2 * HOUR; at = nextTurn(turns, at)) walked.push(at);
        expect(walked).toEqual(dueBetween(turns, START, START + 2 * HOUR));
        expect(walked.every((due) => owes(turns, due) && !owes(turns, due + 1))).toBe(true);
      }
    }), { numRuns: 100 });
  });

  it('of the past never change when availability does', () => {
    fc.assert(fc.property(history, aChange, ({ epochs, availability }, change) => {
      const before = turnsByPlace(epochs, availability.filter((row) => row.fromAtMs <= change.fromAtMs));
      const after = turnsByPlace(epochs, [...availability.filter((row) => row.fromAtMs <= change.fromAtMs), change]);
      for (const place of PLACES) {
        expect(dueBetween(after.get(place)!, START - HOUR, change.fromAtMs)).toEqual(dueBetween(before.get(place)!, START - HOUR, change.fromAtMs));
      }
    }), { numRuns: 100 });
  });

  it('of the past and the phase survive an edit', () => {
    fc.assert(fc.property(history, anEpoch, fc.integer({ min: START, max: START + HOUR }), ({ epochs, availability }, change, commitMs) => {
      const next = nextEpoch(epochs.at(-1)!, change, commitMs);
      if (!next) return;
      const before = turnsByPlace(epochs, availability);
      const after = turnsByPlace([...epochs, next], availability);
      for (const place of PLACES) {
        expect(dueBetween(after.get(place)!, START, next.fromAtMs)).toEqual(dueBetween(before.get(place)!, START, next.fromAtMs));
        for (const span of after.get(place)!) expect(span.phaseMs).toBe(cadenceOf(CHECK, span.intervalMs).phaseMs);
      }
    }), { numRuns: 100 });
  });

  it('are one span for as long as nothing changes for the location', () => {
    const epoch: ScheduleEpoch = { fromAtMs: START, intervalMs: 10_000, strategy: 'round_robin', order: ['ams', 'fra'], active: true };
    const live = ['ams', 'fra'].map((locationId) => ({ locationId, fromAtMs: START - 1, available: true }));
    const noise = { locationId: 'fra', fromAtMs: START + 60_000, available: true };
    expect(turnsOf({ locationId: 'ams', checkId: CHECK, epochs: [epoch, { ...epoch, fromAtMs: START + 30_000 }], availability: [...live, noise] }))
      .toEqual([{ fromAtMs: START, untilMs: null, ...cadenceOf(CHECK, 10_000), modulus: 2, remainder: 0 }]);
  });

  it('leave out spans that have ended when asked from an instant, and keep the others whole', () => {
    fc.assert(fc.property(history, fc.integer({ min: START, max: START + HOUR }), ({ epochs, availability }, fromMs) => {
      for (const locationId of PLACES) {
        const all = turnsOf({ locationId, checkId: CHECK, epochs, availability });
        const some = turnsOf({ locationId, checkId: CHECK, epochs, availability: availabilityIndex(availability), fromMs });
        expect(all.slice(all.length - some.length)).toEqual(some);
        expect(dueBetween(some, fromMs, START + 2 * HOUR)).toEqual(dueBetween(all, fromMs, START + 2 * HOUR));
      }
    }), { numRuns: 50 });
  });

  it('go over the full order when no location is available, and count one without a row as unavailable', () => {
    const epochs: ScheduleEpoch[] = [{ fromAtMs: START, intervalMs: 10_000, strategy: 'round_robin', order: ['ams', 'fra'], active: true }];
    const slots = slotsBetween(cadenceOf(CHECK, 10_000), START, START + 40_000);
    const ofAms = turnsOf({ locationId: 'ams', checkId: CHECK, epochs, availability: [] });
    expect(dueBetween(ofAms, START, START + 40_000)).toHaveLength(slots.length / 2);
    const onlyFra = [{ locationId: 'fra', fromAtMs: START, available: true }];
    expect(turnsOf({ locationId: 'ams', checkId: CHECK, epochs, availability: onlyFra })).toEqual([]);
  });

  it('find the next slot of a span that lasts a century without walking there', () => {
    const turns: Turns[] = [{ fromAtMs: 0, untilMs: null, intervalMs: 10_000, phaseMs: 1, modulus: 3, remainder: 2 }];
    expect(nextTurn(turns, 100 * 365 * 86_400_000)! % 30_000).toBe(20_001);
  });
});

describe('the next epoch', () => {
  const previous: ScheduleEpoch = { fromAtMs: START, intervalMs: 10_000, strategy: 'parallel', order: ['ams', 'fra'], active: true };

  it('is none when an edit leaves the schedule as it is', () => {
    expect(nextEpoch(previous, { ...previous, order: ['ams', 'fra'] }, START + 5_000)).toBeNull();
  });

  it.each([
    ['interval', { intervalMs: 20_000 }], ['strategy', { strategy: 'round_robin' as const }],
    ['order', { order: ['fra', 'ams'] }], ['a location less', { order: ['ams'] }], ['activity', { active: false }],
  ])('starts a second after the commit when the %s changes', (_, change) => {
    expect(nextEpoch(previous, { ...previous, ...change }, START + 5_000.25)).toEqual({ ...previous, ...change, fromAtMs: START + 6_001 });
  });

  it('comes after the previous one even when the clock went back', () => {
    expect(nextEpoch(previous, { ...previous, active: false }, START - HOUR)?.fromAtMs).toBe(START + 1);
  });

  it('is a check\'s first when there was none', () => {
    expect(nextEpoch(null, previous, START)).toEqual({ ...previous, fromAtMs: START + 1_000 });
  });
});

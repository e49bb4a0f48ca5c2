import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AWAY_AFTER_MS, BACK_AFTER_MS, newPresence, observePresence, type LocationPresence } from './location-availability.ts';

/** Looks once a second; the availability after each look. */
function watch(start: LocationPresence, looks: readonly boolean[]): { changes: number; available: boolean[] } {
  let presence = start;
  let changes = 0;
  const available = looks.map((hasAgent, second) => {
    const seen = observePresence(presence, hasAgent, second * 1000);
    presence = seen.presence;
    changes += seen.changed ? 1 : 0;
    return presence.available;
  });
  return { changes, available };
}

test('a location that was never here is available with its first agent', () => {
  expect(watch(newPresence(false, 0), [false, true]).available).toEqual([false, true]);
});

test('a location is away only after its lease and a heartbeat without an agent', () => {
  const looks = [true, ...Array.from({ length: 12 }, () => false)];
  const { available, changes } = watch(newPresence(true, 0), looks);
  expect(available.indexOf(false)).toBe(1 + AWAY_AFTER_MS / 1000);
  expect(changes).toBe(1);
});

test('a location just gone is back only after a stable while', () => {
  const gone: LocationPresence = { available: false, hasAgent: false, sinceMs: -9_000, awaySinceMs: -1_000 };
  expect(watch(gone, Array.from({ length: 9 }, () => true)).available.indexOf(true)).toBe(BACK_AFTER_MS / 1000);
});

test('a restarted coordinator gives agents the time to return', () => {
  expect(watch(newPresence(true, 0), [false, false, false, true]).changes).toBe(0);
});

test('an agent that flaps faster than the hysteresis never changes availability more than once', () => {
  fc.assert(fc.property(fc.boolean(), fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 30 }), (available, runs) => {
    const looks = runs.flatMap((seconds, index) => Array.from({ length: seconds }, () => index % 2 === 0));
    expect(watch(newPresence(available, 0), looks).changes).toBeLessThanOrEqual(1);
  }));
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantOf, wallClockAt } from './wall-clock.ts';

test('a time on the walls of a zone is the instant that shows it', () => {
  expect(instantOf('2026-11-22T10:00', 'Europe/Berlin')).toBe(Date.UTC(2026, 10, 22, 9));
  expect(instantOf('2026-07-01T10:00', 'Europe/Berlin')).toBe(Date.UTC(2026, 6, 1, 8));
  expect(instantOf('2026-07-01T10:00', 'Asia/Kathmandu')).toBe(Date.UTC(2026, 6, 1, 4, 15));
  expect(instantOf('never', 'UTC')).toBeNull();
});

test('whatever the walls show comes back as it was', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 4_102_444_800 / 60 }), fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia'), (minute, zone) => {
    const shown = wallClockAt(minute * 60_000, zone);
    expect(wallClockAt(instantOf(shown, zone)!, zone)).toBe(shown);
  }));
});

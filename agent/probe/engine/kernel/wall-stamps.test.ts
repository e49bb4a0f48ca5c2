import { expect, test } from 'vitest';
import { WallStamps } from './wall-stamps.ts';

const WALL_US = 1_790_000_000_000_000;
const reading = (monotonicUs: number, aheadUs = WALL_US) => ({ monotonicUs, wallUs: monotonicUs + aheadUs, errorUs: 1 });

test('a stamp is the monotonic instant at which the wall clock read so', () => {
  const stamps = new WallStamps();
  expect(stamps.monotonicUs(WALL_US + 5, 0)).toBeNull();
  stamps.read(reading(1_000));
  expect(stamps.monotonicUs(WALL_US + 900, 0)).toBe(900);
});

test('a stamp of before the question, or of the future, says nothing; one off by a rounding is drawn back', () => {
  const stamps = new WallStamps();
  stamps.read(reading(10_000));
  expect(stamps.monotonicUs(WALL_US + 5_000, 6_000)).toBeNull();
  expect(stamps.monotonicUs(WALL_US + 11_000, 6_000)).toBeNull();
  expect(stamps.monotonicUs(WALL_US + 5_990, 6_000)).toBe(6_000);
  expect(stamps.monotonicUs(WALL_US + 10_010, 6_000)).toBe(10_000);
});

test('what came before the wall clock stepped is not believed, what comes after is', () => {
  const stamps = new WallStamps();
  stamps.read(reading(1_000_000));
  stamps.read(reading(2_000_000, WALL_US + 3_600_000_000));
  expect(stamps.monotonicUs(WALL_US + 3_600_000_000 + 1_999_000, 0)).toBeNull();
  stamps.read(reading(3_000_000, WALL_US + 3_600_000_000));
  expect(stamps.monotonicUs(WALL_US + 3_600_000_000 + 2_500_000, 0)).toBe(2_500_000);
});

test('a clock that is being slewed has not stepped', () => {
  const stamps = new WallStamps();
  stamps.read(reading(0));
  stamps.read(reading(10_000_000, WALL_US + 5_000));
  expect(stamps.monotonicUs(WALL_US + 5_000 + 9_000_000, 0)).toBe(9_000_000);
});

import { expect, test } from 'vitest';
import { demandOf, EXPECTED_ATTEMPT_MS, loadOf, overloadWarnings } from './forecast-load.ts';

const SCHEDULE = { intervalMs: 10_000, strategy: 'parallel' as const, order: ['a', 'b'], active: true };

test('a parallel check asks every location for all of its slots, round-robin for its share', () => {
  const check = { maxResponseTime: 5_000 };
  expect(demandOf(check, SCHEDULE)).toBeCloseTo(EXPECTED_ATTEMPT_MS / 10_000);
  expect(demandOf(check, { ...SCHEDULE, strategy: 'round_robin' })).toBeCloseTo(EXPECTED_ATTEMPT_MS / 20_000);
  expect(demandOf({ maxResponseTime: 500 }, SCHEDULE)).toBeCloseTo(0.05);
  expect(demandOf(check, { ...SCHEDULE, active: false })).toBe(0);
});

test('a location is warned of once it would be beyond its capacity, in per cent', () => {
  const demand = 140 * demandOf({ maxResponseTime: 5_000 }, SCHEDULE);
  expect(overloadWarnings([{ code: 'eu-1', load: loadOf(demand, 10) }, { code: 'eu-2', load: loadOf(demand, 14) }, { code: 'eu-3', load: loadOf(demand, 0) }]))
    .toEqual(["location 'eu-1' at 140 % of its capacity: add agents there, or check less often"]);
});

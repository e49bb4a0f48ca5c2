import { expect, test } from 'vitest';
import { aCheck } from '#shared/testing/builders.ts';
import { AN_ACCOUNT } from '#shared/testing/results.ts';
import { LocationDemand } from './location-demand.ts';
import type { PlannedCheck } from './ports.ts';

function planned(checkId: string, changes: Partial<PlannedCheck> = {}): PlannedCheck {
  return {
    accountId: AN_ACCOUNT, checkId, revision: 1, check: aCheck({ maxResponseTime: 1_000 }), isDeleted: false,
    epochs: [{ fromAtMs: 0, intervalMs: 10_000, strategy: 'parallel', order: ['here'], active: true }], ...changes,
  };
}

test('what is asked of a location is the sum of its checks, without the one being changed, and follows the config', () => {
  const checks = new Map([planned('a'), planned('b'), planned('gone', { isDeleted: true })].map((check) => [check.checkId, check]));
  const planner = { revision: 1, checks: () => checks.values(), check: (id: string) => checks.get(id) };
  const demand = new LocationDemand(planner);
  expect(demand.in('here')).toBeCloseTo(0.2);
  expect(demand.in('here', 'a')).toBeCloseTo(0.1);
  expect(demand.in('here', 'new')).toBeCloseTo(0.2);
  expect(demand.in('elsewhere')).toBe(0);
  checks.set('c', planned('c'));
  planner.revision = 2;
  expect(demand.in('here')).toBeCloseTo(0.3);
});

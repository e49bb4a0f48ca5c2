import { expect, test } from 'vitest';
import type { StoredRun } from '../e2e/testing/stored-facts.ts';
import { isolationOf, isQuietAt } from './bystanders.ts';

const MINUTE_MS = 60_000;

function runsOf(agentId: string, latenessMs: number): readonly StoredRun[] {
  return Array.from({ length: 200 }, (_, index): StoredRun => ({
    checkId: 'c', dueAtMs: index * 10_000, runId: `${agentId} ${index}`, attempt: 1, isFinal: true, isSurplus: false, locationOwed: 'l', locationExecuted: 'l', agentId,
    trigger: 'schedule', outcome: 'passed', latenessUs: latenessMs * 1000, startedAtMs: 0, clockErrorUs: 0, totalUs: 0,
  }));
}

test('an agent is a bystander away from its own troubles, and not while one goes on', () => {
  const troubles = [10 * MINUTE_MS, 12 * MINUTE_MS, 20 * MINUTE_MS];
  expect([9, 11, 13, 19.9, 30].map((minute) => isQuietAt(troubles, minute * MINUTE_MS))).toEqual([true, false, true, false, false]);
});

test('lateness of those whom nothing befell is held to a bound, that of the others is told', () => {
  const troubled = [...runsOf('a', 3_000)];
  const troubles = new Map([['a', [0]]]);
  expect(isolationOf([...troubled, ...runsOf('b', 4)], troubles)).toMatchObject({ bystanders: { runs: 200, p99Ms: 4 }, troubled: { p99Ms: 3_000 }, violations: [] });
  expect(isolationOf([...troubled, ...runsOf('b', 2_500)], troubles).violations).toHaveLength(1);
});

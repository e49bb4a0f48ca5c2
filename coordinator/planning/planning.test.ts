import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import { dueBetween } from '#shared/schedule/turns.ts';
import { aCheck, aRequest } from '#shared/testing/builders.ts';
import { A_CHECK, AN_ACCOUNT } from '#shared/testing/results.ts';
import { gapOf, runsToClose } from '../pipeline/close-slots.ts';
import type { PlannedCheck } from '../pipeline/ports.ts';
import { CLOSE_AFTER_MS, closedBeforeMs, RUN_BUDGET_MAX_MS } from './closing-time.ts';
import { owednessOf } from './owedness.ts';
import { planCheck, wantsDeployRun } from './plan-check.ts';

const NOW = 1_800_000_000_000;
const PLACES = ['l-a', 'l-b', 'l-c'] as const;
const ALL_HERE = PLACES.map((locationId) => ({ locationId, fromAtMs: 0, available: true }));

function aPlanned(changes: Partial<PlannedCheck> = {}, epoch: Partial<PlannedCheck['epochs'][number]> = {}): PlannedCheck {
  return {
    accountId: AN_ACCOUNT, checkId: A_CHECK, revision: 1, isDeleted: false, check: aCheck(),
    epochs: [{ fromAtMs: NOW - 3_600_000, intervalMs: 10_000, strategy: 'round_robin', order: [...PLACES], active: true, ...epoch }],
    ...changes,
  };
}

describe('planning a check', () => {
  test('gives the locations turns that share out every slot of a round-robin check', () => {
    fc.assert(fc.property(fc.subarray([...PLACES], { minLength: 1 }), fc.nat(60_000), (here, offsetMs) => {
      const availability = availabilityIndex(here.map((locationId) => ({ locationId, fromAtMs: 0, available: true })));
      const plan = planCheck(aPlanned(), availability, NOW);
      expect([...plan.keys()].sort()).toEqual([...here].sort());
      const due = [...plan.values()].flatMap(({ turns }) => dueBetween(turns, NOW + offsetMs, NOW + offsetMs + 120_000));
      expect(new Set(due).size).toBe(12);
      expect(due).toHaveLength(12);
    }));
  });

  test('gives a parallel check to every location of its order, with or without an agent', () => {
    expect([...planCheck(aPlanned({}, { strategy: 'parallel' }), availabilityIndex([]), NOW).keys()]).toEqual([...PLACES]);
  });

  test('gives nothing of a check that was switched off a while ago, and its last turns of one just switched off', () => {
    const off = (fromAtMs: number) => aPlanned({ epochs: [...aPlanned().epochs, { ...aPlanned().epochs[0]!, fromAtMs, active: false }] });
    expect(planCheck(off(NOW - 600_000), availabilityIndex(ALL_HERE), NOW).size).toBe(0);
    for (const { turns } of planCheck(off(NOW + 1_000), availabilityIndex(ALL_HERE), NOW).values()) expect(turns.at(-1)!.untilMs).toBe(NOW + 1_000);
  });
});

describe('a run at once', () => {
  test.each([
    ['is wanted of a new check', undefined, aPlanned(), true],
    ['is wanted when the request changes', aPlanned(), aPlanned({ check: aCheck({ request: aRequest({ port: 1 }) }) }), true],
    ['is wanted when it is switched on', aPlanned({}, { active: false }), aPlanned(), true],
    ['is not wanted for a new name', aPlanned(), aPlanned({ check: aCheck({ name: 'other' }) }), false],
    ['is not wanted of a check that is off', undefined, aPlanned({}, { active: false }), false],
    ['is not wanted of a deleted check', aPlanned(), aPlanned({ isDeleted: true }), false],
  ])('%s', (_, before, after, wanted) => {
    expect(wantsDeployRun(before, after)).toBe(wanted);
  });
});

describe('whose a slot was', () => {
  const availability = availabilityIndex(ALL_HERE);
  const { epochs } = aPlanned();
  const slots = PLACES.map((locationId) => {
    const plan = planCheck(aPlanned(), availability, NOW).get(locationId)!;
    return { locationId, dueAtMs: dueBetween(plan.turns, NOW, NOW + 30_000)[0]! };
  });

  test('is the planned location\'s, a surplus of the others in its order, and nobody else\'s', () => {
    for (const { locationId, dueAtMs } of slots) {
      const question = { checkId: A_CHECK, epochs, availability, dueAtMs };
      expect(owednessOf({ ...question, locationId })).toBe('owed');
      for (const other of PLACES.filter((place) => place !== locationId)) expect(owednessOf({ ...question, locationId: other })).toBe('surplus');
      expect(owednessOf({ ...question, locationId: 'l-elsewhere' })).toBe('not_owed');
      expect(owednessOf({ ...question, locationId, dueAtMs: dueAtMs + 1 })).toBe('not_owed');
      expect(owednessOf({ ...question, locationId, dueAtMs: dueAtMs - 7_200_000 - 1_000 })).toBe('not_owed');
    }
  });
});

describe('closing slots', () => {
  test('a closed window gives each owed run once, however the window is cut', () => {
    fc.assert(fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 200_000 }), fc.nat(100), (fromOffset, lengthMs, percent) => {
      const from = NOW + fromOffset;
      const middle = from + Math.floor((lengthMs * percent) / 100);
      const check = aPlanned();
      const availability = availabilityIndex(ALL_HERE);
      const whole = runsToClose(check, availability, { fromMs: from, toMs: from + lengthMs }).map(({ runId }) => runId).sort();
      const parts = [{ fromMs: from, toMs: middle }, { fromMs: middle, toMs: from + lengthMs }]
        .flatMap((window) => runsToClose(check, availability, window)).map(({ runId }) => runId).sort();
      expect(parts).toEqual(whole);
      expect(new Set(whole).size).toBe(whole.length);
    }));
  });

  test('a location without an agent is why, else that an agent refused the check, else that the last agent was stopped, else that it was lost', () => {
    const availability = availabilityIndex(ALL_HERE.slice(0, 2));
    const runs = runsToClose(aPlanned({}, { strategy: 'parallel' }), availability, { fromMs: NOW, toMs: NOW + 10_000 });
    const gaps = runs.map((run) => gapOf({ ...run, wasRejected: run.locationId !== 'l-a' }));
    expect(gaps.map(({ locationOwed, reason }) => `${locationOwed} ${reason}`)).toEqual(['l-a agent_lost', 'l-b config_rejected', 'l-c no_agent']);
    expect(runs.map((run) => gapOf({ ...run, wasRejected: run.locationId === 'l-b', wasStopped: true }).reason)).toEqual(['agent_down', 'config_rejected', 'no_agent']);
  });

  test('waits for the longest run that may still go on, also under a definition just replaced', () => {
    const retrying = aCheck({ retryStrategy: { type: 'FIXED', baseBackoffSeconds: 60, maxRetries: 2, maxDurationSeconds: 600, sameRegion: true, onlyOn: null } });
    expect(closedBeforeMs(NOW, [aCheck()])).toBe(NOW - 5_000 - CLOSE_AFTER_MS);
    expect(closedBeforeMs(NOW, [aCheck(), retrying])).toBe(NOW - (5_000 + 65_000 + 65_000) - CLOSE_AFTER_MS);
  });

  test('never waits longer than the longest budget there is', () => {
    fc.assert(fc.property(
      fc.constantFrom('SINGLE_RETRY' as const, 'FIXED' as const, 'LINEAR' as const, 'EXPONENTIAL' as const),
      fc.nat(600), fc.integer({ min: 1, max: 10 }), fc.nat(600), fc.integer({ min: 1, max: 45_000 }),
      (type, baseBackoffSeconds, maxRetries, maxDurationSeconds, maxResponseTime) => {
        const check = aCheck({ maxResponseTime, retryStrategy: { type, baseBackoffSeconds, maxRetries, maxDurationSeconds, sameRegion: true, onlyOn: null } });
        expect(closedBeforeMs(NOW, [check])).toBeGreaterThanOrEqual(NOW - RUN_BUDGET_MAX_MS - CLOSE_AFTER_MS);
      },
    ));
  });
});

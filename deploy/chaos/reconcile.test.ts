import { expect, test } from 'vitest';
import { runIdOf } from '#shared/check/run-id.ts';
import { phaseMs } from '#shared/schedule/cadence.ts';
import type { StoredFacts, StoredRun } from '../e2e/testing/stored-facts.ts';
import { reconcile, type LabFacts } from './reconcile.ts';

const CHECK = '3f8a1c52-6f0b-4c4e-9a57-2f6f1d0f8a11';
const HERE = '9b2d7f30-1c53-4d9e-8f0a-6d3c5b7e2a44';
const FROM_MS = Date.UTC(2026, 0, 1);
const DUE_MS = [0, 1, 2].map((slot) => FROM_MS + phaseMs(CHECK, 10_000) + slot * 10_000);

function aRun(dueAtMs: number, changes: Partial<StoredRun> = {}): StoredRun {
  return {
    checkId: CHECK, dueAtMs, runId: runIdOf({ accountId: HERE, checkId: CHECK, locationId: HERE, dueAtMs }), attempt: 1, isFinal: true, isSurplus: false,
    locationOwed: HERE, locationExecuted: HERE, agentId: HERE, trigger: 'schedule', outcome: 'passed', latenessUs: 0, startedAtMs: dueAtMs + 1, clockErrorUs: 0, totalUs: 900, ...changes,
  };
}

/** Three slots, three results, three connections, all acknowledged. */
function aGoodHalfMinute({ results = DUE_MS.map((dueAtMs) => aRun(dueAtMs)), gaps = [], ...changes }: Partial<LabFacts> & Partial<Pick<StoredFacts, 'results' | 'gaps'>> = {}): LabFacts {
  return {
    stored: {
      epochs: new Map([[CHECK, [{ fromAtMs: FROM_MS, intervalMs: 10_000, strategy: 'parallel', order: [HERE], active: true }]]]),
      availability: [{ locationId: HERE, fromAtMs: FROM_MS, available: true }], results, gaps,
    },
    checkIds: [CHECK], connections: DUE_MS.map((atMs) => ({ atMs: atMs + 2, check: 0 })), acknowledged: DUE_MS.map((dueAtMs) => `${aRun(dueAtMs).runId} 1`),
    fromMs: FROM_MS, toMs: FROM_MS + 30_000, outages: [], ...changes,
  };
}

const wrongIn = (facts: LabFacts): Record<string, number> =>
  Object.fromEntries(Object.entries(reconcile(facts).violations).flatMap(([name, list]) => (list.length > 0 ? [[name, list.length]] : [])));
const gapAt = (dueAtMs: number) => ({ checkId: CHECK, dueAtMs, locationOwed: HERE, reason: 'agent_lost' });

test('a half minute in which all went well has nothing wrong', () => {
  expect(wrongIn(aGoodHalfMinute())).toEqual({});
  expect(reconcile(aGoodHalfMinute())).toMatchObject({ due: 3, results: 3, gaps: {}, acknowledged: 3, executionsWithoutResult: 0, begunEarly: { results: 0, worstMs: 0 } });
});

test('a gap accounts for a slot, and a connection without a result is counted', () => {
  const facts = aGoodHalfMinute({ results: DUE_MS.slice(1).map((dueAtMs) => aRun(dueAtMs)), gaps: [gapAt(DUE_MS[0]!)], acknowledged: [] });
  expect(wrongIn(facts)).toEqual({});
  expect(reconcile(facts)).toMatchObject({ results: 2, gaps: { agent_lost: 1 }, executionsWithoutResult: 1 });
});

test('a run that began before its agent says so is real as far as the agent says its clock may be wrong, and counted', () => {
  const early = (clockErrorUs: number) => aGoodHalfMinute({
    results: DUE_MS.map((dueAtMs) => aRun(dueAtMs, { clockErrorUs })), connections: DUE_MS.map((atMs) => ({ atMs: atMs - 300, check: 0 })),
  });
  expect(wrongIn(early(350_000))).toEqual({});
  expect(reconcile(early(350_000)).begunEarly).toEqual({ results: 3, worstMs: 301 });
  expect(wrongIn(early(200_000))).toEqual({ unreal: 3 });
});

test('a connection is left to the result that no other can explain', () => {
  const [first, second] = [aRun(DUE_MS[0]!, { clockErrorUs: 20_000_000 }), aRun(DUE_MS[1]!)];
  const facts = aGoodHalfMinute({ results: [first, second], gaps: [gapAt(DUE_MS[2]!)], acknowledged: [], connections: [DUE_MS[1]! + 2, DUE_MS[1]! + 8_000].map((atMs) => ({ atMs, check: 0 })) });
  expect(wrongIn(facts)).toEqual({});
});

test.each([
  ['a slot without result and gap', { results: DUE_MS.slice(1).map((dueAtMs) => aRun(dueAtMs)), acknowledged: [] }, { unaccounted: 1 }],
  ['a result and a gap for one slot', { gaps: [gapAt(DUE_MS[0]!)] }, { twice: 1 }],
  ['two final results for one slot', { results: [...DUE_MS.map((dueAtMs) => aRun(dueAtMs)), aRun(DUE_MS[0]!, { attempt: 2, outcome: 'agent_fault' })] }, { twice: 1 }],
  ['a result that nobody owed', { results: [...DUE_MS.map((dueAtMs) => aRun(dueAtMs)), aRun(DUE_MS[0]! + 5_000, { outcome: 'agent_fault' })] }, { unowed: 1 }],
  ['an acknowledged result that is not stored', { acknowledged: ['00000000-0000-4000-8000-000000000000 1'] }, { lost: 1 }],
  ['a result without a connection', { connections: DUE_MS.slice(1).map((atMs) => ({ atMs: atMs + 2, check: 0 })) }, { unreal: 1 }],
  ['a failure while the target was up', { results: [aRun(DUE_MS[0]!, { outcome: 'failed' }), ...DUE_MS.slice(1).map((dueAtMs) => aRun(dueAtMs))] }, { falselyDown: 1 }],
])('%s is found', (_what, changes, wrong) => {
  expect(wrongIn(aGoodHalfMinute(changes))).toEqual(wrong);
});

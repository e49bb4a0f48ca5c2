import { expect, test } from 'vitest';
import { aCheck } from '#shared/testing/builders.ts';
import { cadenceOf, firstSlotAtOrAfter } from '#shared/schedule/cadence.ts';
import type { StoredFacts, StoredRun } from '../e2e/testing/stored-facts.ts';
import { judgedOtherwise } from './judged-alike.ts';

const CHECK = '3f8a1c52-6f0b-4c4e-9a57-2f6f1d0f8a11';
const HERE = '9b2d7f30-1c53-4d9e-8f0a-6d3c5b7e2a44';
const FROM_MS = Date.UTC(2026, 0, 1);
const FIRST_MS = firstSlotAtOrAfter(cadenceOf(CHECK, 10_000), FROM_MS);

function facts(outcomes: readonly string[]): StoredFacts {
  return {
    epochs: new Map([[CHECK, [{ fromAtMs: FROM_MS, intervalMs: 10_000, strategy: 'parallel', order: [HERE], active: true }]]]), availability: [], gaps: [],
    results: outcomes.map((outcome, slot): StoredRun => ({
      checkId: CHECK, dueAtMs: FIRST_MS + slot * 10_000, runId: `run ${slot}`, attempt: 1, isFinal: true, isSurplus: false, locationOwed: HERE, locationExecuted: HERE, agentId: HERE,
      trigger: 'schedule', outcome, latenessUs: 0, startedAtMs: FIRST_MS + slot * 10_000, clockErrorUs: 0, totalUs: 900,
    })),
  };
}

test('a check has to stand as its history says, in whatever order that is told', () => {
  const history = facts(['passed', 'failed', 'passed', 'passed']);
  const look = { nowMs: FIRST_MS + 31_000, seed: 3 };
  const standing = (changes: object) => [{ checkId: CHECK, definition: aCheck(), standing: 'passing', sinceMs: FIRST_MS + 20_000, ...changes }];
  expect(judgedOtherwise(standing({}), history, look)).toEqual([]);
  expect(judgedOtherwise(standing({ standing: 'failing', sinceMs: FIRST_MS + 10_000 }), history, look)).toHaveLength(1);
  expect(judgedOtherwise(standing({ sinceMs: FIRST_MS }), history, look)).toHaveLength(1);
});

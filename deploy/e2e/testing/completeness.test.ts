import { describe, expect, test } from 'vitest';
import { runIdOf } from '#shared/check/run-id.ts';
import { cadenceOf, slotsBetween } from '#shared/schedule/cadence.ts';
import type { ScheduleEpoch } from '#shared/schedule/epoch.ts';
import { ownersOf } from '#shared/schedule/turns.ts';
import { completenessOf, troublesOf } from './completeness.ts';
import type { StoredFacts, StoredRun } from './stored-facts.ts';

const ACCOUNT = '5c1e9a7d-7f64-4f0c-b1d2-0a9e8c7b6d55';
const CHECK = '3f8a1c52-6f0b-4c4e-9a57-2f6f1d0f8a11';
const ORDER = ['9b2d7f30-1c53-4d9e-8f0a-6d3c5b7e2a44', '1a2d7f30-1c53-4d9e-8f0a-6d3c5b7e2a44'];
const FROM_MS = Date.UTC(2026, 0, 1);
const TO_MS = FROM_MS + 60_000;
const WINDOW = { fromMs: FROM_MS, toMs: TO_MS };

function aRun(dueAtMs: number, locationOwed: string, changes: Partial<StoredRun> = {}): StoredRun {
  return {
    checkId: CHECK, dueAtMs, runId: runIdOf({ accountId: ACCOUNT, checkId: CHECK, locationId: locationOwed, dueAtMs }), attempt: 1, isFinal: true,
    isSurplus: false, locationOwed, locationExecuted: locationOwed, agentId: locationOwed, trigger: 'schedule', outcome: 'passed', latenessUs: 0, startedAtMs: 0, clockErrorUs: 0, totalUs: 0, ...changes,
  };
}

/** A minute in which all went well. */
function aGoodMinute(strategy: ScheduleEpoch['strategy']): StoredFacts & { readonly results: readonly StoredRun[] } {
  const epochs = [{ fromAtMs: FROM_MS, intervalMs: 10_000, strategy, order: ORDER, active: true }, { fromAtMs: TO_MS - 15_000, intervalMs: 10_000, strategy, order: ORDER, active: false }];
  const availability = ORDER.map((locationId) => ({ locationId, fromAtMs: FROM_MS - 1, available: true }));
  const results = slotsBetween(cadenceOf(CHECK, 10_000), FROM_MS, TO_MS)
    .flatMap((dueAtMs) => ownersOf(epochs, availability, CHECK, dueAtMs).map((owner) => aRun(dueAtMs, owner)));
  return { epochs: new Map([[CHECK, epochs]]), availability, results, gaps: [] };
}

describe.each(['parallel', 'round_robin'] as const)('of a %s check', (strategy) => {
  const good = aGoodMinute(strategy);
  const [first, ...others] = good.results;
  const found = (facts: Partial<StoredFacts>) => completenessOf({ ...good, ...facts }, ACCOUNT, WINDOW);

  test('a complete minute is told as complete, up to the end of its schedule', () => {
    expect(troublesOf(found({}))).toBeNull();
    expect(found({}).due).toBe(good.results.length);
    expect(good.results.length).toBeGreaterThanOrEqual(strategy === 'parallel' ? 8 : 4);
  });

  test('a lost result is missing', () => {
    expect(found({ results: others }).missing).toHaveLength(1);
  });

  test('a slot that was run by two agents is there twice', () => {
    expect(found({ results: [...good.results, { ...first!, agentId: 'another' }] }).twice).toHaveLength(1);
  });

  test('a gap is told beside its missing result', () => {
    const gaps = [{ checkId: CHECK, dueAtMs: first!.dueAtMs, locationOwed: first!.locationOwed, reason: 'overloaded' }];
    expect(found({ results: others, gaps })).toMatchObject({ missing: [expect.any(String)], gaps: [expect.stringContaining('overloaded')] });
  });

  test('a result after the end of the schedule, or between two slots, was owed by nobody', () => {
    const after = aRun(first!.dueAtMs + 50_000, first!.locationOwed);
    const between = aRun(first!.dueAtMs + 1, first!.locationOwed);
    expect(found({ results: [...good.results, after, between] }).unowed).toHaveLength(2);
  });

  test('a run under another id is told', () => {
    expect(found({ results: [{ ...first!, runId: first!.checkId }, ...others] }).wrongIds).toHaveLength(1);
  });

  test('surplus, earlier attempts and runs outside the schedule do not fill a slot', () => {
    for (const changes of [{ isSurplus: true }, { isFinal: false }, { trigger: 'deploy' }]) {
      expect(found({ results: [{ ...first!, ...changes }, ...others] }).missing).toHaveLength(1);
    }
  });
});

test('a round-robin turn that the other location ran is missing from one and unowed by the other', () => {
  const good = aGoodMinute('round_robin');
  const [first, ...others] = good.results;
  const found = completenessOf({ ...good, results: [aRun(first!.dueAtMs, ORDER.find((id) => id !== first!.locationOwed)!), ...others] }, ACCOUNT, WINDOW);
  expect(found.missing).toHaveLength(1);
  expect(found.unowed).toHaveLength(1);
});

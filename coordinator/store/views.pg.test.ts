import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aStore, type AStore } from './testing/a-store.ts';
import { aResultRow, aWorld, NOON, type World } from './testing/rows.ts';

describe('what surrounds a run', () => {
  let at: AStore;
  let world: World;
  beforeAll(async () => { at = await aStore(); world = await aWorld(at.store); });
  afterAll(() => at?.end());

  it('is its attempts in order, the same slot elsewhere, and the runs of the schedule before and after', async () => {
    const final = aResultRow(world, { dueAtMs: NOON, attempt: 2, isFinal: true });
    const rows = [
      final,
      aResultRow(world, { ...final.result, attempt: 1, isFinal: false, outcome: 'failed', failure: { phase: 'connect', code: 'ECONNREFUSED', message: 'refused' } }),
      aResultRow(world, { dueAtMs: NOON }),
      aResultRow(world, { dueAtMs: NOON - 60_000 }), aResultRow(world, { dueAtMs: NOON - 30_000, trigger: 'manual' }),
      aResultRow(world, { dueAtMs: NOON + 120_000 }), aResultRow(world, { dueAtMs: NOON + 60_000 }),
    ];
    await at.store.ingest(rows);
    const around = await at.store.aroundResult(world.accountId, world.checkId, final.result.runId);
    expect(around?.attempts.map(({ attempt, isFinal, failureCode }) => [attempt, isFinal, failureCode])).toEqual([[1, false, 'ECONNREFUSED'], [2, true, null]]);
    expect(around?.slot.map(({ runId }) => runId)).toEqual([rows[2]!.result.runId]);
    expect([around?.previous?.dueAtMs, around?.next?.dueAtMs]).toEqual([NOON - 60_000, NOON + 60_000]);
    expect(await at.store.aroundResult(world.accountId, world.checkId, world.checkId)).toBeNull();
  });

  it('a check that was never judged stands at no data, without alerts', async () => {
    expect(await at.store.readStanding(world.accountId, world.checkId, { fromMs: 0, alertsMax: 10 })).toEqual({ status: 'noData', sinceMs: null, alerts: [] });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aStore, type AStore } from './testing/a-store.ts';
import { aResultRow, aWorld, gapOf, type World } from './testing/rows.ts';

describe('a run that gets a result and a gap', () => {
  let at: AStore;
  let world: World;

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
  });
  afterAll(() => at?.end());

  const gapsOf = async (runId: string) => (await at.client.query('select reason, agent_id from gaps where run_id = $1', [runId])).rows;
  const resultsOf = async (runId: string) => (await at.client.query('select attempt, is_surplus, replaced_gap from results where run_id = $1 order by attempt', [runId])).rows;

  it('tells of a late result which gap it replaced, and nothing of one that was in time', async () => {
    const [late, inTime] = [aResultRow(world), aResultRow(world)];
    await at.store.ingest([gapOf(world, late.result)]);
    await at.store.ingest([late, inTime]);
    expect([await gapsOf(late.result.runId), await resultsOf(late.result.runId)]).toEqual([[], [{ attempt: 1, is_surplus: false, replaced_gap: 'agent_lost' }]]);
    expect(await resultsOf(inTime.result.runId)).toEqual([{ attempt: 1, is_surplus: false, replaced_gap: null }]);
  });

  it('keeps its gap while only an attempt has come that a retry was to follow, and closes without its final one', async () => {
    const first = aResultRow(world, { isFinal: false, outcome: 'failed' });
    const last = aResultRow(world, { ...first.result, attempt: 2, isFinal: true, trigger: 'retry' });
    await at.store.ingest([first]);
    expect(await at.store.ingest([{ ...gapOf(world, first.result), agentId: null }])).toEqual({ inserted: 1, duplicates: 0 });
    expect(await gapsOf(first.result.runId)).toEqual([{ reason: 'agent_lost', agent_id: null }]);
    await at.store.ingest([last]);
    expect(await gapsOf(first.result.runId)).toEqual([]);
    expect((await resultsOf(first.result.runId)).map(({ replaced_gap }) => replaced_gap)).toEqual([null, 'agent_lost']);
  });

  it('keeps its gap when the result is surplus', async () => {
    const row = { ...aResultRow(world), isSurplus: true };
    await at.store.ingest([row]);
    await at.store.ingest([gapOf(world, row.result)]);
    await at.store.ingest([row]);
    expect(await gapsOf(row.result.runId)).toHaveLength(1);
  });

  it('keeps the end that came first when two agents each brought one to an end, the other as surplus', async () => {
    const one = aResultRow(world);
    const failed = aResultRow(world, { ...one.result, isFinal: false, outcome: 'failed' });
    const other = aResultRow(world, { ...one.result, attempt: 2, isFinal: true, trigger: 'retry' });
    await at.store.ingest([one]);
    expect(await at.store.ingest([failed, other])).toEqual({ inserted: 1, duplicates: 1 });
    expect((await resultsOf(one.result.runId)).map(({ attempt, is_surplus }) => [attempt, is_surplus])).toEqual([[1, false], [2, true]]);
  });

  it('is settled by a final result or a gap, and by nothing less', async () => {
    const [done, gone, started, given, silent] = Array.from({ length: 5 }, () => aResultRow(world));
    await at.store.ingest([done!, { ...started!, result: { ...started!.result, isFinal: false } }, { ...given!, isSurplus: true }, gapOf(world, gone!.result)]);
    const runs = [done, gone, started, given, silent].map((row) => ({
      accountId: world.accountId, checkId: world.checkId, locationId: world.locationId, dueAtMs: row!.result.dueAtMs, runId: row!.result.runId,
    }));
    expect(await at.store.findUnsettled(runs)).toEqual(runs.slice(2).map((run) => ({ ...run, wasRejected: false })));
    expect(await at.store.findUnsettled([])).toEqual([]);
  });
});

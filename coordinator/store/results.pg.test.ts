import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultFilter } from '../api/ports.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aReport, aResultRow, aWorld, NOON, type World } from './testing/rows.ts';

describe('stored results', () => {
  let at: AStore;
  let world: World;

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
    // Two days, two runs a slot, so that pages end inside a slot.
    const rows = Array.from({ length: 60 }, (_, index) => aResultRow(world, { dueAtMs: NOON + Math.floor(index / 2) * 3_600_000 }));
    await at.store.ingest(rows);
  });
  afterAll(() => at?.end());

  const list = (filter: Partial<ResultFilter>) => at.store.listResults(world.accountId, { checkId: world.checkId, limit: 100, ...filter });
  async function throughPages(limit: number, meanwhile: () => Promise<unknown>): Promise<readonly string[]> {
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await list({ limit, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.entries.map(({ runId }) => runId));
      if (page.nextCursor === null) return seen;
      cursor = page.nextCursor;
      await meanwhile();
    }
  }

  it('come newest first, and each once through pages of any size while newer ones arrive', async () => {
    const all = (await list({})).entries;
    expect(all.map(({ dueAtMs }) => dueAtMs)).toEqual(all.map(({ dueAtMs }) => dueAtMs).toSorted((a, b) => b - a));
    const seen = await throughPages(7, () => at.store.ingest([aResultRow(world, { dueAtMs: NOON + 90 * 86_400_000 })]));
    expect(seen).toEqual(all.map(({ runId }) => runId));
  });

  it('come by numbered pages, too', async () => {
    const all = (await list({})).entries.map(({ runId }) => runId);
    const second = await list({ limit: 25, page: 2 });
    expect(second.entries.map(({ runId }) => runId)).toEqual(all.slice(25, 50));
  });

  it('end without a cursor when the last page is full', async () => {
    const all = (await list({})).entries;
    expect((await list({ limit: all.length })).nextCursor).toBeNull();
  });

  it('answer a cursor that was never given with a sentence', async () => {
    await expect(list({ cursor: 'bm9wZQ' })).rejects.toThrow('this cursor was not given');
  });

  it('are narrowed by time, outcome, failure, trigger, place and kind of attempt', async () => {
    const day = NOON + 400 * 86_400_000;
    const failure = { phase: 'connect', code: 'ECONNREFUSED', message: 'refused' } as const;
    const first = aResultRow(world, { dueAtMs: day, attempt: 1, isFinal: false, outcome: 'failed', failure });
    const rows = [
      first,
      aResultRow(world, { ...first.result, attempt: 2, isFinal: true }),
      aResultRow(world, { dueAtMs: day + 1, outcome: 'degraded', trigger: 'manual' }),
      aResultRow(world, { dueAtMs: day + 2, outcome: 'agent_fault' }),
    ];
    await at.store.ingest(rows);
    const since = async (filter: Partial<ResultFilter>) => (await list({ fromMs: day, ...filter })).entries.map(({ dueAtMs, attempt }) => `${dueAtMs - day}/${attempt}`);
    expect(await since({})).toEqual(['2/1', '1/1', '0/2']);
    expect(await since({ resultType: 'ALL' })).toEqual(['2/1', '1/1', '0/2', '0/1']);
    expect(await since({ resultType: 'ATTEMPT' })).toEqual(['0/1']);
    expect(await since({ toMs: day + 1 })).toEqual(['0/2']);
    expect(await since({ hasFailures: true })).toEqual(['0/2']);
    expect(await since({ hasFailures: false })).toEqual(['2/1', '1/1']);
    expect(await since({ outcome: 'degraded' })).toEqual(['1/1']);
    expect(await since({ trigger: 'manual' })).toEqual(['1/1']);
    expect(await since({ locationCode: 'local-1' })).toHaveLength(3);
    expect(await since({ locationCode: 'mars' })).toEqual([]);
  });

  it('give a check its status: the newest slot with a verdict, the worst of its locations, no shots', async () => {
    const now = Date.now();
    const checkId = randomUUID();
    const { check } = (await at.store.getCheck(world.accountId, world.checkId))!;
    await at.store.createCheck(world.accountId, checkId, check, null);
    const statusOf = async () => (await at.store.listCheckStatuses(world.accountId, [checkId]))[0]!;
    expect(await statusOf()).toMatchObject({ checkId, last: null });
    expect(await at.store.listRunExtremes(world.accountId, [checkId])).toEqual(new Map());

    const row = (changes: Parameters<typeof aResultRow>[1]) => aResultRow({ ...world, checkId }, changes);
    const failed = row({ dueAtMs: now - 2_000, outcome: 'failed', report: aReport({ timings: { ...aReport().timings, totalUs: 2_500 } }) });
    await at.store.ingest([
      row({ dueAtMs: now - 60_000 }), row({ dueAtMs: now - 2_000 }), failed, row({ dueAtMs: now - 2_000, outcome: 'degraded' }),
      row({ dueAtMs: now - 1_500, outcome: 'agent_fault' }), row({ dueAtMs: now - 1_000, trigger: 'manual' }), { ...row({ dueAtMs: now - 500 }), isSurplus: true },
    ]);
    expect(await statusOf()).toMatchObject({
      last: { runId: failed.result.runId, dueAtMs: now - 2_000, locationCode: 'local-1', outcome: 'failed' },
    });
    expect(await at.store.listRunExtremes(world.accountId, [checkId])).toEqual(new Map([[checkId, { longestMs: 2.5, shortestMs: 0.675 }]]));
    expect((await at.store.listCheckStatuses(world.accountId, null)).map((status) => status.checkId)).toEqual([world.checkId, checkId]);
  });

  it('have the status of a check from what the judge noted, until rows come that it has not seen, and a new name at once', async () => {
    const checkId = randomUUID();
    const { check } = (await at.store.getCheck(world.accountId, world.checkId))!;
    await at.store.createCheck(world.accountId, checkId, check, null);
    const statusOf = async () => (await at.store.listCheckStatuses(world.accountId, [checkId]))[0]!;
    const judged = async (dueAtMs: number, outcome: string) => {
      const runId = randomUUID();
      const head = { lastVerdictMs: dueAtMs, evidence: { dueAtMs, run: { runId, outcome, executedIn: world.locationId } }, locations: {} };
      await at.client.query(`update check_states set status = 'passing', head = $2, updated_at = clock_timestamp() where check_id = $1`, [checkId, JSON.stringify(head)]);
      await at.client.query('delete from judge_marks where check_id = $1', [checkId]);
      return { runId, dueAtMs, locationCode: 'local-1', outcome };
    };
    const now = Date.now();
    for (const [behindMs, outcome] of [[3_000, 'passed'], [2_000, 'degraded']] as const) {
      const last = await judged(now - behindMs, outcome);
      expect([await statusOf(), await statusOf()]).toMatchObject([{ last, status: 'passing' }, { last, status: 'passing' }]);
    }
    const row = aResultRow({ ...world, checkId }, { dueAtMs: now - 1_000, outcome: 'failed' });
    await at.store.ingest([row]);
    expect(await statusOf()).toMatchObject({ last: { runId: row.result.runId, outcome: 'failed' }, status: 'passing' });
    const last = await judged(now - 1_000, 'failed');
    await at.store.replaceCheck(world.accountId, checkId, { ...check, name: 'renamed' }, null);
    await at.client.query('delete from judge_marks where check_id = $1', [checkId]);
    expect(await statusOf()).toMatchObject({ name: 'renamed', last });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aStore, type AStore } from '#coordinator/store/testing/a-store.ts';
import { aResultRow, aWorld } from '#coordinator/store/testing/rows.ts';
import type { Context } from '../context.ts';
import { createOutput } from '../output.ts';
import { rebuildRollups, type RebuildFlags } from './rollups.ts';

const DAY_MS = 86_400_000;
const YESTERDAY = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;

describe('sonde rollups rebuild', () => {
  let at: AStore;
  beforeAll(async () => { at = await aStore(); });
  afterAll(() => at?.end());

  async function rebuild(flags: RebuildFlags): Promise<{ code: number; answer: Record<string, unknown> }> {
    let out = '';
    const output = createOutput({ json: true, env: {}, stdout: { write: (text) => { out += text; } }, stderr: { write: () => {} } });
    const never = new AbortController().signal;
    const code = await rebuildRollups({ env: { DATABASE_URL: at.database.url }, output, stop: never, force: never } satisfies Context, flags);
    return { code, answer: JSON.parse(out) };
  }

  it('computes the days asked for and no others, from the rows', async () => {
    const world = await aWorld(at.store);
    await at.store.ingest([aResultRow(world, { dueAtMs: YESTERDAY }), aResultRow(world, { dueAtMs: YESTERDAY - 3 * DAY_MS })]);
    await at.client.query('delete from rollup_marks');
    const days = async () => (await at.client.query('select extract(epoch from at)::float8 * 1000 as at from rollups_daily order by at')).rows.map((row) => row.at);
    expect(await rebuild({ from: new Date(YESTERDAY).toISOString() })).toMatchObject({ code: 0, answer: { isWhole: true, days: 2, hourlyRows: 1, dailyRows: 1 } });
    expect(await days()).toEqual([YESTERDAY]);
    expect(await rebuild({})).toMatchObject({ code: 0, answer: { isWhole: true, hourlyRows: 2 } });
    expect(await days()).toEqual([YESTERDAY - 3 * DAY_MS, YESTERDAY]);
    await expect(rebuild({ to: '2020-01-01' })).rejects.toThrow('results are kept since then');
  });
});

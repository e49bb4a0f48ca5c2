import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { weekOf } from '../analytics/reading-plan.ts';
import { Janitor } from '../pipeline/janitor.ts';
import { anotherAccount } from './testing/another-account.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { QUIET } from './testing/quiet.ts';
import { aResultRow, aWorld, gapOf, type World } from './testing/rows.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const daysAgo = (days: number): number => Math.floor(NOW / DAY_MS) * DAY_MS - days * DAY_MS + DAY_MS / 2;

describe('retention', () => {
  let at: AStore;
  let mine: World;
  let frugal: string;

  beforeAll(async () => {
    at = await aStore();
    mine = await aWorld(at.store);
    frugal = await anotherAccount(at.database.superUrl, { hash: new Uint8Array(32).fill(9), scopes: [] });
    for (const days of [1, 5, 12]) {
      for (const accountId of [mine.accountId, frugal]) {
        const row = { ...aResultRow(mine, { dueAtMs: daysAgo(days) }), accountId };
        await at.store.ingest([row, { ...gapOf(mine, aResultRow(mine, { dueAtMs: daysAgo(days) }).result), accountId }]);
      }
    }
    while ((await at.store.rollUpMarked()).marks > 0);
    await at.client.query('insert into retention (account_id, raw_days, hourly_days, daily_days) values ($1, 2, 3, 4)', [frugal]);
  });
  afterAll(() => at?.end());

  const kept = async (table: string, accountId: string): Promise<readonly number[]> => (await at.client.query<{ days: number }>(
    `select distinct floor(extract(epoch from $2::timestamptz - ${table.startsWith('rollups') ? 'at' : 'due_at'}) / 86400)::int as days from ${table} where account_id = $1 order by 1`,
    [accountId, new Date(daysAgo(0) + DAY_MS / 4)],
  )).rows.map(({ days }) => days);

  const weeks = async (accountId: string): Promise<readonly number[]> => (await at.client.query<{ at: Date }>('select distinct at from rollups_check_weekly where account_id = $1 order by 1', [accountId])).rows.map((row) => row.at.getTime());

  it('drops days that nobody keeps, and deletes rows of accounts that keep less, and nothing else', async () => {
    const clock = new FakeClock(NOW);
    const janitor = new Janitor({ store: at.store, clock, log: QUIET, holder: 'me', days: { raw: 10, hourly: 400, daily: 800 } });
    const isDone = janitor.tidy();
    let isTidy = false;
    void isDone.then(() => { isTidy = true; });
    while (!isTidy) { await clock.advance(1_000); await at.client.query('select 1'); }
    await isDone;
    expect([await kept('results', mine.accountId), await kept('gaps', mine.accountId)]).toEqual([[1, 5], [1, 5]]);
    expect([await kept('results', frugal), await kept('gaps', frugal)]).toEqual([[1], [1]]);
    expect([(await kept('rollups_hourly', mine.accountId)).length, (await kept('rollups_daily', mine.accountId)).length]).toEqual([3, 3]);
    expect([(await kept('rollups_hourly', frugal)).length, (await kept('rollups_daily', frugal)).length]).toEqual([1, 1]);
    // A week is kept as long as its last day is.
    const weeksWith = (lastsUntil: number): readonly number[] => [...new Set([12, 5, 1].map((days) => weekOf(daysAgo(days))))].filter((weekMs) => weekMs + 6 * DAY_MS >= lastsUntil);
    expect([await weeks(mine.accountId), await weeks(frugal)]).toEqual([weeksWith(0), weeksWith(daysAgo(4) - DAY_MS / 2)]);
    const { rows: [table] } = await at.client.query('select to_regclass($1) as gone', [`results_${new Date(daysAgo(12)).toISOString().slice(0, 10).replaceAll('-', '')}`]);
    expect(table.gone).toBeNull();
  });

  it('has the days ahead ready before anybody needs them', async () => {
    const ahead = `results_${new Date(NOW + 3 * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
    expect((await at.client.query('select to_regclass($1) is not null as there', [ahead])).rows).toEqual([{ there: true }]);
  });
});

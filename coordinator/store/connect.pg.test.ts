import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectPool, inTransaction } from './connect.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { QUIET } from './testing/quiet.ts';

let at: AStore;
let pool: Pool;

beforeAll(async () => {
  at = await aStore();
  pool = connectPool({ databaseUrl: at.database.url, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 5_000, log: QUIET });
});
afterAll(async () => {
  await pool?.end();
  await at?.end();
});

it('a transaction that Postgres rolled back is never taken for a committed one, though nobody passed its error on', async () => {
  const committed = inTransaction(pool, 'begin', async (client) => {
    await client.query(`insert into leases (name, holder, token, expires_at) values ('kept?', 'a', 1, now())`);
    await client.query('select 1 / 0').catch(() => {});
  });
  await expect(committed).rejects.toThrow('nothing of it was committed');
  expect((await at.client.query(`select from leases where name = 'kept?'`)).rowCount).toBe(0);
});

import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIdOf } from '#shared/check/run-id.ts';
import { aDatabase, type ADatabase } from '../testing/a-database.ts';
import { aStore, type AStore } from '../testing/a-store.ts';
import { QUIET } from '../testing/quiet.ts';
import { aResultRow, aWorld, gapOf, type World } from '../testing/rows.ts';
import { backUp } from './back-up.ts';
import { restore } from './restore.ts';

const NOW = Date.now();
/** What moves on by being restored. */
const MOVES = new Set(['agents', 'sessions', 'coordinators', 'leases', 'config_state', 'restores']);

describe('a backup', () => {
  let at: AStore;
  let world: World;
  let empty: ADatabase;
  const folder = mkdtempSync(join(tmpdir(), 'sonde-backup-'));
  const dir = join(folder, 'one');

  beforeAll(async () => {
    [at, empty] = await Promise.all([aStore(), aDatabase({ template: 'empty' })]);
    world = await aWorld(at.store);
    await at.store.migrate();
    await at.store.ingest([aResultRow(world, { dueAtMs: NOW }), aResultRow(world, { dueAtMs: NOW - 90_000_000, outcome: 'failed' }), gapOf(world, { runId: randomUUID(), dueAtMs: NOW - 1_000 })]);
    while ((await at.store.rollUpMarked()).marks > 0);
    await at.store.openSession({ agentId: world.agentId, instanceId: randomUUID(), name: 'a', locationId: world.locationId, version: '1', capacity: 1 });
    await at.client.query(`insert into audit_log (account_id, actor_kind, actor_id, actor_name, action, address, status, details) values ($1, 'user', '', 'Me', 'POST /', '', 201, '{"a":1}')`, [world.accountId]);
    const { rows: [channel] } = await at.client.query(`insert into alert_channels (account_id, type, config) values ($1, 'EMAIL', '{}') returning id`, [world.accountId]);
    const { rows: [notice] } = await at.client.query(`insert into notices (account_id, id, kind, payload) values ($1, gen_random_uuid(), 'failure', '{}') returning id`, [world.accountId]);
    await at.client.query(`insert into notice_deliveries (account_id, id, notice_id, channel_id, channel_type, channel_name, alert_config) values ($1, gen_random_uuid(), $2, $3, 'EMAIL', 'ops', '{}')`, [world.accountId, notice.id, channel.id]);
    await at.client.query('update closing_state set closed_through = $1', [new Date(NOW - 60_000)]);
    await backUp(at.database.url, dir);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await at?.end();
    await empty?.drop();
  });

  async function onEmpty<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ connectionString: empty.url });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  const restoring = (changes: Partial<Parameters<typeof restore>[0]> = {}) => restore({ databaseUrl: empty.url, dir, isReplacing: false, log: QUIET, ...changes });

  it('put back into an empty database is the same, row by row, and goes on from there', async () => {
    const { manifest, requeuedDeliveries, fromMs, toMs } = await restoring();
    expect(manifest.tables.length).toBeGreaterThan(30);
    const told = async (client: Client, table: string): Promise<unknown> => (await client.query(`select md5(string_agg(t::text, '|' order by t::text)) as sum, count(*) as rows from ${table} t`)).rows[0];
    await onEmpty(async (client) => {
      for (const { name } of manifest.tables) if (!MOVES.has(name)) expect([name, await told(client, name)]).toEqual([name, await told(at.client, name)]);
      expect((await client.query('select generation, (select count(*) from sessions where closed_at is null) as live from agents')).rows).toEqual([{ generation: 100_001, live: '0' }]);
      expect([requeuedDeliveries, (await client.query('select count(*)::integer as n from graphile_worker.jobs')).rows[0].n]).toEqual([1, 1]);
      const { rows: [next] } = await client.query(`insert into alert_channels (account_id, type, config) values ($1, 'EMAIL', '{}') returning id`, [world.accountId]);
      expect(next.id).toBeGreaterThan((await at.client.query('select max(id) as id from alert_channels')).rows[0].id);
      await expect(client.query('delete from audit_log')).rejects.toThrow();
    });
    expect([Math.round(fromMs), toMs > NOW]).toEqual([NOW - 60_000, true]);
  });

  it('is put over what is there only when that is said, and then alone is there', async () => {
    await expect(restoring()).rejects.toThrow('the database is not empty: it has 1 accounts and 1 checks; give an empty one, or --replace');
    await onEmpty((client) => client.query(`insert into accounts (id, name) values (gen_random_uuid(), 'later')`));
    await restoring({ isReplacing: true });
    expect(await onEmpty(async (client) => (await client.query('select name from accounts')).rows)).toEqual([{ name: 'first' }]);
  });

  it('is refused while a coordinator runs, and leaves the database as it is', async () => {
    const coordinator = new Client({ connectionString: empty.url, application_name: 'sonde coordinator' });
    await coordinator.connect();
    await expect(restoring({ isReplacing: true })).rejects.toThrow('a coordinator is using this database; stop all of them first');
    await coordinator.end();
  });

  it('is not taken when a byte of it is another one, or the manifest is missing', async () => {
    const other = join(folder, 'other');
    const manifest = await backUp(at.database.url, other);
    appendFileSync(join(other, manifest.tables.find(({ name }) => name === 'checks')!.file), 'x');
    await expect(restoring({ dir: other, isReplacing: true })).rejects.toThrow('checks.copy.gz is not what was written: its checksum is another one');
    await expect(restoring({ dir: folder })).rejects.toThrow('is no backup, or one that was broken off');
    await expect(backUp(at.database.url, other)).rejects.toThrow('is not empty; give a new directory');
    expect(JSON.parse(await readFile(join(other, 'manifest.json'), 'utf8')).format).toBe(1);
  });

  it('leaves a span whose slots without a result are closed as restored', async () => {
    const ofSlot = (dueAtMs: number) => ({ accountId: world.accountId, checkId: world.checkId, locationId: world.locationId, dueAtMs, runId: runIdOf({ ...world, dueAtMs }) });
    await at.client.query(`insert into restores (from_at, to_at, taken_at) values ($1, $2, $1)`, [new Date(NOW - 60_000), new Date(NOW)]);
    expect((await at.store.findUnsettled([NOW - 61_000, NOW - 60_000, NOW - 1_001, NOW + 1].map(ofSlot))).map(({ wasRestored = false }) => wasRestored)).toEqual([false, true, true, false]);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCheck } from '#shared/testing/builders.ts';
import { TENANT_ROLE } from './provision.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aResultRow, aWorld, gapOf, NOON, type World } from './testing/rows.ts';

const ROWS_OF_ALERTING = [
  `insert into account_settings (account_id) values ($1)`,
  `insert into check_groups (account_id, name, definition) values ($1, 'Group', '{}')`,
  `insert into alert_channels (account_id, type, config) values ($1, 'EMAIL', '{}')`,
  `insert into alert_subscriptions (account_id, channel_id, group_id) select $1, max(alert_channels.id), max(check_groups.id) from alert_channels, check_groups`,
  `insert into status_pages (account_id, slug, title) values ($1, 'status-of-' || $1::uuid::text, 'Status')`,
  `insert into maintenance_windows (account_id, name, definition) values ($1, 'Sunday', '{}')`,
  `insert into maintenance_window_versions (account_id, window_id, from_at, definition) values ($1, 1, now(), '{}')`,
  `insert into variables (account_id, key, sealed, is_secret) values ($1, 'KEY', '', true)`,
  `insert into notices (account_id, id, kind, payload) values ($1, gen_random_uuid(), 'failure', '{}')`,
  `insert into notice_deliveries (account_id, id, notice_id, channel_id, channel_type, channel_name) select $1, gen_random_uuid(), id, 1, 'EMAIL', 'ops' from notices`,
  `insert into channel_health (account_id, channel_id) select $1, max(id) from alert_channels`,
];
const ROWS_OF_ROLLUPS = [
  ...['rollups_hourly', 'rollups_daily'].map((table) => `insert into ${table} (account_id, check_id, location_id, at, passed, degraded, failed, agent_faults, egress_denied, impaired, established, over_max, attempts, gaps)
    values ($1, gen_random_uuid(), gen_random_uuid(), '2026-11-22', 1, 0, 0, 0, 0, 0, 1, 0, 1, 0)`),
  ...['rollups_check_daily', 'rollups_check_weekly'].map((table) => `insert into ${table} (account_id, check_id, at, passed, degraded, failed, agent_faults, egress_denied, impaired, established, over_max, attempts, gaps)
    values ($1, gen_random_uuid(), '2026-11-22', 1, 0, 0, 0, 0, 0, 1, 0, 1, 0)`),
  `insert into usage_hourly (account_id, at, check_type, pool, kind, runs, degraded, failed, over_max) values ($1, now(), 'TCP', 'runs', 'scheduled', 1, 0, 0, 0)`,
  `insert into counter_totals (account_id, check_id, location_id, passed, degraded, failed, retries) select $1, id, gen_random_uuid(), 1, 0, 0, 0 from checks where account_id = $1`,
  `insert into usage_external (account_id, day, source, check_type, pool, runs) values ($1, '2026-11-22', 'other', 'API', 'runs', 1)`,
  `insert into usage_quotas (account_id, pool, runs_per_month, policy, warn_at_percent) values ($1, 'runs', 1, 'continue', 80)`,
  `insert into retention (account_id, raw_days, hourly_days, daily_days) values ($1, 7, 30, 30)`,
  `insert into judge_marks (account_id, check_id) select $1, id from checks where account_id = $1`,
  `insert into alerts (account_id, id, check_id, kind, opened_at) select $1, gen_random_uuid(), id, 'failure', now() from checks where account_id = $1`,
  `insert into location_outages (account_id, id, location_id, kind, from_at, told_at) select $1, gen_random_uuid(), id, 'empty', now(), now() from locations where account_id = $1`,
];

const ROWS_OF_USERS = [
  `with u as (insert into users (id, email, name) values (gen_random_uuid(), 'me@example.com', 'Me') returning id) insert into memberships (account_id, user_id, role) select $1, id, 'owner' from u`,
  `insert into user_sessions (account_id, id, user_id, token_hash, address, user_agent, expires_at) select $1, gen_random_uuid(), user_id, '', '', '', now() + interval '1 day' from memberships`,
  `insert into invitations (account_id, id, email, role, token_hash, invited_by, expires_at) values ($1, gen_random_uuid(), 'you@example.com', 'viewer', '', 'Me', now())`,
  `insert into audit_log (account_id, actor_kind, actor_id, actor_name, action, address, status, details) values ($1, 'user', '', 'Me', 'POST /', '', 201, '{}')`,
];

describe('one account and another', () => {
  let at: AStore;
  let mine: World;
  const stranger = randomUUID();

  beforeAll(async () => {
    at = await aStore();
    mine = await aWorld(at.store);
    await at.client.query(`insert into accounts (id, name) values ($1, 'stranger')`, [stranger]);
    // A row of mine in every table that has an account.
    await at.client.query(`insert into locations (id, code, name, kind, account_id, config_revision) values (gen_random_uuid(), 'dc-1', 'Mine', 'private', $1, 1)`, [mine.accountId]);
    await at.store.createCheck(mine.accountId, randomUUID(), aCheck(), randomUUID());
    await at.store.recordShot({ accountId: mine.accountId, runId: randomUUID(), checkId: mine.checkId, checkRevision: 1, locationId: mine.locationId, trigger: 'manual', orderedAtMs: NOON });
    await at.store.ingest([aResultRow(mine), gapOf(mine, { runId: randomUUID(), dueAtMs: NOON })]);
    for (const statement of [...ROWS_OF_ALERTING, ...ROWS_OF_ROLLUPS, ...ROWS_OF_USERS]) await at.client.query(statement, [mine.accountId]);
  });
  afterAll(() => at?.end());

  async function tenantTables(): Promise<readonly string[]> {
    const { rows } = await at.client.query<{ table_name: string }>(`
      select c.table_name from information_schema.columns c
      join pg_class on pg_class.oid = format('%I.%I', c.table_schema, c.table_name)::regclass
      where c.table_schema = 'public' and c.column_name = 'account_id' and not pg_class.relispartition and pg_class.relkind in ('r', 'p') order by 1`);
    return rows.map((row) => row.table_name);
  }

  /** As the store does it for the API. */
  async function asAccount<T>(accountId: string, work: () => Promise<T>): Promise<T> {
    await at.client.query('begin');
    try {
      await at.client.query(`select set_config('role', $1, true), set_config('sonde.account_id', $2, true)`, [TENANT_ROLE, accountId]);
      return await work();
    } finally {
      await at.client.query('rollback');
    }
  }

  const countOf = async (table: string): Promise<number> => Number((await at.client.query(`select count(*) as n from ${table} where account_id is not null`)).rows[0].n);

  it('do not see each other in any table that has an account', async () => {
    const tables = await tenantTables();
    expect(tables).toEqual(expect.arrayContaining(['api_keys', 'check_revisions', 'checks', 'gaps', 'idempotency_keys', 'locations', 'results', 'schedule_epochs', 'shots']));
    for (const table of tables) {
      expect([table, await countOf(table) > 0]).toEqual([table, true]);
      expect([table, await asAccount(mine.accountId, () => countOf(table))]).toEqual([table, await countOf(table)]);
      expect([table, await asAccount(stranger, () => countOf(table))]).toEqual([table, 0]);
      expect([table, await asAccount('', () => countOf(table))]).toEqual([table, 0]);
    }
  });

  it('have row-level security on every table of the schema that is not the migrator’s or a partition', async () => {
    const { rows } = await at.client.query(`
      select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and not relrowsecurity and relname not like 'kysely%' order by 1`);
    expect(rows.map((row) => row.relname)).toEqual(['config_state']);
  });

  it('cannot reach a partition around its table', async () => {
    await expect(asAccount(mine.accountId, () => at.client.query('select * from results_20261122'))).rejects.toThrow('permission denied');
  });

  it('cannot write for each other', async () => {
    await expect(asAccount(stranger, () => at.client.query(
      `insert into check_revisions (account_id, check_id, revision, definition) values ($1, $2, 9, '{}')`, [mine.accountId, mine.checkId],
    ))).rejects.toThrow('row-level security');
  });

  it('get nothing through the store with the other’s ids', async () => {
    expect(await at.store.getCheck(stranger, mine.checkId)).toBeNull();
    expect(await at.store.replaceCheck(stranger, mine.checkId, aCheck(), null)).toBe('not_found');
    expect(await at.store.deleteCheck(stranger, mine.checkId)).toBe(false);
    expect((await at.store.listChecks(stranger, { limit: 9, page: 1 })).total).toBe(0);
    expect((await at.store.listResults(stranger, { checkId: mine.checkId, limit: 9 })).entries).toEqual([]);
    expect(await at.store.listCheckStatuses(stranger, [mine.checkId])).toEqual([]);
    expect((await at.store.listLocations(stranger)).map(({ code }) => code)).toEqual(['local-1']);
    expect((await at.store.listLocations(mine.accountId)).map(({ code }) => code)).toEqual(['local-1', 'dc-1']);
  });

  it('see agents of public locations and of their own', async () => {
    const [publicOne, privateOne] = await at.store.listLocations(mine.accountId);
    for (const [index, location] of [publicOne!, privateOne!].entries()) {
      await at.store.openSession({ agentId: randomUUID(), instanceId: randomUUID(), name: `agent-${index}`, locationId: location.id, version: '1', capacity: 64 });
    }
    expect((await at.store.listAgents(mine.accountId)).map(({ name }) => name).sort()).toEqual(['agent-0', 'agent-1']);
    expect((await at.store.listAgents(stranger)).map(({ name }) => name)).toEqual(['agent-0']);
  });
});

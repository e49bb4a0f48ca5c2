/** Meters runs from the rows, wherever ingest left a mark, and reads what was metered or posted. */
import { sql, type Transaction } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import type { UsageStore } from '../api/usage-port.ts';
import type { MeterStore } from '../pipeline/meter-port.ts';
import { quotaNotices } from '../usage/quota-notice.ts';
import { DEFAULT_POOL, monthOf, type Quota, type QuotaPolicy, type RunKind } from '../usage/usage.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import { encodeArrays } from './binary-arrays.ts';
import { inTransaction, type Db } from './connect.ts';
import { enqueueNotices } from './outbox.ts';
import type { Partitions } from './partitions.ts';
import { HOUR_MS } from './rollup-marks.ts';
import type { Database } from './schema.ts';
import { USAGE_MARK_COLUMNS, type UsageMark } from './usage-marks.ts';

/** Any number: whoever meters does it alone, lease or no lease. */
const METER_LOCK = 5_068_135;
/** Transactions of ingest whose marks are worked off at once. */
const MARKS_MAX = 20_000;

export type UsageDeps = { readonly db: Db; readonly pool: Pool; readonly partitions: Partitions; readonly rawDays: number };

export function usageStore({ db, pool, partitions, rawDays }: UsageDeps): UsageStore & Pick<MeterStore, 'meterMarked'> {
  return {
    meterMarked: () => inTransaction(pool, `begin; set local jit = off; set local statement_timeout = '5min'; select pg_advisory_xact_lock(${METER_LOCK})`, async (client) => {
      const { rows } = await client.query<{ account_id: string; at: number }>(
        `with taken as (delete from usage_marks where id in (select id from usage_marks order by id limit $1) returning account_id, at) select distinct account_id, at from taken`, [MARKS_MAX]);
      const marks = rows.map(({ account_id, at }) => ({ accountId: account_id, atMs: at }));
      if (marks.length > 0) await meter(client, marks, rawDays);
      return { hours: marks.length, accountIds: [...new Set(marks.map(({ accountId }) => accountId))] };
    }),

    readUsage: (accountId, { fromMs, toMs, unit }) => readAsAccount(db, accountId, async (trx) => {
      const [from, to] = [new Date(fromMs), new Date(toMs)];
      const { rows } = await sql<UsageRow>`
        select date_trunc(${unit}, at, 'UTC') as at, null as source, check_type, pool, kind, sum(runs)::bigint as runs, sum(degraded)::bigint as degraded, sum(failed)::bigint as failed, sum(over_max)::bigint as over_max
        from usage_hourly where account_id = ${accountId} and at >= ${from} and at < ${to} group by 1, 3, 4, 5
        union all
        select day::timestamp at time zone 'UTC', source, check_type, pool, 'external', runs, 0, 0, 0
        from usage_external where account_id = ${accountId} and day >= (${from}::timestamptz at time zone 'UTC')::date and day::timestamp at time zone 'UTC' < ${to}
        order by 1, 2 nulls first, 3, 4, 5`.execute(trx);
      return rows.map((row) => ({
        atMs: row.at, source: row.source, checkType: row.check_type, pool: row.pool, kind: row.kind, runs: row.runs, degraded: row.degraded, failed: row.failed, overMax: row.over_max,
      }));
    }),

    putExternalUsage: (accountId, entries) => asAccount(db, accountId, async (trx) => {
      // Of two numbers for the same day in one post the later counts.
      const last = new Map(entries.map((entry) => [JSON.stringify([entry.date, entry.source, entry.checkType, entry.pool]), entry]));
      await trx.insertInto('usage_external').values([...last.values()].map((entry) => ({
        account_id: accountId, day: entry.date, source: entry.source, check_type: entry.checkType, pool: entry.pool, runs: entry.runs,
      }))).onConflict((conflict) => conflict.columns(['account_id', 'day', 'source', 'check_type', 'pool']).doUpdateSet({ runs: (eb) => eb.ref('excluded.runs'), posted_at: new Date() })).execute();
    }),

    readQuotas: (accountId) => readAsAccount(db, accountId, (trx) => quotasOf(trx, accountId)),

    setQuota: (accountId, pool_, quota) => asAccount(db, accountId, async (trx) => {
      if (quota === null) {
        await trx.deleteFrom('usage_quotas').where('account_id', '=', accountId).where('pool', '=', pool_).execute();
        return;
      }
      const row = { runs_per_month: quota.runsPerMonth, policy: quota.policy, warn_at_percent: quota.warnAtPercent, updated_at: new Date() };
      await trx.insertInto('usage_quotas').values({ account_id: accountId, pool: pool_, ...row })
        .onConflict((conflict) => conflict.columns(['account_id', 'pool']).doUpdateSet(row)).execute();
    }),

    async tellQuotas(accountIds, defaultQuota, nowMs) {
      const month = monthOf(nowMs);
      for (const accountId of accountIds) {
        await db.transaction().execute(async (trx) => {
          const quotas = new Map(await quotasOf(trx, accountId));
          if (defaultQuota && !quotas.has(DEFAULT_POOL)) quotas.set(DEFAULT_POOL, defaultQuota);
          for (const [of, quota] of quotas) {
            const used = await usedOf(trx, { accountId, pool: of, ...month });
            await enqueueNotices(trx, quotaNotices({ accountId, pool: of, quota, used, nowMs }));
          }
        });
      }
    },
  };

  /** Counts the hours anew, those whose rows are all still there (retention takes whole days). */
  async function meter(client: PoolClient, marks: readonly UsageMark[], keptDays: number): Promise<void> {
    await partitions.ensureDays(marks.map(({ atMs }) => atMs));
    const times = marks.map(({ atMs }) => atMs);
    await client.query({ text: METER.replace('RAW_DAYS', String(keptDays)), values: [...encodeArrays(USAGE_MARK_COLUMNS, marks), new Date(Math.min(...times)), new Date(Math.max(...times) + HOUR_MS)] });
  }
}

type UsageRow = { at: number; source: string | null; check_type: string; pool: string; kind: RunKind; runs: number; degraded: number; failed: number; over_max: number };

/** rules.md 24: each stored attempt of a scheduled, manual or deploy run, but what an agent's own trouble or policy kept from being one (rules.md 6). */
const METER = `
  with cells as materialized (
    select given.* from unnest($1::uuid[], $2::timestamptz[]) as given (account_id, at)
    where at >= date_trunc('day', now(), 'UTC') - make_interval(days => coalesce((select raw_days from retention where retention.account_id = given.account_id), RAW_DAYS))
  ), computed as (
    select cells.account_id, cells.at, run.kind, count(*)::integer as runs, (count(*) filter (where outcome = 'degraded'))::integer as degraded,
      (count(*) filter (where outcome = 'failed'))::integer as failed, (count(*) filter (where over_max_response_time))::integer as over_max
    from cells cross join lateral (
      select case when r.attempt > 1 or r.trigger = 'retry' then 'retry' when r.trigger = 'schedule' then 'scheduled' else r.trigger end as kind, outcome, over_max_response_time
      from results r where r.account_id = cells.account_id and r.due_at >= cells.at and r.due_at < cells.at + interval '1 hour' and r.due_at >= $3 and r.due_at < $4
        and r.trigger in ('schedule', 'retry', 'manual', 'deploy') and not r.is_surplus and r.outcome not in ('agent_fault', 'egress_denied') offset 0) run
    group by 1, 2, 3
  ), gone as (
    delete from usage_hourly u using cells where u.account_id = cells.account_id and u.at = cells.at
      and not exists (select from computed c where c.account_id = u.account_id and c.at = u.at and c.kind = u.kind)
  )
  insert into usage_hourly (account_id, at, check_type, pool, kind, runs, degraded, failed, over_max)
  select account_id, at, 'TCP', '${DEFAULT_POOL}', kind, runs, degraded, failed, over_max from computed
  on conflict (account_id, at, check_type, pool, kind) do update set runs = excluded.runs, degraded = excluded.degraded, failed = excluded.failed, over_max = excluded.over_max`;

async function quotasOf(trx: Transaction<Database>, accountId: string): Promise<ReadonlyMap<string, Quota>> {
  const rows = await trx.selectFrom('usage_quotas').selectAll().where('account_id', '=', accountId).execute();
  return new Map(rows.map((row) => [row.pool, { runsPerMonth: row.runs_per_month, policy: row.policy as QuotaPolicy, warnAtPercent: row.warn_at_percent }]));
}

async function usedOf(trx: Transaction<Database>, { accountId, pool, fromMs, toMs }: { readonly accountId: string; readonly pool: string; readonly fromMs: number; readonly toMs: number }): Promise<number> {
  const [from, to] = [new Date(fromMs), new Date(toMs)];
  const { rows: [row] } = await sql<{ used: number }>`
    select (coalesce((select sum(runs) from usage_hourly where account_id = ${accountId} and pool = ${pool} and at >= ${from} and at < ${to}), 0)
      + coalesce((select sum(runs) from usage_external where account_id = ${accountId} and pool = ${pool}
        and day >= (${from}::timestamptz at time zone 'UTC')::date and day < (${to}::timestamptz at time zone 'UTC')::date), 0))::bigint as used`.execute(trx);
  return row?.used ?? 0;
}

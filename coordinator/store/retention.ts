/** How long things are kept: whole partitions go when nobody keeps them, rows of accounts that keep less go before. */
import type { Pool } from 'pg';
import type { RetentionStore } from '../pipeline/retention-port.ts';
import { inTransaction } from './connect.ts';
import { DAY_MS, PARTITIONED_TABLES, periodOf, type Partitions } from './partitions.ts';

/** Rows of one deletion: a fraction of a second. */
const ROWS_MAX = 5_000;
const LOCK_NOT_AVAILABLE = '55P03';

/** `through`: how many days after the day of its instant a row is still of. It goes when the last of them does. */
const KEYS = {
  results: { at: 'due_at', key: 'account_id, due_at, run_id, attempt', days: 'raw_days', through: 0 },
  gaps: { at: 'due_at', key: 'account_id, due_at, run_id', days: 'raw_days', through: 0 },
  rollups_hourly: { at: 'at', key: 'account_id, check_id, at, location_id', days: 'hourly_days', through: 0 },
  rollups_daily: { at: 'at', key: 'account_id, check_id, at, location_id', days: 'daily_days', through: 0 },
  rollups_check_daily: { at: 'at', key: 'account_id, check_id, at', days: 'daily_days', through: 0 },
  rollups_check_weekly: { at: 'at', key: 'account_id, check_id, at', days: 'daily_days', through: 6 },
} as const;

export function retentionStore(pool: Pool, partitions: Partitions): Pick<RetentionStore, 'dropPartitions' | 'deleteExpired'> {
  return {
    async dropPartitions(days, nowMs) {
      const todayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
      const kept = { raw_days: days.raw, hourly_days: days.hourly, daily_days: days.daily };
      const keptFromMs: Readonly<Record<string, number>> = Object.fromEntries(Object.entries(KEYS).map(([table, { days: of, through }]) => [table, todayMs - (kept[of] + through) * DAY_MS]));
      const { rows } = await pool.query<{ name: string }>(`
        select child.relname as name from pg_inherits join pg_class child on child.oid = inhrelid
        where inhparent = any($1::regclass[]) order by 1`, [PARTITIONED_TABLES.map(({ name }) => name)]);
      const dropped: string[] = [];
      for (const { name } of rows) {
        const period = periodOf(name);
        if (period === null || period.toMs > keptFromMs[period.table]!) continue;
        if (await drop(pool, name)) dropped.push(name);
      }
      if (dropped.length > 0) partitions.forget();
      return dropped;
    },

    async deleteExpired(nowMs) {
      const today = new Date(Math.floor(nowMs / DAY_MS) * DAY_MS);
      for (const [table, { at, key, days, through }] of Object.entries(KEYS)) {
        const { rowCount } = await pool.query(`
          delete from ${table} where (${key}) in (
            select ${key.split(', ').map((column) => `t.${column}`).join(', ')} from retention
            join lateral (select ${key} from ${table} where ${table}.account_id = retention.account_id and ${at} < $1::timestamptz - make_interval(days => ${days} + ${through}) limit ${ROWS_MAX}) t on true
            limit ${ROWS_MAX}
          ) and ${at} < $1`, [today]);
        if (rowCount) return rowCount;
      }
      return 0;
    },
  };
}

/** Whoever reads or writes it has it for the moment; waiting for it would make everybody behind us wait, too. */
async function drop(pool: Pool, partition: string): Promise<boolean> {
  try {
    await inTransaction(pool, `begin; set local lock_timeout = '2s'`, (client) => client.query(`drop table ${partition}`));
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}

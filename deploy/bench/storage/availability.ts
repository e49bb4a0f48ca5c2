/** The availability of many checks over the whole past, by plain SQL over rows and over rollups. */
import type { Pool } from 'pg';
import type { Past } from './generate.ts';

/** Rounded so that both ways to add it up tell the same. */
export async function availabilityBy(pool: Pool, source: 'rows' | 'rollups', { accountId, checkIds, fromMs, toMs }: Pick<Past, 'accountId' | 'checkIds' | 'fromMs' | 'toMs'>): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{ check_id: string; up: string; judged: string }>(source === 'rows' ? OF_ROWS : OF_ROLLUPS, [accountId, checkIds, new Date(fromMs), new Date(toMs)]);
  return new Map(rows.map((row) => [row.check_id, `${row.up}/${row.judged}`]));
}

const OF_ROWS = `
  select check_id, count(*) filter (where outcome <> 'failed') as up, count(*) as judged from results
  where account_id = $1 and check_id = any($2::uuid[]) and due_at >= $3 and due_at < $4 and is_final and not is_surplus and trigger in ('schedule', 'retry') and outcome in ('passed', 'degraded', 'failed')
    and not exists (select from impaired_windows i where i.location_id = results.location_executed and i.agent_id = results.agent_id and due_at between i.from_at and coalesce(i.to_at, 'infinity'))
  group by check_id`;

/** Nothing is due after the past, as nothing is after now: its last day so far is the whole of that day. */
const OF_ROLLUPS = `
  select check_id, sum(passed + degraded) as up, sum(passed + degraded + failed) as judged from rollups_check_daily
  where account_id = $1 and check_id = any($2::uuid[]) and at >= $3 and at < $4 group by check_id`;

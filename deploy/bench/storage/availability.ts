/** The availability of many checks over the whole past: by plain SQL over rows and over rollups, and as the API reads it, with all else that it tells of them. */
import type { Pool } from 'pg';
import { planReading, WEEK_MS, weekOf } from '#coordinator/analytics/reading-plan.ts';
import type { Past } from './generate.ts';

type Question = Pick<Past, 'store' | 'accountId' | 'checkIds' | 'fromMs' | 'toMs'>;
/** By check, `up/judged`. */
type Availability = ReadonlyMap<string, string>;

export const WAYS = {
  rows: ofRows,
  rollups: ofRollups,
  api: ofApi,
} as const satisfies Record<string, (pool: Pool, question: Question) => Promise<Availability>>;

async function ofRows(pool: Pool, { accountId, checkIds, fromMs, toMs }: Question): Promise<Availability> {
  return availabilityOf(await pool.query<Row>(OF_ROWS, [accountId, checkIds, new Date(fromMs), new Date(toMs)]));
}

/** Nothing is due after the past, as nothing is after now: its last week so far is the whole of that week. */
async function ofRollups(pool: Pool, { accountId, checkIds, fromMs, toMs }: Question): Promise<Availability> {
  const mondayMs = weekOf(fromMs - 1) + WEEK_MS;
  return availabilityOf(await pool.query<Row>(OF_ROLLUPS, [accountId, checkIds, new Date(fromMs), new Date(mondayMs), new Date(toMs)]));
}

type Row = { readonly check_id: string; readonly up: string; readonly judged: string };

function availabilityOf({ rows }: { readonly rows: readonly Row[] }): Availability {
  return new Map(rows.map((row) => [row.check_id, `${row.up}/${row.judged}`]));
}

async function ofApi(_pool: Pool, { store, accountId, checkIds, fromMs, toMs }: Question): Promise<Availability> {
  const { segments } = planReading({ fromMs, toMs, cut: { kind: 'whole' }, mustReadRows: false, nowMs: toMs - 1 });
  const pieces = await store.readPieces(accountId, { checkIds, segments, cut: { kind: 'whole' }, byLocation: false, times: 'none' });
  return new Map(pieces.flatMap(({ checkId, tally: { passed, degraded, failed } }) => (passed + degraded + failed === 0 ? [] : [[checkId, `${passed + degraded}/${passed + degraded + failed}`] as const])));
}

const OF_ROWS = `
  select check_id, count(*) filter (where outcome <> 'failed') as up, count(*) as judged from results
  where account_id = $1 and check_id = any($2::uuid[]) and due_at >= $3 and due_at < $4 and is_final and not is_surplus and trigger in ('schedule', 'retry') and outcome in ('passed', 'degraded', 'failed')
    and not exists (select from impaired_windows i where i.location_id = results.location_executed and i.agent_id = results.agent_id and due_at between i.from_at and coalesce(i.to_at, 'infinity'))
  group by check_id`;

const OF_ROLLUPS = `
  select check_id, sum(passed + degraded) as up, sum(passed + degraded + failed) as judged from (
    select check_id, passed, degraded, failed from rollups_check_daily where account_id = $1 and check_id = any($2::uuid[]) and at >= $3 and at < $4
    union all select check_id, passed, degraded, failed from rollups_check_weekly where account_id = $1 and check_id = any($2::uuid[]) and at >= $4 and at < $5
  ) cells group by check_id`;

/** Weeks of checks from their days. */
import type { PoolClient } from 'pg';
import { mergePacked } from '../analytics/gathered-times.ts';
import { WEEK_MS, weekOf } from '../analytics/reading-plan.ts';
import { encodeArrays, type ArrayColumn } from './binary-arrays.ts';
import type { MarkedHour } from './rollup-marks.ts';
import { CHECK_WEEKS, COUNTS, REASONS, reasonsOf, ROLLUPS, SUMS } from './rollup-sql.ts';

/** Weeks in one statement. */
const WEEKS_MAX = 4_000;

type Week = Readonly<Record<(typeof COUNTS)[number], number>> & {
  readonly account_id: string; readonly check_id: string; readonly at: number; readonly corrected_at: number | null; readonly reasons: string | null; readonly total: Buffer | null;
};
const KEY_COLUMNS: readonly ArrayColumn<MarkedHour>[] = [
  { type: 'uuid', of: ({ accountId }) => accountId }, { type: 'uuid', of: ({ checkId }) => checkId }, { type: 'timestamptz', of: ({ atMs }) => atMs },
];
const COLUMNS: readonly (ArrayColumn<Week> & { readonly name: string })[] = [
  ...(['account_id', 'check_id'] as const).map((name) => ({ name, type: 'uuid' as const, of: (week: Week) => week[name] })),
  ...(['at', 'corrected_at'] as const).map((name) => ({ name, type: 'timestamptz' as const, of: (week: Week) => week[name] })),
  ...COUNTS.map((name) => ({ name, type: 'int4' as const, of: (week: Week) => week[name] })),
  { name: 'gap_reasons', type: 'json', of: ({ reasons }) => reasonsOf(reasons) },
  { name: 'total', type: 'bytea', of: ({ total }) => total && mergePacked(total) },
];
const NAMES = COLUMNS.map(({ name }) => name).join(', ');

/** The weeks around these days, each check's once. */
export function weeksOf(days: readonly MarkedHour[]): readonly MarkedHour[] {
  return [...new Map(days.map((day) => [`${day.accountId} ${day.checkId} ${weekOf(day.atMs)}`, { ...day, atMs: weekOf(day.atMs) }])).values()];
}

/** Puts what the days say in the place of what was there; weeks without a day go. */
export async function computeWeeks(client: PoolClient, weeks: readonly MarkedHour[]): Promise<void> {
  for (let from = 0; from < weeks.length; from += WEEKS_MAX) await computeSome(client, weeks.slice(from, from + WEEKS_MAX));
}

/** Every check that has a day in this week, or had one. */
export async function computeWholeWeek(client: PoolClient, weekMs: number): Promise<void> {
  const { rows } = await client.query<{ account_id: string; check_id: string }>(`
    select account_id, check_id from ${ROLLUPS.checkDays.table} where at >= $1 and at < $2 union select account_id, check_id from ${CHECK_WEEKS} where at = $1`, [new Date(weekMs), new Date(weekMs + WEEK_MS)]);
  await computeWeeks(client, rows.map((row) => ({ accountId: row.account_id, checkId: row.check_id, atMs: weekMs })));
}

async function computeSome(client: PoolClient, weeks: readonly MarkedHour[]): Promise<void> {
  const times = weeks.map(({ atMs }) => atMs);
  const given = 'unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as given (account_id, check_id, at)';
  const values = [...encodeArrays(KEY_COLUMNS, weeks), new Date(Math.min(...times)), new Date(Math.max(...times) + WEEK_MS)];
  const { rows } = await client.query<Week>({
    text: `select d.account_id, d.check_id, given.at as at, max(d.corrected_at) as corrected_at, ${SUMS}, ${REASONS}, string_agg(total, ''::bytea) as total
      from ${given}
      join ${ROLLUPS.checkDays.table} d on d.account_id = given.account_id and d.check_id = given.check_id and d.at >= given.at and d.at < given.at + interval '7 days' and d.at >= $4 and d.at < $5
      group by 1, 2, 3 order by 1, 2, 3`,
    values,
  });
  await client.query({
    text: `with given as (select * from ${given}),
      computed as (select ${NAMES.replace('gap_reasons', 'gap_reasons::jsonb')} from unnest(${COLUMNS.map(({ type }, index) => `$${index + 6}::${type}[]`).join(', ')}) as one (${NAMES})),
      gone as (
        delete from ${CHECK_WEEKS} old using given where old.account_id = given.account_id and old.check_id = given.check_id and old.at = given.at and old.at between $4 and $5
          and not exists (select from computed where computed.account_id = old.account_id and computed.check_id = old.check_id and computed.at = old.at)
      )
      insert into ${CHECK_WEEKS} (${NAMES}) select ${NAMES} from computed
      on conflict (account_id, check_id, at) do update set ${COLUMNS.slice(3).map(({ name }) => `${name} = excluded.${name}`).join(', ')}`,
    values: [...values, ...encodeArrays(COLUMNS, rows)],
  });
}

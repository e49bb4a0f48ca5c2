/** The sums that counters go on from: days are added once they are over, so that a scrape reads a few days and never the history. */
import type { Pool, PoolClient } from 'pg';
import { mergePacked } from '../analytics/gathered-times.ts';
import type { MeterStore } from '../pipeline/meter-port.ts';
import { encodeArrays, type ArrayColumn } from './binary-arrays.ts';
import { inTransaction } from './connect.ts';

const DAY_MS = 86_400_000;
/** Checks in their locations in one statement. */
const ROWS_MAX = 2_000;

type TotalRow = { account_id: string; check_id: string; location_id: string; passed: number; degraded: number; failed: number; retries: number; sketches: Buffer | null };
const COLUMNS: readonly (ArrayColumn<TotalRow> & { readonly name: string })[] = [
  ...(['account_id', 'check_id', 'location_id'] as const).map((name) => ({ name, type: 'uuid' as const, of: (row: TotalRow) => row[name] })),
  ...(['passed', 'degraded', 'failed', 'retries'] as const).map((name) => ({ name, type: 'int8' as const, of: (row: TotalRow) => row[name] })),
  { name: 'sketches', type: 'bytea', of: (row) => row.sketches },
];

export function counterStore(pool: Pool): Pick<MeterStore, 'foldCounters'> {
  return {
    foldCounters: (beforeMs) => inTransaction(pool, `begin isolation level repeatable read; set local statement_timeout = '5min'`, async (client) => {
      const { rows: [state] } = await client.query<{ through: number; next: number | null }>(
        `select through, (select min(at) from rollups_daily where at >= through) as next from counter_state for update of counter_state`);
      if (!state || state.next === null || state.next + DAY_MS > beforeMs) return false;
      for (let skip = 0, read = ROWS_MAX; read === ROWS_MAX; skip += ROWS_MAX) read = await foldSome(client, state.next, skip);
      await client.query('update counter_state set through = $1', [new Date(state.next + DAY_MS)]);
      return true;
    }),
  };
}

/** The next rows of a day, each with what is known of it. */
async function foldSome(client: PoolClient, dayMs: number, skip: number): Promise<number> {
  const { rows } = await client.query<TotalRow>({
    text: `select d.account_id, d.check_id, d.location_id, d.passed + coalesce(t.passed, 0) as passed, d.degraded + coalesce(t.degraded, 0) as degraded, d.failed + coalesce(t.failed, 0) as failed,
        d.attempts - d.passed - d.degraded - d.failed - d.agent_faults - d.egress_denied - d.impaired + coalesce(t.retries, 0) as retries,
        coalesce(t.sketches, '') || coalesce(d.total, '') || coalesce(d.phases, '') as sketches
      from rollups_daily d left join counter_totals t using (account_id, check_id, location_id)
      where d.at = $1 order by d.account_id, d.check_id, d.location_id limit $2 offset $3`,
    values: [new Date(dayMs), ROWS_MAX, skip],
  });
  if (rows.length === 0) return 0;
  const names = COLUMNS.map(({ name }) => name);
  await client.query({
    text: `insert into counter_totals (${names.join(', ')}) select * from unnest(${COLUMNS.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ')})
      on conflict (account_id, check_id, location_id) do update set ${names.slice(3).map((name) => `${name} = excluded.${name}`).join(', ')}`,
    values: [...encodeArrays(COLUMNS, rows.map((row) => ({ ...row, sketches: row.sketches && mergePacked(row.sketches) })))],
  });
  return rows.length;
}

/** What a check looks like now. */
import { sql } from 'kysely';
import type { Outcome } from '#shared/run/result.ts';
import type { ApiStore, CheckStatus, JudgedStatus } from '../api/ports.ts';
import { statusOf, type LocationState } from '../verdict/check-state.ts';
import { asAccount, readAsAccount, readInIndexOrder } from './account-scope.ts';
import type { Db } from './connect.ts';

type StatusRow = {
  id: string; name: string; revision: number; created_at: number; updated_at: number;
  run_id: string | null; due_at: number | null; code: string | null; outcome: Outcome | null;
  status: JudgedStatus | null; since_at: number | null; seen_from: Readonly<Record<string, LocationState>> | null;
};

/**
 * `last` is of the newest slot with a verdict; of a parallel slot the worst.
 * Shots stay outside state (rules.md 7), agent faults and denials are no verdict (rules.md 6).
 */
export function statusStore(db: Db): Pick<ApiStore, 'listCheckStatuses' | 'listRunExtremes'> {
  return {
    listCheckStatuses: (accountId, checkIds) => (checkIds?.length === 0 ? Promise.resolve([]) : asAccount(db, accountId, async (trx) => {
      await readInIndexOrder(trx);
      const chosen = checkIds === null ? sql`true` : sql`checks.id = any(${[...checkIds]}::uuid[])`;
      const { rows } = await sql<StatusRow>`
        select checks.id, checks.name, checks.revision, checks.created_at, checks.updated_at,
          last.run_id, last.due_at, locations.code, last.outcome,
          states.status, states.since_at, states.head -> 'locations' as seen_from
        from checks
        left join check_states states on states.account_id = checks.account_id and states.check_id = checks.id
        left join lateral (
          select run_id, due_at, outcome, location_executed from results
          where results.check_id = checks.id and results.account_id = checks.account_id
            and is_final and not is_surplus and trigger in ('schedule', 'retry') and outcome in ('passed', 'degraded', 'failed')
            -- The judge has seen a verdict by then: whatever is older needs no look, nor do the days before.
            and due_at >= coalesce(to_timestamp((states.head ->> 'lastVerdictMs')::float8 / 1000), '-infinity')
          order by due_at desc, case outcome when 'failed' then 0 when 'degraded' then 1 else 2 end, run_id desc
          limit 1
        ) last on true
        left join locations on locations.id = last.location_executed
        where checks.account_id = ${accountId} and checks.deleted_at is null and ${chosen}
        order by checks.created_at, checks.id`.execute(trx);
      const codes = new Map((await trx.selectFrom('locations').select(['id', 'code']).execute()).map(({ id, code }) => [id, code]));
      return rows.map((row) => toStatus(row, codes));
    })),

    listRunExtremes: (accountId, checkIds) => (checkIds?.length === 0 ? Promise.resolve(new Map()) : readAsAccount(db, accountId, async (trx) => {
      const { rows } = await sql<{ check_id: string; longest_us: number; shortest_us: number }>`
        select check_id, max(total_us) as longest_us, min(total_us) as shortest_us from results
        where account_id = ${accountId} and ${checkIds === null ? sql`true` : sql`check_id = any(${[...checkIds]}::uuid[])`} and is_final and not is_surplus
          and due_at >= now() - interval '24 hours' and outcome in ('passed', 'degraded', 'failed') group by check_id`.execute(trx);
      return new Map(rows.map((row) => [row.check_id, { longestMs: row.longest_us / 1000, shortestMs: row.shortest_us / 1000 }]));
    })),
  };
}

function toStatus(row: StatusRow, codes: ReadonlyMap<string, string>): CheckStatus {
  const last = row.run_id === null || row.due_at === null || row.outcome === null ? null
    : { runId: row.run_id, dueAtMs: row.due_at, locationCode: row.code ?? '', outcome: row.outcome };
  return {
    checkId: row.id, name: row.name, revision: row.revision, createdAtMs: Math.trunc(row.created_at), updatedAtMs: Math.trunc(row.updated_at), last,
    status: row.status ?? 'noData', sinceMs: row.since_at,
    locations: Object.entries(row.seen_from ?? {}).flatMap(([id, state]) => {
      const code = codes.get(id);
      return code === undefined ? [] : [{ code, ...statusOf(state) }];
    }).sort((a, b) => (a.code < b.code ? -1 : 1)),
  };
}

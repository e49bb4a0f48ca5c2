/** What surrounds one run, and how a check stands. */
import { sql, type Transaction } from 'kysely';
import type { Outcome, Trigger } from '#shared/run/result.ts';
import type { Neighbour, ViewStore } from '../api/views-port.ts';
import { IN_INDEX_ORDER, readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

type Row = {
  run_id: string; attempt: number; is_final: boolean; outcome: Outcome; trigger: Trigger; due_at: number; code: string | null; location_owed: string; total_us: number; failure_code: string | null;
};

/** Locations of one slot that are shown; a parallel check has fewer. */
const SLOT_MAX = 200;

export function viewStore(db: Db): ViewStore {
  return {
    aroundResult: (accountId, checkId, runId) => readAsAccount(db, accountId, async (trx) => {
      const of = { accountId, checkId };
      const attempts = await neighbours(trx, of, sql`run_id = ${runId}`, sql`due_at desc, run_id desc, attempt desc`, SLOT_MAX);
      const [last] = attempts;
      if (last === undefined) return null;
      const at = sql`${new Date(last.due_at)}::timestamptz`;
      const sameSchedule = sql`is_final and trigger in ('schedule', 'retry') and location_owed = ${last.location_owed}`;
      const slot = await neighbours(trx, of, sql`is_final and due_at = ${at} and run_id <> ${runId} and trigger in ('schedule', 'retry')`, sql`due_at desc, run_id desc, attempt desc`, SLOT_MAX);
      const [previous] = await neighbours(trx, of, sql`due_at < ${at} and ${sameSchedule}`, sql`due_at desc, run_id desc, attempt desc`, 1);
      const [next] = await neighbours(trx, of, sql`due_at > ${at} and ${sameSchedule}`, sql`due_at, run_id, attempt`, 1);
      return { attempts: attempts.map(toNeighbour).reverse(), slot: slot.map(toNeighbour).sort(byCode), previous: previous ? toNeighbour(previous) : null, next: next ? toNeighbour(next) : null };
    }, IN_INDEX_ORDER),

    readStanding: (accountId, checkId, { fromMs, alertsMax }) => readAsAccount(db, accountId, async (trx) => {
      const state = await trx.selectFrom('check_states').select(['status', 'since_at']).where('account_id', '=', accountId).where('check_id', '=', checkId).executeTakeFirst();
      const alerts = await trx.selectFrom('alerts').select(['id', 'kind', 'since_at', 'opened_at', 'closed_at', 'ending'])
        .where('account_id', '=', accountId).where('check_id', '=', checkId)
        .where((eb) => eb.or([eb('closed_at', 'is', null), eb('closed_at', '>=', sql<number>`${new Date(fromMs)}::timestamptz`)]))
        .orderBy('opened_at', 'desc').limit(alertsMax).execute();
      return {
        status: state?.status ?? 'noData', sinceMs: state?.since_at ?? null,
        alerts: alerts.map((alert) => ({ id: alert.id, kind: alert.kind, sinceMs: alert.since_at, openedAtMs: alert.opened_at, closedAtMs: alert.closed_at, ending: alert.ending })),
      };
    }),
  };
}

type Piece = ReturnType<typeof sql>;

async function neighbours(trx: Transaction<Database>, of: { readonly accountId: string; readonly checkId: string }, where: Piece, order: Piece, limit: number): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select found.*, locations.code from (
      select run_id, attempt, is_final, outcome, trigger, due_at, location_owed, location_executed, total_us, failure_code from results
      where account_id = ${of.accountId} and check_id = ${of.checkId} and not is_surplus and ${where}
      order by ${order} limit ${limit}
    ) found left join locations on locations.id = found.location_executed`.execute(trx);
  return rows;
}

function toNeighbour(row: Row): Neighbour {
  return {
    runId: row.run_id, attempt: row.attempt, isFinal: row.is_final, outcome: row.outcome, trigger: row.trigger, dueAtMs: row.due_at,
    locationCode: row.code ?? '', totalUs: Number(row.total_us), failureCode: row.failure_code,
  };
}

function byCode(one: Neighbour, other: Neighbour): number {
  return one.locationCode < other.locationCode ? -1 : 1;
}

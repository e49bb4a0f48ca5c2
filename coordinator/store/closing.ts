/** What closing slots reads and keeps: how far it has come, and which runs nothing is known of. */
import { sql, type Transaction } from 'kysely';
import { GOODBYE_MATTERS_FOR_MS, hadSaidGoodbye, type SessionSpan } from '../fleet/had-said-goodbye.ts';
import type { ClosingStore, LeaseStore, OwedRun } from '../pipeline/closing-port.ts';
import type { Db } from './connect.ts';
import { isCurrent } from './leases.ts';
import type { Database } from './schema.ts';

type Rejection = { location_id: string; check_id: string; opened_at: number; closed_at: number | null };

export function closingStore(db: Db): Omit<ClosingStore, keyof LeaseStore> {
  return {
    async closedThroughMs() {
      return Math.floor((await db.selectFrom('closing_state').select('closed_through').executeTakeFirstOrThrow()).closed_through);
    },

    async moveClosedThrough(lease, dueMs) {
      const { numAffectedRows } = await sql`
        update closing_state set closed_through = greatest(closed_through, ${new Date(dueMs)}::timestamptz)
        where ${isCurrent(lease)}`.execute(db);
      return numAffectedRows === 1n;
    },

    async findUnsettled(runs) {
      if (runs.length === 0) return [];
      return db.transaction().setAccessMode('read only').execute(async (trx) => {
        const unsettled = await unsettledOf(trx, runs);
        if (unsettled.length === 0) return [];
        const fromMs = Math.min(...unsettled.map(({ dueAtMs }) => dueAtMs));
        const rejections = await rejectionsSince(trx, fromMs);
        const restores = await restoresSince(trx, fromMs);
        const sessions = await sessionsWithGoodbyes(trx, [...new Set(unsettled.map(({ locationId }) => locationId))], { fromMs, toMs: Math.max(...unsettled.map(({ dueAtMs }) => dueAtMs)) });
        return unsettled.map((run) => ({
          ...run, wasRejected: rejections.some((rejection) => isOf(rejection, run)),
          ...(restores.some(({ from_at, to_at }) => run.dueAtMs >= from_at && run.dueAtMs < to_at) ? { wasRestored: true } : {}),
          ...(hadSaidGoodbye(sessions.get(run.locationId) ?? [], run.dueAtMs) ? { wasStopped: true } : {}),
        }));
      });
    },

    async listReplacedDefinitions(sinceMs) {
      const since = new Date(sinceMs);
      const rows = await db.selectFrom((from) => from.selectFrom('check_revisions')
        .innerJoin('checks', (join) => join.onRef('checks.account_id', '=', 'check_revisions.account_id').onRef('checks.id', '=', 'check_revisions.check_id'))
        .where('checks.updated_at', '>=', sql<number>`${since}::timestamptz`)
        .select(['check_revisions.check_id', 'check_revisions.definition',
          sql<number | null>`lead(check_revisions.created_at) over (partition by check_revisions.check_id order by check_revisions.revision)`.as('replaced_at')])
        .as('revisions'))
        .select(['check_id', 'definition']).where('replaced_at', '>=', sql<number>`${since}::timestamptz`).execute();
      return rows.map((row) => ({ checkId: row.check_id, definition: row.definition }));
    },
  };
}

/**
 * An anti-join by the keys: nothing of a settled run leaves Postgres, and nothing is locked. As a subquery with a
 * limit, which stays one look in the index a run: as `not exists` Postgres may compare each run with each row of the
 * span, for want of statistics of a new day.
 */
async function unsettledOf<Run extends OwedRun>(trx: Transaction<Database>, runs: readonly Run[]): Promise<readonly Run[]> {
  await sql`select set_config('enable_seqscan', 'off', true)`.execute(trx);
  const dues = runs.map(({ dueAtMs }) => dueAtMs);
  const span = sql`between ${new Date(Math.min(...dues))}::timestamptz and ${new Date(Math.max(...dues))}::timestamptz`;
  const { rows } = await sql<{ n: number }>`
    select n from unnest(
      ${runs.map(({ accountId }) => accountId)}::uuid[], ${dues.map((dueAtMs) => new Date(dueAtMs).toISOString())}::timestamptz[], ${runs.map(({ runId }) => runId)}::uuid[]
    ) with ordinality as given (account_id, due_at, run_id, n)
    where (
      select true from results r where r.account_id = given.account_id and r.due_at = given.due_at and r.run_id = given.run_id
        and r.due_at ${span} and r.is_final and not r.is_surplus limit 1
    ) is null and (
      select true from gaps g where g.account_id = given.account_id and g.due_at = given.due_at and g.run_id = given.run_id and g.due_at ${span} limit 1
    ) is null
    order by n`.execute(trx);
  return rows.map(({ n }) => runs[n - 1]!);
}

/** Checks that agents refused, of sessions that lived after `sinceMs`; there are few. */
async function rejectionsSince(trx: Transaction<Database>, sinceMs: number): Promise<readonly Rejection[]> {
  const { rows } = await sql<Rejection>`
    select location_id, lower(rejection ->> 'checkId') as check_id, opened_at, closed_at
    from sessions, json_array_elements(rejected) as rejection
    where (closed_at is null or closed_at >= ${new Date(sinceMs)}::timestamptz) and json_array_length(rejected) > 0`.execute(trx);
  return rows;
}

/** Spans of which results may have been lost, because a backup was put back; there are few. */
async function restoresSince(trx: Transaction<Database>, sinceMs: number): Promise<readonly { readonly from_at: number; readonly to_at: number }[]> {
  return trx.selectFrom('restores').select(['from_at', 'to_at']).where('to_at', '>=', sql<number>`${new Date(sinceMs)}::timestamptz`).execute();
}

/** Sessions of those locations where one said goodbye, by location: only there they matter. */
async function sessionsWithGoodbyes(
  trx: Transaction<Database>, locationIds: readonly string[], { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<ReadonlyMap<string, readonly SessionSpan[]>> {
  const sinceMs = fromMs - GOODBYE_MATTERS_FOR_MS;
  const { rows } = await sql<{ location_id: string; opened_at: number; closed_at: number | null; last_slot_ms: number | null }>`
    with stopped as (select distinct location_id from sessions where location_id = any(${locationIds}::uuid[]) and last_slot_ms >= ${sinceMs} and last_slot_ms < ${toMs})
    select location_id, opened_at, closed_at, last_slot_ms from sessions join stopped using (location_id)
    where opened_at <= ${new Date(toMs)}::timestamptz and (closed_at is null or closed_at >= ${new Date(sinceMs)}::timestamptz)`.execute(trx);
  return Map.groupBy(rows.map((row) => ({ locationId: row.location_id, openedAtMs: row.opened_at, closedAtMs: row.closed_at, lastSlotMs: row.last_slot_ms })), ({ locationId }) => locationId);
}

function isOf(rejection: Rejection, run: OwedRun): boolean {
  return rejection.location_id === run.locationId && rejection.check_id === run.checkId.toLowerCase()
    && rejection.opened_at <= run.dueAtMs && (rejection.closed_at === null || rejection.closed_at >= run.dueAtMs);
}

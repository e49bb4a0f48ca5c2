/** What people see of alerts, and what they say about one. The judge alone opens them and tells of them. */
import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { AlertAction, AlertFilter, AlertKind, AlertRecord, AlertStore } from '../api/alerts-port.ts';
import type { Notice } from '../alerting/notice.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;

export function alertStore(db: Db): AlertStore {
  return {
    listAlerts: (accountId, filter) => readAsAccount(db, accountId, async (trx) => {
      const which = matching(accountId, filter);
      const { rows } = await read(which, sql`order by a.closed_at is not null, a.opened_at desc, a.id limit ${filter.limit} offset ${(filter.page - 1) * filter.limit}`).execute(trx);
      const { rows: [all] } = await sql<{ total: number }>`select count(*) as total from alerts a where ${which}`.execute(trx);
      return { entries: rows.map(toRecord), total: all?.total ?? 0 };
    }),

    getAlert: (accountId, id) => readAsAccount(db, accountId, (trx) => readOne(trx, accountId, id)),

    changeAlert: (accountId, id, action) => asAccount(db, accountId, async (trx) => {
      const { rows: [changed] } = await sql<{ id: string }>`
        update alerts set ${change(action)} where account_id = ${accountId} and id = ${id} and closed_at is null returning id`.execute(trx);
      const record = await readOne(trx, accountId, id);
      if (!record) return 'not_found';
      return changed ? record : 'closed';
    }),

    listTransitions: (accountId, { limit, page, fromMs, toMs, checkId }) => readAsAccount(db, accountId, async (trx) => {
      const which = sql`account_id = ${accountId} and created_at >= ${new Date(fromMs)} and created_at < ${new Date(toMs)}
        and kind in ('failure', 'degraded', 'recovery') and ${checkId === undefined ? sql`true` : sql`check_id = ${checkId}`}`;
      const { rows } = await sql<{ payload: Notice }>`select payload from notices where ${which} order by created_at desc, id limit ${limit} offset ${(page - 1) * limit}`.execute(trx);
      const { rows: [all] } = await sql<{ total: number }>`select count(*) as total from notices where ${which}`.execute(trx);
      return { entries: rows.map(({ payload }) => payload), total: all?.total ?? 0 };
    }),
  };
}

function matching(accountId: string, { isOpen, checkId, kind, fromMs, toMs }: AlertFilter): RawBuilder<unknown> {
  return sql.join([
    sql`a.account_id = ${accountId}`,
    ...(isOpen === undefined ? [] : [isOpen ? sql`a.closed_at is null` : sql`a.closed_at is not null`]),
    ...(checkId === undefined ? [] : [sql`a.check_id = ${checkId}`]),
    ...(kind === undefined ? [] : [sql`a.kind = ${kind}`]),
    ...(fromMs === undefined ? [] : [sql`a.opened_at >= ${new Date(fromMs)}`]),
    ...(toMs === undefined ? [] : [sql`a.opened_at < ${new Date(toMs)}`]),
  ], sql` and `);
}

type AlertRow = {
  id: string; check_id: string; name: string; hostname: string; port: number; kind: AlertKind; opened_at: number; since_at: number | null; closed_at: number | null; ending: string | null;
  resolved_by: string | null; acknowledged_at: number | null; acknowledged_by: string | null; snoozed_until: number | null; payload: Notice | null;
};

function read(which: RawBuilder<unknown>, order: RawBuilder<unknown>): RawBuilder<AlertRow> {
  return sql<AlertRow>`
    select a.id, a.check_id, checks.name, checks.definition #>> '{request,hostname}' as hostname, (checks.definition #>> '{request,port}')::integer as port,
      a.kind, a.opened_at, a.since_at, a.closed_at, a.ending, a.resolved_by, a.acknowledged_at, a.acknowledged_by, a.snoozed_until, newest.payload
    from alerts a join checks on checks.account_id = a.account_id and checks.id = a.check_id
    left join lateral (
      select payload from notices n where n.account_id = a.account_id and n.check_id = a.check_id and n.alert_id = a.id and n.created_at >= a.opened_at - interval '1 minute'
      order by n.created_at desc, n.id limit 1
    ) newest on true
    where ${which} ${order}`;
}

async function readOne(trx: Trx, accountId: string, id: string): Promise<AlertRecord | null> {
  const { rows: [row] } = await read(sql`a.account_id = ${accountId} and a.id = ${id}`, sql``).execute(trx);
  return row ? toRecord(row) : null;
}

/** Saying it twice changes nothing: the first to say it stays named. */
function change(action: AlertAction): RawBuilder<unknown> {
  switch (action.kind) {
    case 'acknowledge': return sql`acknowledged_by = case when acknowledged_at is null then ${action.by} else acknowledged_by end, acknowledged_at = coalesce(acknowledged_at, clock_timestamp())`;
    case 'unacknowledge': return sql`acknowledged_at = null, acknowledged_by = null`;
    case 'snooze': return sql`snoozed_until = ${action.untilMs === null ? null : new Date(action.untilMs)}`;
    case 'resolve': return sql`closed_at = clock_timestamp(), ending = 'resolved', resolved_by = ${action.by}`;
  }
}

function toRecord(row: AlertRow): AlertRecord {
  return {
    id: row.id, checkId: row.check_id, checkName: row.name, target: { hostname: row.hostname, port: row.port }, kind: row.kind,
    openedAtMs: row.opened_at, sinceMs: row.since_at, closedAtMs: row.closed_at, ending: row.ending, resolvedBy: row.resolved_by,
    acknowledgedAtMs: row.acknowledged_at, acknowledgedBy: row.acknowledged_by, snoozedUntilMs: row.snoozed_until, lastNotice: row.payload,
  };
}

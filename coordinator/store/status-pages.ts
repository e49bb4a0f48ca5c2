/** Public status pages, and what they may tell. */
import { sql, type Selectable } from 'kysely';
import type { MaintenanceWindow } from '../alerting/maintenance.ts';
import type { CheckFacts, DayOfCheck, IncidentFacts, StatusPage, StatusPageStore, StatusPageWrite } from '../api/status-page-port.ts';
import { INCIDENTS_MAX } from '../api/status-page-view.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

type Row = Selectable<Database['status_pages']>;
type FactsRow = Omit<CheckFacts, 'days'> & { readonly days: readonly DayOfCheck[] | null };
const WINDOWS_MAX = 200;

export function statusPageStore(db: Db): StatusPageStore {
  return {
    listStatusPages: (accountId) => readAsAccount(db, accountId, async (trx) =>
      (await trx.selectFrom('status_pages').selectAll().where('account_id', '=', accountId).orderBy('id').execute()).map(toPage)),

    getStatusPage: (accountId, id) => readAsAccount(db, accountId, async (trx) => {
      const row = await trx.selectFrom('status_pages').selectAll().where('account_id', '=', accountId).where('id', '=', id).executeTakeFirst();
      return row ? toPage(row) : null;
    }),

    createStatusPage: (accountId, write) => orConflict(() => asAccount(db, accountId, async (trx) =>
      toPage(await trx.insertInto('status_pages').values({ account_id: accountId, ...columnsOf(write) }).returningAll().executeTakeFirstOrThrow()))),

    replaceStatusPage: (accountId, id, write) => orConflict(() => asAccount(db, accountId, async (trx) => {
      const row = await trx.updateTable('status_pages').set({ ...columnsOf(write), updated_at: sql<Date>`clock_timestamp()` })
        .where('account_id', '=', accountId).where('id', '=', id).returningAll().executeTakeFirst();
      return row ? toPage(row) : null;
    })),

    deleteStatusPage: (accountId, id) => asAccount(db, accountId, async (trx) => {
      const { numDeletedRows } = await trx.deleteFrom('status_pages').where('account_id', '=', accountId).where('id', '=', id).executeTakeFirst();
      return numDeletedRows > 0n;
    }),

    ownedChecks: (accountId, checkIds) => readAsAccount(db, accountId, async (trx) => {
      const { rows } = await sql<{ id: string }>`select id from checks where account_id = ${accountId} and deleted_at is null and id = any(${[...checkIds]}::uuid[])`.execute(trx);
      return new Set(rows.map(({ id }) => id));
    }),

    // Before it is known whose it is: a slug is nobody's secret, and nothing else is read here.
    findPublicStatusPage: async (slug) => {
      const row = await db.selectFrom('status_pages').selectAll().where('slug', '=', slug).where('is_on', '=', true).executeTakeFirst();
      return row ? { ...toPage(row), accountId: row.account_id } : null;
    },

    readStatusFacts: (accountId, checkIds, fromMs) => readAsAccount(db, accountId, async (trx) => {
      const [ids, from] = [[...checkIds], new Date(fromMs)];
      const { rows: checks } = await sql<FactsRow>`
        select checks.id as "checkId", checks.name, coalesce(states.status, 'noData') as status,
          (checks.definition ->> 'activated')::boolean and coalesce((groups.definition ->> 'activated')::boolean, true) as "isActive",
          checks.tags || coalesce(array(select json_array_elements_text(groups.definition -> 'tags')), '{}') as tags, days.days
        from checks
        left join check_states states on states.account_id = checks.account_id and states.check_id = checks.id
        left join check_groups groups on groups.account_id = checks.account_id and groups.id = checks.group_id
        left join lateral (
          select json_agg(json_build_object('atMs', (extract(epoch from at) * 1000)::bigint, 'passed', passed, 'degraded', degraded, 'failed', failed)) as days
          from rollups_check_daily where account_id = ${accountId} and check_id = checks.id and at >= ${from}
        ) days on true
        where checks.account_id = ${accountId} and checks.deleted_at is null and checks.id = any(${ids}::uuid[])`.execute(trx);
      const { rows: incidents } = await sql<{ check_id: string; kind: IncidentFacts['kind']; opened_at: number; closed_at: number | null }>`
        select check_id, kind, opened_at, closed_at from alerts
        where account_id = ${accountId} and check_id = any(${ids}::uuid[]) and kind in ('failure', 'degraded') and (closed_at is null or closed_at >= ${from})
        order by opened_at desc limit ${INCIDENTS_MAX}`.execute(trx);
      const { rows: windows } = await sql<{ name: string; definition: MaintenanceWindow }>`
        select name, definition from maintenance_windows where account_id = ${accountId} order by id desc limit ${WINDOWS_MAX}`.execute(trx);
      return {
        checks: checks.map(({ days, ...check }) => ({ ...check, days: days ?? [] })),
        incidents: incidents.map((row) => ({ checkId: row.check_id, kind: row.kind, openedAtMs: row.opened_at, closedAtMs: row.closed_at })),
        windows: windows.map(({ name, definition }) => ({ name, window: definition })),
      };
    }),
  };
}

function columnsOf({ slug, title, description, isOn, showsIncidents, showsMaintenance, sections }: StatusPageWrite) {
  return { slug, title, description, is_on: isOn, shows_incidents: showsIncidents, shows_maintenance: showsMaintenance, sections: JSON.stringify(sections) };
}

function toPage(row: Row): StatusPage {
  return {
    id: row.id, slug: row.slug, title: row.title, description: row.description, isOn: row.is_on, showsIncidents: row.shows_incidents, showsMaintenance: row.shows_maintenance,
    sections: row.sections, createdAtMs: row.created_at, updatedAtMs: row.updated_at,
  };
}

/** The slug is the only thing that can be taken. */
async function orConflict<T>(write: () => Promise<T>): Promise<T | 'conflict'> {
  try {
    return await write();
  } catch (error) {
    if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) return 'conflict';
    throw error;
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNIQUE_VIOLATION = '23505';

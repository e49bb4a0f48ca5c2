/** An account's own locations. One that is deleted keeps its row, because results and schedules go on naming it. */
import { sql, type Selectable, type Transaction } from 'kysely';
import type { ApiStore, PrivateLocation } from '../api/ports.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import { bumpConfigRevision } from './config-revision.ts';
import type { Db } from './connect.ts';
import { insertKey, liveKeysOf, toLocationKey } from './location-keys.ts';
import { IS_CONNECTED } from './locations.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;
type PrivateLocationStore = Pick<ApiStore, 'listPrivateLocations' | 'getPrivateLocation' | 'createPrivateLocation' | 'updatePrivateLocation' | 'deletePrivateLocation'>;

/** Of a refusal to delete: enough to know where to look. */
const CHECKS_NAMED_MAX = 10;
const DEFAULT_ICON = 'location';

export function privateLocationStore(db: Db): PrivateLocationStore {
  return {
    listPrivateLocations: (accountId) => readAsAccount(db, accountId, async (trx) => withAgents(trx, await rowsOf(trx, accountId).orderBy('code').execute())),

    getPrivateLocation: (accountId, id) => readAsAccount(db, accountId, (trx) => read(trx, accountId, id)),

    createPrivateLocation: (accountId, { id, slugName, name, icon, proxyUrl, key }) => asAccount(db, accountId, async (trx) => {
      // The counter's lock comes first: of two that want one slug, the second sees the first's row.
      const configRevision = await bumpConfigRevision(trx);
      if (await rowsOf(trx, accountId).where('code', '=', slugName).executeTakeFirst()) return 'conflict';
      await trx.insertInto('locations')
        .values({ id, code: slugName, name, kind: 'private', account_id: accountId, icon, proxy_url: proxyUrl, config_revision: configRevision }).execute();
      await insertKey(trx, id, key);
      return (await read(trx, accountId, id))!;
    }),

    updatePrivateLocation: (accountId, id, { name, icon, proxyUrl }) => asAccount(db, accountId, async (trx) => {
      const configRevision = await bumpConfigRevision(trx);
      await trx.updateTable('locations')
        .set({ name, icon, proxy_url: proxyUrl, updated_at: sql<Date>`clock_timestamp()`, config_revision: configRevision })
        .where('account_id', '=', accountId).where('id', '=', id).where('deleted_at', 'is', null).execute();
      return read(trx, accountId, id);
    }),

    deletePrivateLocation: (accountId, id) => asAccount(db, accountId, async (trx) => {
      // Changes of checks wait for this lock and then find the location gone; those before it are seen here.
      const configRevision = await bumpConfigRevision(trx);
      const checks = await checksIn(trx, accountId, id);
      if (checks.length > 0) return { kind: 'in_use', checks };
      const now = sql<Date>`clock_timestamp()`;
      const deleted = await trx.updateTable('locations').set({ deleted_at: now, updated_at: now, config_revision: configRevision })
        .where('account_id', '=', accountId).where('id', '=', id).where('deleted_at', 'is', null).returning('id').executeTakeFirst();
      if (!deleted) return { kind: 'not_found' };
      await trx.updateTable('location_keys').set({ revoked_at: now }).where('location_id', '=', id).where('revoked_at', 'is', null).execute();
      return { kind: 'deleted' };
    }),
  };
}

function rowsOf(trx: Trx, accountId: string) {
  return trx.selectFrom('locations').selectAll().where('account_id', '=', accountId).where('deleted_at', 'is', null);
}

async function read(trx: Trx, accountId: string, id: string): Promise<PrivateLocation | null> {
  const [location] = await withAgents(trx, await rowsOf(trx, accountId).where('id', '=', id).execute());
  return location ?? null;
}

/** By the schedule in force: what a check names now is in its last epoch. */
async function checksIn(trx: Trx, accountId: string, locationId: string): Promise<readonly string[]> {
  const rows = await trx.selectFrom('checks').select('name').where('account_id', '=', accountId).where('deleted_at', 'is', null)
    .where(sql<boolean>`${locationId}::uuid = any((select location_order from schedule_epochs e
      where e.account_id = checks.account_id and e.check_id = checks.id order by from_at desc limit 1)::uuid[])`)
    .orderBy('created_at').limit(CHECKS_NAMED_MAX).execute();
  return rows.map(({ name }) => name);
}

async function withAgents(trx: Trx, rows: readonly Selectable<Database['locations']>[]): Promise<readonly PrivateLocation[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const keys = Map.groupBy(await liveKeysOf(trx, ids), (key) => key.location_id);
  const seen = await trx.selectFrom('sessions')
    .innerJoin('agents', (join) => join.onRef('agents.location_id', '=', 'sessions.location_id').onRef('agents.id', '=', 'sessions.agent_id').onRef('agents.generation', '=', 'sessions.generation'))
    .select(['sessions.location_id', 'sessions.agent_id', 'sessions.last_seen_at', 'agents.version', IS_CONNECTED.as('connected')])
    .where('sessions.location_id', 'in', ids).orderBy('agents.version').orderBy('agents.id').execute();
  const sessions = Map.groupBy(seen, (session) => session.location_id);
  return rows.map((row) => {
    const here = sessions.get(row.id) ?? [];
    return {
      id: row.id, slugName: row.code, name: row.name, icon: row.icon ?? DEFAULT_ICON, proxyUrl: row.proxy_url,
      createdAtMs: Math.trunc(row.created_at), updatedAtMs: Math.trunc(row.updated_at),
      keys: (keys.get(row.id) ?? []).map(toLocationKey),
      lastSeenAtMs: here.length === 0 ? null : Math.trunc(Math.max(...here.map((session) => session.last_seen_at))),
      agents: here.filter(({ connected }) => connected)
        .map((session) => ({ id: session.agent_id, version: session.version, lastSeenAtMs: Math.trunc(session.last_seen_at) })),
    };
  });
}

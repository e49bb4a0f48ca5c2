/** Maintenance windows: a change ends the version in force and begins another, so that what was paused when stays known. */
import { sql, type Selectable, type Transaction } from 'kysely';
import { EPOCH_LEAD_MS } from '#shared/schedule/epoch.ts';
import type { MaintenanceWindow } from '../alerting/maintenance.ts';
import type { StoredWindow, WindowStore } from '../api/windows-port.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import { bumpConfigRevision, commitInstantMs } from './config-revision.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;

export function windowStore(db: Db): WindowStore {
  return {
    listWindows: (accountId, { limit, page }) => readAsAccount(db, accountId, async (trx) => {
      const rows = await windowRows(trx, accountId).orderBy('id').limit(limit).offset((page - 1) * limit).execute();
      const { total } = await trx.selectFrom('maintenance_windows').where('account_id', '=', accountId).select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
      return { entries: rows.map(toStoredWindow), total };
    }),

    getWindow: (accountId, id) => readAsAccount(db, accountId, async (trx) => {
      const row = await windowRows(trx, accountId).where('id', '=', id).executeTakeFirst();
      return row ? toStoredWindow(row) : null;
    }),

    createWindow: (accountId, name, window) => asAccount(db, accountId, async (trx) => {
      const configRevision = await bumpConfigRevision(trx);
      const row = await trx.insertInto('maintenance_windows').values({ account_id: accountId, name, definition: JSON.stringify(window) }).returningAll().executeTakeFirstOrThrow();
      await appendVersion(trx, accountId, row.id, window);
      await touchChecks(trx, accountId, configRevision);
      return toStoredWindow(row);
    }),

    replaceWindow: (accountId, id, name, window) => asAccount(db, accountId, async (trx) => {
      const configRevision = await bumpConfigRevision(trx);
      const row = await trx.updateTable('maintenance_windows').set({ name, definition: JSON.stringify(window), updated_at: sql<Date>`clock_timestamp()` })
        .where('account_id', '=', accountId).where('id', '=', id).returningAll().executeTakeFirst();
      if (!row) return null;
      await appendVersion(trx, accountId, id, window);
      await touchChecks(trx, accountId, configRevision);
      return toStoredWindow(row);
    }),

    deleteWindow: (accountId, id) => asAccount(db, accountId, async (trx) => {
      const configRevision = await bumpConfigRevision(trx);
      const { numDeletedRows } = await trx.deleteFrom('maintenance_windows').where('account_id', '=', accountId).where('id', '=', id).executeTakeFirst();
      if (numDeletedRows === 0n) return false;
      await appendVersion(trx, accountId, id, null);
      await touchChecks(trx, accountId, configRevision);
      return true;
    }),
  };
}

/** Ends what is in force and begins what comes after it; null: nothing. Never retroactive, like an epoch. */
async function appendVersion(trx: Trx, accountId: string, windowId: number, window: MaintenanceWindow | null): Promise<void> {
  const versions = trx.selectFrom('maintenance_window_versions').where('account_id', '=', accountId).where('window_id', '=', windowId);
  const last = await versions.select('from_at').orderBy('from_at', 'desc').limit(1).executeTakeFirst();
  const fromAtMs = Math.max(Math.ceil(await commitInstantMs(trx)) + EPOCH_LEAD_MS, last === undefined ? 0 : last.from_at + 1);
  await trx.updateTable('maintenance_window_versions').set({ until_at: new Date(fromAtMs) })
    .where('account_id', '=', accountId).where('window_id', '=', windowId).where('until_at', 'is', null).execute();
  if (window === null) return;
  await trx.insertInto('maintenance_window_versions').values({ account_id: accountId, window_id: windowId, from_at: new Date(fromAtMs), definition: JSON.stringify(window) }).execute();
}

/** Tags decide which checks it is about, and those of groups count as well: all are planned anew. */
async function touchChecks(trx: Trx, accountId: string, configRevision: number): Promise<void> {
  await trx.updateTable('checks').set({ config_revision: configRevision }).where('account_id', '=', accountId).where('deleted_at', 'is', null).execute();
}

function windowRows(trx: Trx, accountId: string) {
  return trx.selectFrom('maintenance_windows').selectAll().where('account_id', '=', accountId);
}

function toStoredWindow(row: Selectable<Database['maintenance_windows']>): StoredWindow {
  return { id: row.id, name: row.name, window: row.definition, createdAtMs: Math.trunc(row.created_at), updatedAtMs: Math.trunc(row.updated_at) };
}

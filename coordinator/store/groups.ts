/** Check groups: a change writes the epochs of every check that it moves, in its own transaction. */
import { sql, type Selectable, type Transaction } from 'kysely';
import type { AlertChannelSubscription } from '#shared/check/check.ts';
import type { GroupStore, GroupWrite, StoredGroup } from '../api/groups-port.ts';
import type { Sealer } from '../secrets/key-ring.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import { toStoredChecks } from './checks.ts';
import { bumpConfigRevision } from './config-revision.ts';
import type { Db } from './connect.ts';
import { appendSchedule } from './schedule-rows.ts';
import type { Database } from './schema.ts';
import { subscriptionsOfGroups, writeSubscriptions } from './subscriptions.ts';
import { asInUse, replaceGroupVariables } from './variables.ts';

type Trx = Transaction<Database>;
type GroupRow = Selectable<Database['check_groups']>;

/** Of a refusal to delete: enough to know where to look. */
const CHECKS_NAMED_MAX = 10;

export function groupStore(db: Db, sealer: Sealer): GroupStore {
  return {
    listGroups: (accountId, { limit, page }) => readAsAccount(db, accountId, async (trx) => {
      const rows = await groupRows(trx, accountId).orderBy('id').limit(limit).offset((page - 1) * limit).execute();
      const { total } = await trx.selectFrom('check_groups').where('account_id', '=', accountId).select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
      return { entries: await toStoredGroups(trx, accountId, rows), total };
    }),

    getGroup: (accountId, id) => readAsAccount(db, accountId, (trx) => read(trx, accountId, id)),

    createGroup: (accountId, write) => asAccount(db, accountId, async (trx) => {
      await bumpConfigRevision(trx);
      const { id } = await trx.insertInto('check_groups').values({ account_id: accountId, name: write.group.name, definition: JSON.stringify(write.group) })
        .returning('id').executeTakeFirstOrThrow();
      await writeRest(trx, accountId, id, write, sealer);
      return (await read(trx, accountId, id))!;
    }),

    replaceGroup: (accountId, id, write) => asAccount(db, accountId, async (trx) => {
      const configRevision = await bumpConfigRevision(trx);
      const updated = await trx.updateTable('check_groups').set((eb) => ({
        name: write.group.name, definition: JSON.stringify(write.group), revision: eb('revision', '+', 1), updated_at: sql<Date>`clock_timestamp()`,
      })).where('account_id', '=', accountId).where('id', '=', id).returning('id').executeTakeFirst();
      if (!updated) return 'not_found' as const;
      await writeRest(trx, accountId, id, write, sealer);
      for (const check of await checksOf(trx, accountId, id).selectAll().execute()) await appendSchedule(trx, check, check.definition, write.group);
      await trx.updateTable('checks').set({ config_revision: configRevision })
        .where('account_id', '=', accountId).where('group_id', '=', id).where('deleted_at', 'is', null).execute();
      return (await read(trx, accountId, id))!;
    }).catch(asInUse),

    deleteGroup: (accountId, id) => asAccount(db, accountId, async (trx) => {
      await bumpConfigRevision(trx);
      const checks = await checksOf(trx, accountId, id).select('name').orderBy('created_at').limit(CHECKS_NAMED_MAX).execute();
      if (checks.length > 0) return { kind: 'in_use' as const, by: checks.map(({ name }) => `'${name}'`) };
      const { numDeletedRows } = await trx.deleteFrom('check_groups').where('account_id', '=', accountId).where('id', '=', id).executeTakeFirst();
      return numDeletedRows === 0n ? 'not_found' as const : 'deleted' as const;
    }),

    listChecksOfGroup: (accountId, id, { limit, page }) => readAsAccount(db, accountId, async (trx) => {
      const rows = await checksOf(trx, accountId, id).selectAll().orderBy(sql`(definition->>'groupOrder')::numeric`, (order) => order.asc().nullsLast())
        .orderBy('created_at').orderBy('id').limit(limit).offset((page - 1) * limit).execute();
      const { total } = await checksOf(trx, accountId, id).select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
      return { entries: await toStoredChecks(trx, accountId, rows), total };
    }),

    getAlertSettings: (accountId) => readAsAccount(db, accountId, async (trx) => {
      const row = await trx.selectFrom('account_settings').select('alert_settings').where('account_id', '=', accountId).executeTakeFirst();
      return row?.alert_settings ?? null;
    }),

    setAlertSettings: (accountId, settings) => asAccount(db, accountId, async (trx) => {
      const changed = { alert_settings: JSON.stringify(settings), updated_at: sql<Date>`clock_timestamp()` };
      await trx.insertInto('account_settings').values({ account_id: accountId, ...changed })
        .onConflict((conflict) => conflict.column('account_id').doUpdateSet(changed)).execute();
    }),
  };
}

function groupRows(trx: Trx, accountId: string) {
  return trx.selectFrom('check_groups').selectAll().where('account_id', '=', accountId);
}

function checksOf(trx: Trx, accountId: string, id: number) {
  return trx.selectFrom('checks').where('account_id', '=', accountId).where('group_id', '=', id).where('deleted_at', 'is', null);
}

async function writeRest(trx: Trx, accountId: string, groupId: number, { subscriptions, variables }: GroupWrite, sealer: Sealer): Promise<void> {
  if (subscriptions !== null) await writeSubscriptions(trx, accountId, { groupId }, subscriptions);
  if (variables !== null) await replaceGroupVariables(trx, { accountId, groupId, variables }, sealer);
}

async function read(trx: Trx, accountId: string, id: number): Promise<StoredGroup | null> {
  const [group] = await toStoredGroups(trx, accountId, await groupRows(trx, accountId).where('id', '=', id).execute());
  return group ?? null;
}

async function toStoredGroups(trx: Trx, accountId: string, rows: readonly GroupRow[]): Promise<readonly StoredGroup[]> {
  const subscriptions = await subscriptionsOfGroups(trx, accountId, rows.map(({ id }) => id));
  return rows.map((row) => ({
    id: row.id, revision: row.revision, group: row.definition, subscriptions: subscriptions.get(row.id) ?? [] as readonly AlertChannelSubscription[],
    createdAtMs: Math.trunc(row.created_at), updatedAtMs: Math.trunc(row.updated_at),
  }));
}

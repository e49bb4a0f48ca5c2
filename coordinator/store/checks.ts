/** Checks as the API writes and reads them, each change with its revision and schedule epoch in one transaction. */
import { sql, type Transaction } from 'kysely';
import type { Check } from '#shared/check/check.ts';
import type { ApiStore, StoredCheck } from '../api/ports.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import { bumpConfigRevision } from './config-revision.ts';
import type { Db } from './connect.ts';
import { groupIn } from './group-rows.ts';
import { appendEpoch, appendSchedule, lastEpochOf, type CheckRow } from './schedule-rows.ts';
import type { Database } from './schema.ts';
import { subscriptionsOfChecks, writeSubscriptions } from './subscriptions.ts';

type CheckStore = Pick<ApiStore, 'createCheck' | 'listChecks' | 'getCheck' | 'replaceCheck' | 'deleteCheck'>;
type Trx = Transaction<Database>;

/** A repeated POST with the same key within this gets the first one's check. */
const IDEMPOTENCY_HOURS = 24;

export function checkStore(db: Db): CheckStore {
  return {
    createCheck: (accountId, id, check, idempotencyKey) => asAccount(db, accountId, async (trx) => {
      const knownId = idempotencyKey === null ? null : await claimKey(trx, { accountId, key: idempotencyKey, checkId: id });
      if (knownId !== null) return toStoredCheck(trx, await rowOf(trx, accountId, knownId).executeTakeFirstOrThrow());
      // Behind the counter's lock: a location or a group that is being deleted is gone by now, or finds this check.
      const configRevision = await bumpConfigRevision(trx);
      const group = await groupIn(trx, accountId, check.groupId);
      const row = await trx.insertInto('checks').values({
        account_id: accountId, id, revision: 1, name: check.name, tags: [...check.tags], definition: JSON.stringify(check), group_id: check.groupId, config_revision: configRevision,
      }).returningAll().executeTakeFirstOrThrow();
      await insertRevision(trx, row, check);
      await appendSchedule(trx, row, check, group);
      await writeSubscriptions(trx, accountId, { checkId: id }, check.alertChannelSubscriptions);
      return toStoredCheck(trx, row);
    }),

    listChecks: (accountId, { limit, page, tag, search }) => readAsAccount(db, accountId, async (trx) => {
      let matching = trx.selectFrom('checks').where('account_id', '=', accountId).where('deleted_at', 'is', null);
      if (tag !== undefined) matching = matching.where(sql<boolean>`${tag} = any(tags)`);
      if (search !== undefined) matching = matching.where('name', 'ilike', `%${search.replace(/[\\%_]/g, '\\$&')}%`);
      const rows = await matching.selectAll().orderBy('created_at').orderBy('id').limit(limit).offset((page - 1) * limit).execute();
      const { total } = await matching.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
      return { entries: await toStoredChecks(trx, accountId, rows), total };
    }),

    getCheck: (accountId, id) => readAsAccount(db, accountId, async (trx) => {
      const row = await rowOf(trx, accountId, id).where('deleted_at', 'is', null).executeTakeFirst();
      return row ? toStoredCheck(trx, row) : null;
    }),

    replaceCheck: (accountId, id, check, ifRevision) => asAccount(db, accountId, async (trx) => {
      const configRevision = await bumpConfigRevision(trx);
      const group = await groupIn(trx, accountId, check.groupId);
      const current = await rowOf(trx, accountId, id).where('deleted_at', 'is', null).executeTakeFirst();
      if (!current) return abandon('not_found');
      if (ifRevision !== null && ifRevision !== current.revision) return abandon('conflict');
      const row = await trx.updateTable('checks').set({
        revision: current.revision + 1, name: check.name, tags: [...check.tags], definition: JSON.stringify(check), group_id: check.groupId,
        updated_at: sql<Date>`clock_timestamp()`, config_revision: configRevision,
      }).where('account_id', '=', accountId).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
      await insertRevision(trx, row, check);
      await appendSchedule(trx, row, check, group);
      await writeSubscriptions(trx, accountId, { checkId: id }, check.alertChannelSubscriptions);
      return toStoredCheck(trx, row);
    }).catch(whyAbandoned),

    deleteCheck: (accountId, id) => asAccount(db, accountId, async (trx) => {
      const configRevision = await bumpConfigRevision(trx);
      const row = await trx.updateTable('checks').set({ deleted_at: sql<Date>`clock_timestamp()`, config_revision: configRevision })
        .where('account_id', '=', accountId).where('id', '=', id).where('deleted_at', 'is', null).returningAll().executeTakeFirst();
      if (!row) return abandon('not_found');
      const last = await lastEpochOf(trx, row);
      if (last) await appendEpoch(trx, row, { ...last, active: false });
      return true;
    }).catch((cause: unknown) => (whyAbandoned(cause) === 'not_found' ? false : Promise.reject(cause))),
  };
}

/** Rolls the transaction back: what was refused leaves no revision behind. */
class Abandoned extends Error {
  readonly why: 'not_found' | 'conflict';
  constructor(why: 'not_found' | 'conflict') {
    super(why);
    this.why = why;
  }
}

function abandon(why: 'not_found' | 'conflict'): never {
  throw new Abandoned(why);
}

function whyAbandoned(cause: unknown): 'not_found' | 'conflict' {
  if (cause instanceof Abandoned) return cause.why;
  throw cause;
}

/** null: the key is ours now. Else the check it was used for; a concurrent first use is waited for. */
async function claimKey(trx: Trx, claim: { accountId: string; key: string; checkId: string }): Promise<string | null> {
  const claimed = await trx.insertInto('idempotency_keys')
    .values({ account_id: claim.accountId, key: claim.key, check_id: claim.checkId })
    .onConflict((conflict) => conflict.columns(['account_id', 'key']).doUpdateSet({ check_id: claim.checkId, created_at: sql<Date>`now()` })
      .where('idempotency_keys.created_at', '<', sql<number>`now() - ${`${IDEMPOTENCY_HOURS} hours`}::interval`))
    .returning('check_id').executeTakeFirst();
  if (claimed) return null;
  const known = await trx.selectFrom('idempotency_keys').select('check_id')
    .where('account_id', '=', claim.accountId).where('key', '=', claim.key).executeTakeFirstOrThrow();
  return known.check_id;
}

function rowOf(trx: Trx, accountId: string, id: string) {
  return trx.selectFrom('checks').selectAll().where('account_id', '=', accountId).where('id', '=', id);
}

async function insertRevision(trx: Trx, row: CheckRow, check: Check): Promise<void> {
  await trx.insertInto('check_revisions')
    .values({ account_id: row.account_id, check_id: row.id, revision: row.revision, definition: JSON.stringify(check) }).execute();
}

async function toStoredCheck(trx: Trx, row: CheckRow): Promise<StoredCheck> {
  const [stored] = await toStoredChecks(trx, row.account_id, [row]);
  return stored!;
}

/** With the subscriptions there are now: they are changed from the channels' side as well. */
export async function toStoredChecks(trx: Trx, accountId: string, rows: readonly CheckRow[]): Promise<readonly StoredCheck[]> {
  const subscriptions = await subscriptionsOfChecks(trx, accountId, rows.map(({ id }) => id));
  return rows.map((row) => ({
    id: row.id, accountId: row.account_id, revision: row.revision,
    check: { ...row.definition, alertChannelSubscriptions: subscriptions.get(row.id) ?? [] },
    createdAtMs: Math.trunc(row.created_at), updatedAtMs: Math.trunc(row.updated_at),
  }));
}

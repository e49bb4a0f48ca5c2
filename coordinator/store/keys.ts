/** Who is asking, and the first account. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { ApiStore } from '../api/ports.ts';
import { readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';

export type FirstAccount = { readonly name: string; readonly keyHash: Uint8Array; readonly keyPrefix: string; readonly scopes: readonly string[] };

/** `last_used_at` is written at most this often: reading must not write on every request. */
const NOTE_USE_EVERY_MINUTES = 5;

export function keyStore(db: Db): Pick<ApiStore, 'findCaller' | 'getAccount'> & {
  /** The oldest account and a live key with this hash: made if they are not there, so it can be called at every start. */
  ensureFirstAccount(account: FirstAccount): Promise<{ readonly accountId: string; readonly keyId: string; readonly isNew: boolean }>;
} {
  return {
    async findCaller(hash) {
      // The account is what this finds out, so it is asked as the owner.
      const key = await db.selectFrom('api_keys').select(['account_id', 'id', 'name', 'scopes', 'last_used_at'])
        .where('key_hash', '=', Buffer.from(hash)).where('revoked_at', 'is', null)
        .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<number>`now()`)]))
        .executeTakeFirst();
      if (!key) return null;
      if (key.last_used_at === null || key.last_used_at < Date.now() - NOTE_USE_EVERY_MINUTES * 60_000) {
        await db.updateTable('api_keys').set({ last_used_at: sql<Date>`now()` }).where('account_id', '=', key.account_id).where('id', '=', key.id).execute();
      }
      return { accountId: key.account_id, keyId: key.id, keyName: key.name, scopes: key.scopes };
    },

    getAccount: (accountId) => readAsAccount(db, accountId, async (trx) => {
      const row = await trx.selectFrom('accounts').selectAll().where('id', '=', accountId).executeTakeFirst();
      return row ? { id: row.id, name: row.name, createdAtMs: Math.trunc(row.created_at) } : null;
    }),

    ensureFirstAccount: (account) => db.transaction().execute(async (trx) => {
      // Coordinators that start together on an empty database make one account.
      await sql`lock table accounts in share row exclusive mode`.execute(trx);
      const existing = await trx.selectFrom('accounts').select('id').orderBy('created_at').orderBy('id').limit(1).executeTakeFirst();
      const accountId = existing?.id ?? randomUUID();
      if (!existing) await trx.insertInto('accounts').values({ id: accountId, name: account.name }).execute();
      const keyHash = Buffer.from(account.keyHash);
      const key = await trx.selectFrom('api_keys').select('id').where('key_hash', '=', keyHash).executeTakeFirst();
      const keyId = key?.id ?? randomUUID();
      // It may do what there is to do, also after an update that brings more.
      if (key) await trx.updateTable('api_keys').set({ scopes: [...account.scopes] }).where('account_id', '=', accountId).where('id', '=', key.id).execute();
      else {
        await trx.insertInto('api_keys').values({
          account_id: accountId, id: keyId, name: 'first key', prefix: account.keyPrefix, key_hash: keyHash, scopes: [...account.scopes],
        }).execute();
      }
      return { accountId, keyId, isNew: !existing };
    }),
  };
}

/** An account's own keys to the API, as it manages them; `keys.ts` finds out whose a presented one is. */
import { sql, type Selectable } from 'kysely';
import type { ApiKeyRow, UserStore } from '../api/users-port.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

export function apiKeyStore(db: Db): Pick<UserStore, 'listApiKeys' | 'createApiKey' | 'revokeApiKey'> {
  return {
    listApiKeys: (accountId) => readAsAccount(db, accountId, async (trx) =>
      (await trx.selectFrom('api_keys').selectAll().where('account_id', '=', accountId).where('revoked_at', 'is', null)
        .orderBy('created_at').orderBy('id').execute()).map(toApiKey)),

    createApiKey: (accountId, key) => asAccount(db, accountId, async (trx) => toApiKey(await trx.insertInto('api_keys').values({
      account_id: accountId, id: key.id, name: key.name, prefix: key.masked, key_hash: Buffer.from(key.hash), scopes: [...key.scopes],
      expires_at: key.lastsMs === null ? null : sql<Date>`now() + ${key.lastsMs} * interval '1 ms'`,
    }).returningAll().executeTakeFirstOrThrow())),

    revokeApiKey: (accountId, id) => asAccount(db, accountId, async (trx) => {
      const revoked = await trx.updateTable('api_keys').set({ revoked_at: sql<Date>`now()` })
        .where('account_id', '=', accountId).where('id', '=', id).where('revoked_at', 'is', null).returning('id').executeTakeFirst();
      return revoked !== undefined;
    }),
  };
}

function toApiKey(row: Selectable<Database['api_keys']>): ApiKeyRow {
  const ms = (instant: number | null): number | null => (instant === null ? null : Math.trunc(instant));
  return {
    id: row.id, name: row.name, masked: row.prefix, scopes: row.scopes,
    createdAtMs: Math.trunc(row.created_at), expiresAtMs: ms(row.expires_at), lastUsedAtMs: ms(row.last_used_at),
  };
}

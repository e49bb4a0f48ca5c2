/** Keys that let agents join a location: at most two are live at once, so that they can be rotated. */
import { sql, type Selectable, type Transaction } from 'kysely';
import type { ApiStore, LocationKey, NewLocationKey } from '../api/ports.ts';
import { asAccount } from './account-scope.ts';
import { audited } from './audit-drafts.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;

export const LIVE_KEYS_MAX = 2;
/** Able to enrol somebody, now or later. */
const IS_LIVE = sql<boolean>`(location_keys.revoked_at is null
  and (location_keys.expires_at is null or location_keys.expires_at > clock_timestamp())
  and not (location_keys.is_one_time and location_keys.used_at is not null))`;

export function locationKeyStore(db: Db): Pick<ApiStore, 'createLocationKey' | 'listLocationKeys' | 'revokeLocationKey'> {
  /** A private location's keys are its owner's, and the tenant role sees no others; a public one's are the operator's. */
  const inScope = <T>(accountId: string | undefined, work: (trx: Trx) => Promise<T>): Promise<T> =>
    (accountId === undefined ? audited(db, work) : asAccount(db, accountId, work));

  return {
    createLocationKey: (locationId, key, accountId) => inScope(accountId, async (trx) => {
      // Of two that would be the third, the second waits here and sees the first's.
      await trx.selectFrom('locations').select('id').where('id', '=', locationId).forNoKeyUpdate().execute();
      const there = await trx.selectFrom('location_keys').selectAll().where('key_hash', '=', Buffer.from(key.hash)).executeTakeFirst();
      if (there) return toLocationKey(there);
      const live = await liveKeysOf(trx, [locationId]);
      return live.length >= LIVE_KEYS_MAX ? 'too_many' : insertKey(trx, locationId, key);
    }),

    listLocationKeys: (locationId, accountId) => inScope(accountId, async (trx) => (await liveKeysOf(trx, [locationId])).map(toLocationKey)),

    revokeLocationKey: (locationId, keyId, accountId) => inScope(accountId, async (trx) => {
      const revoked = await trx.updateTable('location_keys').set({ revoked_at: sql<Date>`clock_timestamp()` })
        .where('location_id', '=', locationId).where('id', '=', keyId).where('revoked_at', 'is', null).returning('id').executeTakeFirst();
      return revoked !== undefined;
    }),
  };
}

export async function insertKey(trx: Trx, locationId: string, { id, hash, masked, limits = {} }: NewLocationKey): Promise<LocationKey> {
  const row = await trx.insertInto('location_keys').values({
    id, location_id: locationId, key_hash: Buffer.from(hash), masked,
    expires_at: limits.expiresAtMs == null ? null : new Date(limits.expiresAtMs),
    is_one_time: limits.isOneTime ?? false, agents_max: limits.agentsMax ?? null, needs_approval: limits.needsApproval ?? false,
  }).returningAll().executeTakeFirstOrThrow();
  return toLocationKey(row);
}

export function liveKeysOf(trx: Trx, locationIds: readonly string[]): Promise<Selectable<Database['location_keys']>[]> {
  return trx.selectFrom('location_keys').selectAll().where('location_id', 'in', [...locationIds]).where(IS_LIVE).orderBy('created_at').orderBy('id').execute();
}

export function toLocationKey(row: Selectable<Database['location_keys']>): LocationKey {
  return {
    id: row.id, masked: row.masked, createdAtMs: Math.trunc(row.created_at), expiresAtMs: row.expires_at === null ? null : Math.trunc(row.expires_at),
    isOneTime: row.is_one_time, isUsed: row.used_at !== null, agentsMax: row.agents_max, needsApproval: row.needs_approval,
  };
}

/** Where checks run from: the catalogue and who is alive there. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Location } from '#shared/check/location.ts';
import type { ApiStore } from '../api/ports.ts';
import { readAsAccount } from './account-scope.ts';
import { bumpConfigRevision } from './config-revision.ts';
import { audited } from './audit-drafts.ts';
import type { Db } from './connect.ts';
import { LOCATION_COLUMNS, toLocation } from './location-rows.ts';

type LocationStore = Pick<ApiStore, 'listLocations' | 'createLocation'> & {
  /** Public locations, made if their codes are not there yet; in the given order. */
  ensureLocations(wanted: readonly { readonly code: string; readonly name: string }[]): Promise<readonly Location[]>;
};

/** A session not heard of for this long is not connected (rules.md 26: the lease). */
const LEASE_SECONDS = 6;
export const IS_CONNECTED = sql<boolean>`(sessions.closed_at is null and sessions.last_seen_at > clock_timestamp() - ${sql.lit(LEASE_SECONDS)} * interval '1 second')`;

export function locationStore(db: Db): LocationStore {
  const createLocation: LocationStore['createLocation'] = (wanted) => audited(db, async (trx): ReturnType<LocationStore['createLocation']> => {
    // The counter's lock comes first: of two that want one code, the second sees the first's row.
    const configRevision = await bumpConfigRevision(trx);
    const row = await trx.insertInto('locations')
      .values({ id: randomUUID(), code: wanted.code, name: wanted.name, kind: 'public', account_id: null, config_revision: configRevision })
      .onConflict((conflict) => conflict.column('code').where('account_id', 'is', null).doNothing())
      .returning(LOCATION_COLUMNS).executeTakeFirst();
    return row ? toLocation(row) : 'conflict';
  });

  async function ensureLocation(wanted: { readonly code: string; readonly name: string }): Promise<Location> {
    const find = () => db.selectFrom('locations').select(LOCATION_COLUMNS).where('code', '=', wanted.code).where('account_id', 'is', null);
    const there = await find().executeTakeFirst();
    if (there) return toLocation(there);
    const made = await createLocation(wanted);
    return made === 'conflict' ? toLocation(await find().executeTakeFirstOrThrow()) : made;
  }

  return {
    createLocation,

    async ensureLocations(wanted) {
      const locations: Location[] = [];
      for (const one of wanted) locations.push(await ensureLocation(one));
      return locations;
    },

    listLocations: (accountId) => readAsAccount(db, accountId, async (trx) => {
      const rows = await trx.selectFrom('locations').select(LOCATION_COLUMNS).select((eb) => [
        eb.selectFrom('sessions').whereRef('sessions.location_id', '=', 'locations.id').where(IS_CONNECTED)
          .select((count) => count.fn.count<number>('sessions.agent_id').distinct().as('n')).as('live_agents'),
        eb.selectFrom('sessions').whereRef('sessions.location_id', '=', 'locations.id').where(IS_CONNECTED)
          .innerJoin('agents', (join) => join.onRef('agents.location_id', '=', 'sessions.location_id').onRef('agents.id', '=', 'sessions.agent_id').onRef('agents.generation', '=', 'sessions.generation'))
          .select((sum) => sum.fn.sum<number>('agents.capacity').as('n')).as('capacity'),
        eb.selectFrom('availability').whereRef('availability.location_id', '=', 'locations.id').where('from_at', '<=', sql<number>`clock_timestamp()`)
          .orderBy('from_at', 'desc').limit(1).select('available').as('available'),
      ])
        .where((eb) => eb.or([eb('account_id', 'is', null), eb('account_id', '=', accountId)]))
        .where('deleted_at', 'is', null)
        .orderBy('kind', 'desc').orderBy('code').execute();
      return rows.map((row) => ({ ...toLocation(row), liveAgents: row.live_agents ?? 0, available: row.available ?? false, capacity: row.capacity ?? 0 }));
    }),
  };
}

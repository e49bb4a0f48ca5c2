import { sql } from 'kysely';
import type { LocationUseStore } from '../api/location-use-port.ts';
import { readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';

export function locationUseStore(db: Db): LocationUseStore {
  return {
    countChecksByLocation: (accountId) => readAsAccount(db, accountId, async (trx) => {
      const { rows } = await sql<{ location_id: string; checks: number }>`
        select location_id, count(*)::integer as checks
        from checks
        cross join lateral (
          select location_order, active from schedule_epochs
          where account_id = ${accountId} and check_id = checks.id order by from_at desc limit 1
        ) epoch
        cross join lateral unnest(epoch.location_order) as location_id
        where checks.account_id = ${accountId} and checks.deleted_at is null and epoch.active
        group by location_id`.execute(trx);
      return new Map(rows.map(({ location_id, checks }) => [location_id, checks]));
    }),
  };
}

/** Dark locations, and what accounts were told of them. Read and written as the owner: a public location is many accounts'. */
import { sql } from 'kysely';
import type { MaintenanceWindow } from '../alerting/maintenance.ts';
import type { OutageKind } from '../alerting/location-outages.ts';
import type { OutageStore } from '../pipeline/outage-port.ts';
import type { Db } from './connect.ts';
import { enqueueNotices } from './outbox.ts';

export function outageStore(db: Db): OutageStore {
  return {
    async findDarkLocations() {
      const { rows } = await sql<{ location_id: string; kind: OutageKind; since: number }>`
        with present as materialized (
          select l.id,
            (select a.available from availability a where a.location_id = l.id and a.from_at <= clock_timestamp() order by a.from_at desc limit 1) as available,
            (select a.from_at from availability a where a.location_id = l.id and a.from_at <= clock_timestamp() order by a.from_at desc limit 1) as from_at,
            (select r.members from rosters r where r.location_id = l.id and r.from_at <= clock_timestamp() order by r.from_at desc limit 1) as members
          from locations l where l.deleted_at is null
        )
        select id as location_id, 'empty' as kind, from_at as since from present
        where not available and exists (select from availability a where a.location_id = present.id and a.available and a.from_at < present.from_at)
        union all
        select id, 'cut_off', cut.since from present cross join lateral (
          select count(*) as agents, count(w.from_at) as impaired, max(w.from_at) as since from jsonb_array_elements(present.members) as member
          left join lateral (
            select from_at from impaired_windows i where i.location_id = present.id and i.agent_id = (member ->> 'agentId')::uuid and i.to_at is null and i.withdrawn_at is null
            order by from_at limit 1
          ) w on true
        ) cut where available and cut.agents > 0 and cut.agents = cut.impaired`.execute(db);
      return rows.map((row) => ({ locationId: row.location_id, kind: row.kind, sinceMs: row.since }));
    },

    openOutages: async () => (await db.selectFrom('location_outages').select(['account_id', 'id', 'location_id', 'kind', 'from_at']).where('ended_at', 'is', null).execute())
      .map((row) => ({ accountId: row.account_id, id: row.id, locationId: row.location_id, kind: row.kind, fromMs: row.from_at })),

    async windowsOf(accountIds) {
      if (accountIds.length === 0) return new Map();
      const rows = await db.selectFrom('maintenance_windows').select(['account_id', 'definition']).where('account_id', 'in', [...accountIds]).execute();
      const byAccount = Map.groupBy(rows, (row) => row.account_id);
      return new Map([...byAccount].map(([accountId, own]): [string, readonly MaintenanceWindow[]] => [accountId, own.map(({ definition }) => definition)]));
    },

    openOutage: ({ accountId, id, locationId, kind, fromMs }, notice) => db.transaction().execute(async (trx) => {
      const { rows } = await sql`
        insert into location_outages (account_id, id, location_id, kind, from_at, told_at)
        values (${accountId}, ${id}, ${locationId}, ${kind}, ${new Date(fromMs)}, clock_timestamp())
        on conflict (account_id, location_id) where ended_at is null do nothing returning id`.execute(trx);
      if (rows.length === 0) return false;
      await enqueueNotices(trx, [notice]);
      return true;
    }),

    endOutage: ({ accountId, id }, notice) => db.transaction().execute(async (trx) => {
      const { rows } = await sql`
        update location_outages set ended_at = clock_timestamp() where account_id = ${accountId} and id = ${id} and ended_at is null returning id`.execute(trx);
      if (rows.length === 0) return false;
      if (notice) await enqueueNotices(trx, [notice]);
      return true;
    }),
  };
}

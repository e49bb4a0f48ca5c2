/** Witnesses and impaired windows. Written as the owner: agents are nobody's account. */
import { sql, type Transaction } from 'kysely';
import { REACHED_CODES, SILENT_CODES } from '#shared/run/reach.ts';
import type { ImpairedStore, ImpairedWindow, WindowKey } from '../pipeline/impaired-port.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

/** Whoever judges looks again at what the location saw; it polls as well. */
const HINT_JUDGE = (locationId: string) => sql`select pg_notify('sonde_judge', ${locationId})`;
/** As many as an agent tells of. */
const OF_AGENT_MAX = 16;
/** Checks of one location whose targets are compared; beyond, they are a sample. */
const TARGETS_MAX = 2_000;

type WindowRow = { readonly location_id: string; readonly agent_id: string; readonly from_at: number; readonly to_at: number | null; readonly withdrawn_at: number | null };

export function impairedStore(db: Db): ImpairedStore {
  return {
    async noteWitnesses(rows) {
      if (rows.length === 0) return;
      // In one order of ids, so that two coordinators never wait for each other in a circle.
      const ordered = [...rows].sort((a, b) => (a.agentId < b.agentId ? -1 : 1));
      await db.insertInto('agent_witnesses').values(ordered.map(({ locationId, agentId, state, sinceMs, answering, total }) => (
        { location_id: locationId, agent_id: agentId, state, since: sinceMs === null ? null : new Date(sinceMs), answering, total }
      ))).onConflict((conflict) => conflict.columns(['location_id', 'agent_id']).doUpdateSet((eb) => ({
        state: eb.ref('excluded.state'), since: eb.ref('excluded.since'), answering: eb.ref('excluded.answering'), total: eb.ref('excluded.total'),
        updated_at: sql<Date>`clock_timestamp()`,
      }))).execute();
    },

    windowsOfAgent: async (locationId, agentId) => (await db.selectFrom('impaired_windows')
      .select(['location_id', 'agent_id', 'from_at', 'to_at', 'withdrawn_at'])
      .where('location_id', '=', locationId).where('agent_id', '=', agentId).orderBy('from_at', 'desc').limit(OF_AGENT_MAX).execute()).map(toWindow),

    async seenElsewhere({ locationId, agentId, fromMs, toMs }) {
      const { rows: [seen] } = await sql<{ silent: number; reached: number }>`
        with own as materialized (
          select distinct c.account_id, lower(c.definition->'request'->>'hostname') as host, c.definition->'request'->>'port' as port
          from checks c
          where c.deleted_at is null and exists (
            select from schedule_epochs e where e.account_id = c.account_id and e.check_id = c.id and ${locationId}::uuid = any(e.location_order))
          limit ${TARGETS_MAX}
        ), same as materialized (
          select c.account_id, c.id, own.host, own.port from checks c
          join own on own.account_id = c.account_id and own.host = lower(c.definition->'request'->>'hostname') and own.port = c.definition->'request'->>'port'
          where c.deleted_at is null
        ), seen as (
          select bool_or(r.established or r.failure_code = any(${[...REACHED_CODES]}::text[])) as reached,
            bool_or(not r.established and r.failure_code = any(${[...SILENT_CODES]}::text[])) as silent
          from same join results r on r.account_id = same.account_id and r.check_id = same.id
            and r.due_at >= ${new Date(fromMs)} and r.due_at <= ${new Date(toMs)} and r.agent_id <> ${agentId}
          where not exists (select from agent_witnesses w where w.location_id = r.location_executed and w.agent_id = r.agent_id and w.state = 'failing')
            and not exists (select from impaired_windows i where i.location_id = r.location_executed and i.agent_id = r.agent_id
              and i.withdrawn_at is null and r.due_at >= i.from_at and r.due_at <= coalesce(i.to_at, 'infinity'))
          group by same.account_id, same.host, same.port
        )
        select count(*) filter (where silent and not reached)::int as silent, count(*) filter (where reached)::int as reached from seen`.execute(db);
      return seen ?? { silent: 0, reached: 0 };
    },

    openImpairedWindow: ({ locationId, agentId, fromMs, toMs, reason }) => db.transaction().execute(async (trx) => {
      const opened = await trx.insertInto('impaired_windows').values({
        location_id: locationId, agent_id: agentId, from_at: new Date(fromMs), to_at: toMs === null ? null : new Date(toMs), reason: JSON.stringify(reason),
      }).onConflict((conflict) => conflict.doNothing()).returning('from_at').execute();
      if (opened.length > 0) await tell(trx, { locationId, agentId, fromMs, toMs });
    }),

    closeImpairedWindow: ({ locationId, agentId, fromMs, toMs }) => db.transaction().execute(async (trx) => {
      const closed = await trx.updateTable('impaired_windows').set({ to_at: new Date(Math.max(fromMs, toMs)) })
        .where('location_id', '=', locationId).where('agent_id', '=', agentId).where('from_at', '=', new Date(fromMs) as never).where('to_at', 'is', null)
        .returning('from_at').execute();
      // Until now it held for all that came after.
      if (closed.length > 0) await tell(trx, { locationId, agentId, fromMs: Math.max(fromMs, toMs), toMs: null });
    }),

    withdrawImpairedWindow: ({ locationId, agentId, fromMs }) => db.transaction().execute(async (trx) => {
      const withdrawn = await trx.updateTable('impaired_windows').set({ withdrawn_at: sql<Date>`clock_timestamp()` })
        .where('location_id', '=', locationId).where('agent_id', '=', agentId).where('from_at', '=', new Date(fromMs) as never).where('withdrawn_at', 'is', null)
        .returning('to_at').execute();
      for (const { to_at: toMs } of withdrawn) await tell(trx, { locationId, agentId, fromMs, toMs });
    }),

    async impairedWindows(locationIds, fromMs, toMs) {
      if (locationIds.length === 0) return [];
      const rows = await db.selectFrom('impaired_windows').select(['location_id', 'agent_id', 'from_at', 'to_at', 'withdrawn_at'])
        .where('location_id', 'in', [...locationIds]).where('withdrawn_at', 'is', null)
        .where('from_at', '<', new Date(toMs) as never).where((eb) => eb.or([eb('to_at', 'is', null), eb('to_at', '>', new Date(fromMs) as never)]))
        .orderBy('location_id').orderBy('agent_id').orderBy('from_at').execute();
      return rows.map(toWindow);
    },
  };
}

/** The judge looks again, and so do the rollups of whatever the agent saw then. */
async function tell(trx: Transaction<Database>, { locationId, agentId, fromMs, toMs }: WindowKey & { readonly toMs: number | null }): Promise<void> {
  await trx.insertInto('rollup_marks').values({ location_id: locationId, agent_id: agentId, from_at: new Date(fromMs), to_at: toMs === null ? null : new Date(toMs) }).execute();
  await HINT_JUDGE(locationId).execute(trx);
}

function toWindow(row: WindowRow): ImpairedWindow {
  return { locationId: row.location_id, agentId: row.agent_id, fromMs: row.from_at, toMs: row.to_at, isWithdrawn: row.withdrawn_at !== null };
}

/** Who of coordinators and agents lives, by Postgres' clock. As the owner: coordinators are nobody's account. */
import { sql } from 'kysely';
import type { LivenessStore } from '../pipeline/liveness-port.ts';
import type { ConfigHints } from './config-hints.ts';
import type { Db } from './connect.ts';

/** Of agents away for longer nothing is decided any more. */
const LOOK_BACK = sql`interval '10 minutes'`;
const COORDINATORS_KEPT = sql`interval '1 day'`;

type Row = {
  location_id: string; agent_id: string; capacity: number; last_slot_ms: number | null; closed_by_coordinator: boolean;
  last_seen_at: number; closed_at: number | null; coordinator_seen_at: number | null; is_draining: boolean;
};

export function livenessStore(db: Db, hints: ConfigHints): LivenessStore {
  return {
    async joinCoordinators(coordinatorId) {
      await sql`
        with gone as (delete from coordinators where last_seen_at < clock_timestamp() - ${COORDINATORS_KEPT})
        insert into coordinators (id) values (${coordinatorId}) on conflict (id) do nothing`.execute(db);
    },

    async leaveCoordinators(coordinatorId) {
      await sql`update coordinators set stopped_at = clock_timestamp() where id = ${coordinatorId}`.execute(db);
    },

    async observeAgents() {
      const { rows: [clock] } = await sql<{ now: number }>`select clock_timestamp() as now`.execute(db);
      const nowMs = clock!.now;
      const { rows } = await sql<Row>`
        select s.location_id, s.agent_id, a.capacity, a.draining_since is not null as is_draining, s.last_slot_ms, s.closed_by_coordinator, s.last_seen_at, s.closed_at, c.last_seen_at as coordinator_seen_at
        from agents a
        join sessions s on s.location_id = a.location_id and s.agent_id = a.id and s.generation = a.generation
        left join coordinators c on c.id = s.coordinator_id
        where a.revoked_at is null and greatest(s.last_seen_at, s.closed_at) > clock_timestamp() - ${LOOK_BACK}`.execute(db);
      const agoMs = (instantMs: number): number => Math.max(0, nowMs - instantMs);
      return {
        nowMs,
        sightings: rows.map((row) => ({
          agentId: row.agent_id, locationId: row.location_id, capacity: row.capacity, isDraining: row.is_draining,
          heardAgoMs: agoMs(row.last_seen_at), closedAgoMs: row.closed_at === null ? null : agoMs(row.closed_at),
          isClosedByCoordinator: row.closed_by_coordinator, lastSlotMs: row.last_slot_ms,
          coordinatorAgoMs: row.coordinator_seen_at === null ? null : agoMs(row.coordinator_seen_at),
        })),
      };
    },

    onFleetHint: (callback) => hints.subscribe('fleet', callback),
  };
}

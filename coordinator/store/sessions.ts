/** Agents, their sessions and generations. All as the owner: agents are nobody's account. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { SessionStore } from '../pipeline/ports.ts';
import { HINT_FLEET } from './config-hints.ts';
import type { Db } from './connect.ts';

/** Sessions of an agent that are kept: a `Results` stream may still belong to one of the last. */
const SESSIONS_KEPT = 20;

export function sessionStore(db: Db): SessionStore {
  return {
    openSession: (session) => db.transaction().execute(async (trx) => {
      const facts = { name: session.name, version: session.version, capacity: session.capacity, instance_id: session.instanceId };
      const { generation } = await trx.insertInto('agents')
        .values({ location_id: session.locationId, id: session.agentId, ...facts, generation: 1 })
        .onConflict((conflict) => conflict.columns(['location_id', 'id']).doUpdateSet((eb) => ({ ...facts, generation: eb('agents.generation', '+', 1) })))
        .returning('generation').executeTakeFirstOrThrow();
      // One statement, since a fleet that comes back at once asks this of every agent. None of its parts sees what
      // another wrote, so that no row may be of two.
      const sessionId = randomUUID();
      await sql`
        with older as (
          update sessions set closed_at = clock_timestamp()
          where location_id = ${session.locationId} and agent_id = ${session.agentId} and closed_at is null
        ), oldest as (
          delete from sessions
          where location_id = ${session.locationId} and agent_id = ${session.agentId} and generation <= ${generation - SESSIONS_KEPT} and closed_at is not null
        ), opened as (
          insert into sessions (id, location_id, agent_id, instance_id, generation, coordinator_id)
          values (${sessionId}, ${session.locationId}, ${session.agentId}, ${session.instanceId}, ${generation}, ${session.coordinatorId ?? null})
        ) select ${HINT_FLEET}`.execute(trx);
      return { sessionId, generation };
    }),

    async findSession(sessionId) {
      const row = await db.selectFrom('sessions')
        .innerJoin('agents', (join) => join.onRef('agents.location_id', '=', 'sessions.location_id').onRef('agents.id', '=', 'sessions.agent_id'))
        .select(['sessions.agent_id', 'sessions.location_id', 'sessions.generation', 'agents.generation as newest'])
        .where('sessions.id', '=', sessionId).where('agents.revoked_at', 'is', null).executeTakeFirst();
      return row ? { agentId: row.agent_id, locationId: row.location_id, generation: row.generation, isNewest: row.generation === row.newest } : null;
    },

    async touchSessions(coordinatorId, beats) {
      // Newest last wins, and in one order of ids, so that two coordinators never wait for each other in a circle.
      const rows = [...new Map(beats.map((beat) => [beat.sessionId, beat])).values()].sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1));
      await sql`
        with me as (
          insert into coordinators (id) values (${coordinatorId})
          on conflict (id) do update set last_seen_at = clock_timestamp(), stopped_at = null
        )
        update sessions set last_seen_at = greatest(last_seen_at, clock_timestamp() - b.heard_ago_ms * interval '1 ms'),
          last_slot_ms = coalesce(b.last_slot_ms, sessions.last_slot_ms), applied_revision = b.applied_revision, rejected = b.rejected,
          in_flight = b.in_flight, spool_depth = b.spool_depth, lateness_p99_us = b.lateness_p99_us,
          loop_delay_p99_us = b.loop_delay_p99_us, clock_offset_us = b.clock_offset_us, clock_error_us = b.clock_error_us, engine = b.engine, engine_reason = b.engine_reason
        from json_to_recordset(${JSON.stringify(rows.map((beat) => ({
          id: beat.sessionId, heard_ago_ms: Math.max(0, beat.heardAgoMs), last_slot_ms: beat.lastSlotMs, applied_revision: beat.appliedRevision, rejected: beat.rejected, in_flight: beat.inFlight,
          spool_depth: beat.spoolDepth, lateness_p99_us: Math.round(beat.latenessP99Us), loop_delay_p99_us: Math.round(beat.loopDelayP99Us),
          clock_offset_us: Math.round(beat.clockOffsetUs), clock_error_us: Math.round(beat.clockErrorUs), engine: beat.engine, engine_reason: beat.engineReason,
        })))}::json) as b(id uuid, heard_ago_ms double precision, last_slot_ms bigint, applied_revision bigint, rejected json, in_flight integer, spool_depth integer,
          lateness_p99_us bigint, loop_delay_p99_us bigint, clock_offset_us bigint, clock_error_us bigint, engine text, engine_reason text)
        where sessions.id = b.id and sessions.closed_at is null`.execute(db);
    },

    async sayGoodbye(sessionId, lastSlotMs) {
      await sql`with said as (update sessions set last_slot_ms = ${lastSlotMs} where id = ${sessionId}) select ${HINT_FLEET}`.execute(db);
    },

    async closeSession(sessionId, why = 'ended') {
      await sql`
        with ended as (
          update sessions set closed_at = clock_timestamp(), closed_by_coordinator = ${why === 'coordinator_stops'}
          where id = ${sessionId} and closed_at is null
        ) select ${HINT_FLEET}`.execute(db);
    },
  };
}

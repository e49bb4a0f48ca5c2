/** Agents that come in and are turned out. All as the owner: who an agent is decides whose it is. */
import { sql, type Kysely, type Selectable } from 'kysely';
import type { EnrolmentDecision, EnrolmentFacts, EnrolmentKey, KnownAgent } from '../fleet/decide-enrolment.ts';
import type { AgentHello, CutOff, EnrolmentStore } from '../sessions/enrolment-port.ts';
import type { Db } from './connect.ts';
import { toLocation, type LocationColumn } from './location-rows.ts';
import type { Database } from './schema.ts';

const LOCATION_OF = [
  'locations.id as location_id', 'locations.code as location_code', 'locations.name as location_name',
  'locations.kind as location_kind', 'locations.account_id as location_account_id',
] as const;
/** An agent id is in few locations; whoever spreads one over more is found by its newest. */
const KNOWN_MAX = 20;
const OPENINGS_MAX = 20;

export function enrolmentStore(db: Db): EnrolmentStore {
  return {
    async enrol(hello, decide) {
      // An agent that is in, as nearly all are, needs no lock and writes nothing.
      const first = decide(await factsOf(db, hello, 'read'));
      if (first.kind !== 'enrol') return first;
      return db.transaction().execute(async (trx) => {
        const decision = decide(await factsOf(trx, hello, 'lock'));
        if (decision.kind === 'enrol') await write(trx, hello, decision);
        return decision;
      });
    },

    async findCutOff(sessionIds) {
      if (sessionIds.length === 0) return [];
      const { rows } = await sql<CutOff>`
        select sessions.id as "sessionId",
          case when agents.revoked_at is not null then 'agent_revoked' when locations.deleted_at is not null then 'location_deleted'
            when location_keys.revoked_at is not null then 'key_revoked' else 'superseded' end as code
        from sessions
        join agents on agents.location_id = sessions.location_id and agents.id = sessions.agent_id
        join locations on locations.id = sessions.location_id
        left join location_keys on location_keys.id = agents.key_id
        where sessions.id = any(${[...sessionIds]}::uuid[])
          and (agents.revoked_at is not null or locations.deleted_at is not null or location_keys.revoked_at is not null
            or agents.generation > sessions.generation)`.execute(db);
      return rows;
    },

    async recentOpenings(locationId, agentId, withinMs) {
      const rows = await db.selectFrom('sessions').select(['instance_id', 'opened_at'])
        .where('location_id', '=', locationId).where('agent_id', '=', agentId)
        .where('opened_at', '>', sql<number>`clock_timestamp() - ${withinMs} * interval '1 ms'`)
        .orderBy('generation', 'desc').limit(OPENINGS_MAX).execute();
      return rows.map((row) => ({ instanceId: row.instance_id, openedAtMs: row.opened_at })).reverse();
    },

    async noteConflict(locationId, agentId) {
      await db.updateTable('agents').set({ conflict_at: sql<Date>`clock_timestamp()` })
        .where('location_id', '=', locationId).where('id', '=', agentId).execute();
    },
  };
}

async function factsOf(db: Kysely<Database>, hello: AgentHello, access: 'read' | 'lock'): Promise<EnrolmentFacts> {
  const given = hello.keyHash === null ? null : await keyOf(db, hello.keyHash, hello.agentId, access);
  return {
    hasOwnKey: hello.publicKey !== null,
    isKeyGiven: hello.keyHash !== null,
    key: given?.key ?? null,
    known: await knownOf(db, hello),
    // Only keys expire.
    nowMs: given?.nowMs ?? 0,
  };
}

/** With the lock, of several agents with one key each sees what the one before it took. */
async function keyOf(db: Kysely<Database>, hash: Uint8Array, agentId: string, access: 'read' | 'lock'): Promise<{ readonly key: EnrolmentKey; readonly nowMs: number } | null> {
  if (access === 'lock') await db.selectFrom('location_keys').select('id').where('key_hash', '=', Buffer.from(hash)).forNoKeyUpdate().execute();
  const row = await db.selectFrom('location_keys').innerJoin('locations', 'locations.id', 'location_keys.location_id')
    .selectAll('location_keys').select(LOCATION_OF).select(sql<number>`clock_timestamp()`.as('now'))
    .where('key_hash', '=', Buffer.from(hash)).executeTakeFirst();
  if (!row) return null;
  // Counted only where it matters: a fleet that comes back at once asks this of every agent.
  const others = row.agents_max === null && !row.needs_approval ? { all: 0, pending: 0 } : await othersOf(db, row.id, agentId);
  return { nowMs: row.now, key: {
    id: row.id, location: locationIn(row), isRevoked: row.revoked_at !== null, expiresAtMs: row.expires_at,
    isOneTime: row.is_one_time, isUsed: row.used_at !== null, agentsMax: row.agents_max, needsApproval: row.needs_approval,
    otherAgents: others.all, otherPending: others.pending,
  } };
}

function othersOf(db: Kysely<Database>, keyId: string, agentId: string): Promise<{ readonly all: number; readonly pending: number }> {
  return db.selectFrom('agents').where('key_id', '=', keyId).where('revoked_at', 'is', null).where('id', '<>', agentId)
    .select((eb) => [eb.fn.countAll<number>().as('all'), eb.fn.count<number>(sql`case when approved_at is null then 1 end`).as('pending')])
    .executeTakeFirstOrThrow();
}

async function knownOf(db: Kysely<Database>, { agentId, publicKey }: AgentHello): Promise<readonly KnownAgent[]> {
  const rows = await db.selectFrom('agents').innerJoin('locations', 'locations.id', 'agents.location_id')
    .leftJoin('location_keys', 'location_keys.id', 'agents.key_id')
    .select(LOCATION_OF)
    .select(['locations.deleted_at', 'agents.public_key', 'agents.key_id', 'agents.approved_at', 'agents.revoked_at', 'location_keys.revoked_at as key_revoked_at'])
    .where('agents.id', '=', agentId).orderBy('agents.enrolled_at', 'desc').limit(KNOWN_MAX).execute();
  return rows.map((row) => ({
    location: locationIn(row), isLocationDeleted: row.deleted_at !== null,
    state: row.revoked_at !== null ? 'revoked' : row.approved_at === null ? 'pending' : 'active',
    pin: row.public_key === null ? 'unpinned' : publicKey !== null && row.public_key.equals(publicKey) ? 'same' : 'other',
    keyId: row.key_id, isKeyRevoked: row.key_revoked_at !== null,
  }));
}

async function write(trx: Kysely<Database>, hello: AgentHello, decision: Extract<EnrolmentDecision, { kind: 'enrol' }>): Promise<void> {
  const now = sql<Date>`clock_timestamp()`;
  const facts = {
    name: hello.name, version: hello.version, capacity: hello.capacity, instance_id: hello.instanceId,
    key_id: decision.keyId, enrolled_at: now, ...(hello.publicKey ? { public_key: Buffer.from(hello.publicKey) } : {}),
  };
  await trx.insertInto('agents')
    .values({ location_id: decision.location.id, id: hello.agentId, generation: 0, ...facts, approved_at: decision.isApproved ? now : null })
    // An approval that was given stays given.
    .onConflict((conflict) => conflict.columns(['location_id', 'id']).doUpdateSet(facts)).execute();
  await trx.updateTable('location_keys').set({ used_at: sql<Date>`coalesce(used_at, clock_timestamp())` }).where('id', '=', decision.keyId).execute();
}

function locationIn(row: { [Column in LocationColumn as `location_${Column}`]: Selectable<Database['locations']>[Column] }) {
  return toLocation({ id: row.location_id, code: row.location_code, name: row.location_name, kind: row.location_kind, account_id: row.location_account_id });
}

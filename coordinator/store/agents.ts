/** Who the agents are, as people see and manage them. */
import { sql } from 'kysely';
import type { AgentRow, AgentState, ApiStore } from '../api/ports.ts';
import { CONFLICT_SETTLED_AFTER_MS } from '../fleet/detect-conflict.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import { audited } from './audit-drafts.ts';
import { HINT_FLEET } from './config-hints.ts';
import type { Db } from './connect.ts';
import { IS_CONNECTED } from './locations.ts';

const IN_ROSTER = sql<boolean>`coalesce((
  select rosters.members @> jsonb_build_array(jsonb_build_object('agentId', agents.id)) from rosters
  where rosters.location_id = agents.location_id order by rosters.from_at desc limit 1), false)`;
const IS_IN_CONFLICT = sql<boolean>`coalesce(agents.conflict_at > clock_timestamp() - ${sql.lit(CONFLICT_SETTLED_AFTER_MS)} * interval '1 ms', false)`;
const IS_IMPAIRED = sql<boolean>`exists (select from impaired_windows i
  where i.location_id = agents.location_id and i.agent_id = agents.id and i.to_at is null and i.withdrawn_at is null)`;

/** An agent's last slots are in a heartbeat, and that is in Postgres, this long after another one has its part. */
const LAST_SLOTS_MS = 5_000;
/** Has it, or had it a moment ago, a part that nobody took over? */
const HAS_PART = sql<boolean>`exists (
  select from (select members, lead(from_at) over (order by from_at) as until from rosters where rosters.location_id = agents.location_id) r
  where r.members @> jsonb_build_array(jsonb_build_object('agentId', agents.id)) and coalesce(r.until > clock_timestamp() - ${sql.lit(LAST_SLOTS_MS)} * interval '1 ms', true))`;
const STATE = sql<AgentState>`case
  when agents.approved_at is null then 'pending'
  when agents.draining_since is null then 'active'
  when coalesce(sessions.spool_depth, 0) > 0 or (sessions.closed_at is null and coalesce(sessions.in_flight, 0) > 0) or ${HAS_PART} then 'draining'
  else 'drained' end`;

export function agentStore(db: Db): Pick<ApiStore, 'listAgents' | 'findAgent' | 'approveAgent' | 'revokeAgent' | 'drainAgent'> {
  /** In own locations as the tenant; in public ones as the owner of the tables, for the operator. */
  const change = async (accountId: string, id: string, alsoPublic: boolean, column: 'approved_at' | 'revoked_at' | 'draining_since', isUndone = false): Promise<void> => {
    const now = { [column]: isUndone ? null : sql<Date>`clock_timestamp()` };
    const isDue = isUndone ? 'is not' : 'is';
    await asAccount(db, accountId, (trx) => trx.updateTable('agents').set(now).where('id', '=', id).where(column, isDue, null)
      .where('location_id', 'in', (eb) => eb.selectFrom('locations').select('locations.id').where('account_id', '=', accountId)).execute());
    if (!alsoPublic) return;
    await audited(db, (trx) => trx.updateTable('agents').set(now).where('id', '=', id).where(column, isDue, null)
      .where('location_id', 'in', (eb) => eb.selectFrom('locations').select('locations.id').where('account_id', 'is', null)).execute());
  };

  return {
    listAgents: (accountId) => readAsAccount(db, accountId, async (trx) => {
      const rows = await trx.selectFrom('agents')
        .innerJoin('locations', 'locations.id', 'agents.location_id')
        // One that waits for approval has had no session.
        .leftJoin('sessions', (join) => join.onRef('sessions.location_id', '=', 'agents.location_id').onRef('sessions.agent_id', '=', 'agents.id').onRef('sessions.generation', '=', 'agents.generation'))
        .leftJoin('agent_witnesses', (join) => join.onRef('agent_witnesses.location_id', '=', 'agents.location_id').onRef('agent_witnesses.agent_id', '=', 'agents.id'))
        .where((eb) => eb.or([eb('locations.account_id', 'is', null), eb('locations.account_id', '=', accountId)]))
        .where('agents.revoked_at', 'is', null).where('locations.deleted_at', 'is', null)
        .selectAll('sessions')
        .select([
          'agents.id as known_id', 'agents.name', 'agents.version', 'agents.capacity', 'agents.generation as newest', 'agents.enrolled_at', 'agents.draining_since', STATE.as('state'),
          'locations.code', IN_ROSTER.as('in_roster'), sql<boolean>`coalesce(${IS_CONNECTED}, false)`.as('connected'), IS_IN_CONFLICT.as('conflict'),
          'agent_witnesses.state as witness_state', 'agent_witnesses.since as witness_since', 'agent_witnesses.answering as witness_answering', 'agent_witnesses.total as witness_total', IS_IMPAIRED.as('impaired'),
        ])
        .orderBy('locations.code').orderBy('agents.name').orderBy('agents.id').execute();
      return rows.map((row): AgentRow => ({
        id: row.known_id, name: row.name, locationCode: row.code, version: row.version, generation: row.newest,
        connected: row.connected, inRoster: row.in_roster, lastSeenAtMs: Math.trunc(row.last_seen_at ?? row.enrolled_at),
        appliedRevision: row.applied_revision ?? 0, rejected: row.rejected ?? [], inFlight: row.in_flight ?? 0, capacity: row.capacity,
        spoolDepth: row.spool_depth ?? 0, latenessP99Us: row.lateness_p99_us ?? 0, loopDelayP99Us: row.loop_delay_p99_us ?? 0,
        clockOffsetUs: row.clock_offset_us ?? 0, clockErrorUs: row.clock_error_us ?? 0,
        engine: row.engine === null ? null : { kind: row.engine as 'kernel' | 'plain', reason: row.engine_reason ?? '' },
        state: row.state, drainingSinceMs: row.draining_since === null ? null : Math.trunc(row.draining_since), conflict: row.conflict, enrolledAtMs: Math.trunc(row.enrolled_at), impaired: row.impaired,
        witnesses: {
          state: (row.witness_state ?? 'none') as AgentRow['witnesses']['state'], sinceMs: row.witness_since === null ? null : Math.trunc(row.witness_since),
          answering: row.witness_answering ?? 0, total: row.witness_total ?? 0,
        },
      }));
    }),

    findAgent: (accountId, id) => readAsAccount(db, accountId, async (trx) => {
      const rows = await trx.selectFrom('agents').innerJoin('locations', 'locations.id', 'agents.location_id').select('locations.account_id')
        .where('agents.id', '=', id).where('agents.revoked_at', 'is', null).where('locations.deleted_at', 'is', null)
        .where((eb) => eb.or([eb('locations.account_id', 'is', null), eb('locations.account_id', '=', accountId)])).execute();
      return { inPublic: rows.some((row) => row.account_id === null), inOwn: rows.some((row) => row.account_id === accountId) };
    }),

    approveAgent: (accountId, id, { alsoPublic }) => change(accountId, id, alsoPublic, 'approved_at'),
    async drainAgent(accountId, id, { isDraining, alsoPublic }) {
      await change(accountId, id, alsoPublic, 'draining_since', !isDraining);
      await sql`select ${HINT_FLEET}`.execute(db);
    },
    revokeAgent: (accountId, id, { alsoPublic }) => change(accountId, id, alsoPublic, 'revoked_at'),
  };
}

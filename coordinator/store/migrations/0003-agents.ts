import { sql, type Kysely } from 'kysely';

/**
 * Agents and their sessions. An agent is known within its location: the same id under another location's key is
 * another agent, so that nobody displaces a stranger's.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table agents (
      location_id uuid not null references locations (id),
      id uuid not null,
      name text not null,
      version text not null,
      capacity integer not null,
      instance_id uuid not null,
      generation integer not null,
      created_at timestamptz not null default now(),
      primary key (location_id, id)
    );

    create table sessions (
      id uuid primary key,
      location_id uuid not null,
      agent_id uuid not null,
      instance_id uuid not null,
      generation integer not null,
      opened_at timestamptz not null default now(),
      last_seen_at timestamptz not null default now(),
      closed_at timestamptz,
      applied_revision bigint not null default 0,
      rejected json not null default '[]',
      in_flight integer not null default 0,
      spool_depth integer not null default 0,
      lateness_p99_us bigint not null default 0,
      loop_delay_p99_us bigint not null default 0,
      clock_offset_us bigint not null default 0,
      clock_error_us bigint not null default 0,
      unique (location_id, agent_id, generation),
      foreign key (location_id, agent_id) references agents (location_id, id)
    ) with (fillfactor = 50);

    create table rosters (
      location_id uuid not null references locations (id),
      from_at timestamptz not null,
      members jsonb not null,
      config_revision bigint not null,
      primary key (location_id, from_at)
    );
    create index rosters_by_revision on rosters (config_revision);
  `.execute(db);
}

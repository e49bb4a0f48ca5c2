import { sql, type Kysely } from 'kysely';

/**
 * Several coordinators on one Postgres: who of them lives, which of them holds a session, what an agent said when it
 * left, and shots on their way to whichever coordinator has the agent. A shot may name the attempt it is of another
 * run (a retry in another location), and a check remembers for which revision its first run was ordered.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table coordinators (
      id text primary key,
      started_at timestamptz not null default clock_timestamp(),
      last_seen_at timestamptz not null default clock_timestamp(),
      stopped_at timestamptz
    ) with (fillfactor = 50);
    alter table coordinators enable row level security;

    alter table sessions
      add column coordinator_id text,
      add column last_slot_ms bigint,
      add column closed_by_coordinator boolean not null default false;
    comment on column sessions.last_slot_ms is 'it said goodbye: what is due after this is someone else''s; null: it did not';

    alter table checks add column deployed_revision integer not null default 0;

    alter table shots
      add column of_run_id uuid,
      add column of_due_at timestamptz,
      add column of_location uuid references locations (id),
      add column attempt smallint,
      add column is_last_attempt boolean,
      add check (num_nulls(of_run_id, of_due_at, of_location, attempt, is_last_attempt) in (0, 5));

    create table shot_deliveries (
      run_id uuid primary key,
      location_id uuid not null references locations (id),
      shot bytea not null,
      ordered_by text,
      expires_at timestamptz not null,
      claimed_by text,
      answer_kind text,
      answer bytea,
      answered_by uuid
    );
    create index shot_deliveries_unclaimed on shot_deliveries (location_id, expires_at) where claimed_by is null;
    create index shot_deliveries_by_expiry on shot_deliveries (expires_at);
    comment on column shot_deliveries.ordered_by is 'the coordinator that waits for the answer; null: nobody does, the result is enough';
    alter table shot_deliveries enable row level security;
  `.execute(db);
}

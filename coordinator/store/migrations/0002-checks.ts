import { sql, type Kysely } from 'kysely';

/**
 * Checks, their immutable revisions and schedule. A definition is `json`, not `jsonb`: what a user wrote comes back
 * as it was, U+0000 and order of keys included.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table checks (
      account_id uuid not null references accounts (id),
      id uuid not null unique,
      revision integer not null,
      name text not null,
      tags text[] not null,
      definition json not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      deleted_at timestamptz,
      config_revision bigint not null,
      primary key (account_id, id)
    );
    create index checks_by_age on checks (account_id, created_at, id) where deleted_at is null;
    create index checks_by_config_revision on checks (config_revision);

    create table check_revisions (
      account_id uuid not null,
      check_id uuid not null,
      revision integer not null,
      definition json not null,
      created_at timestamptz not null default now(),
      primary key (account_id, check_id, revision),
      foreign key (account_id, check_id) references checks (account_id, id)
    );

    create table schedule_epochs (
      account_id uuid not null,
      check_id uuid not null,
      from_at timestamptz not null,
      interval_ms integer not null check (interval_ms > 0),
      strategy text not null check (strategy in ('parallel', 'round_robin')),
      location_order uuid[] not null,
      active boolean not null,
      primary key (account_id, check_id, from_at),
      foreign key (account_id, check_id) references checks (account_id, id)
    );

    create table idempotency_keys (
      account_id uuid not null,
      key text not null,
      check_id uuid not null,
      created_at timestamptz not null default now(),
      primary key (account_id, key),
      foreign key (account_id, check_id) references checks (account_id, id) deferrable initially deferred
    );

    create table shots (
      account_id uuid not null,
      run_id uuid not null unique,
      check_id uuid not null,
      check_revision integer not null,
      location_id uuid not null references locations (id),
      trigger text not null check (trigger in ('deploy', 'manual', 'confirm', 'retry')),
      ordered_at timestamptz not null,
      primary key (account_id, run_id),
      foreign key (account_id, check_id, check_revision) references check_revisions (account_id, check_id, revision)
    );
  `.execute(db);
}

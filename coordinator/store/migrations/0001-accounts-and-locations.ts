import { sql, type Kysely } from 'kysely';

/** Who there is, where checks run from, the counter that every change of the config moves. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table accounts (
      id uuid primary key,
      name text not null,
      created_at timestamptz not null default now()
    );

    create table api_keys (
      account_id uuid not null references accounts (id),
      id text not null,
      name text not null,
      prefix text not null,
      key_hash bytea not null unique,
      scopes text[] not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      revoked_at timestamptz,
      last_used_at timestamptz,
      primary key (account_id, id)
    );

    create table config_state (
      is_only boolean primary key default true check (is_only),
      revision bigint not null
    );
    insert into config_state (revision) values (0);

    create table locations (
      id uuid primary key,
      code text not null,
      name text not null,
      kind text not null check (kind in ('public', 'private')),
      account_id uuid references accounts (id),
      created_at timestamptz not null default now(),
      config_revision bigint not null,
      check ((kind = 'public') = (account_id is null)),
      unique (account_id, code)
    );
    create unique index locations_public_code on locations (code) where account_id is null;

    create table location_keys (
      id text primary key,
      location_id uuid not null references locations (id),
      key_hash bytea not null unique,
      masked text not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      revoked_at timestamptz
    );

    create table availability (
      location_id uuid not null references locations (id),
      from_at timestamptz not null,
      available boolean not null,
      config_revision bigint not null,
      primary key (location_id, from_at)
    );
  `.execute(db);
}

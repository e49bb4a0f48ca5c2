import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';
import { keepToOwnRows } from './own-rows.ts';

/**
 * People: who they are, what they may do in which account, where they are signed in, who was invited, and what
 * everybody did. Passwords as argon2id, every token as its HMAC. `audit_log` is append-only, also for the owner.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const role = sql.ref(TENANT_ROLE);
  await sql`
    create table users (
      id uuid primary key,
      email text not null unique check (email = lower(email)),
      name text not null,
      password_hash text,
      is_operator boolean not null default false,
      created_at timestamptz not null default now()
    );
    comment on column users.is_operator is 'set up this installation: what belongs to no account is theirs, too';

    create table memberships (
      account_id uuid not null references accounts (id),
      user_id uuid not null references users (id),
      role text not null check (role in ('owner', 'admin', 'editor', 'runner', 'viewer')),
      created_at timestamptz not null default now(),
      primary key (account_id, user_id)
    );
    create index memberships_by_user on memberships (user_id);

    create table user_sessions (
      account_id uuid not null,
      id uuid not null unique,
      user_id uuid not null,
      token_hash bytea not null unique,
      address text not null,
      user_agent text not null,
      created_at timestamptz not null default now(),
      last_seen_at timestamptz not null default now(),
      expires_at timestamptz not null,
      primary key (account_id, id),
      foreign key (account_id, user_id) references memberships (account_id, user_id) on delete cascade
    );
    create index user_sessions_by_user on user_sessions (account_id, user_id);
    comment on table user_sessions is 'a row is a live session or an expired one; signing out deletes it';

    create table invitations (
      account_id uuid not null references accounts (id),
      id uuid not null unique,
      email text not null check (email = lower(email)),
      role text not null check (role in ('owner', 'admin', 'editor', 'runner', 'viewer')),
      token_hash bytea not null unique,
      invited_by text not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      primary key (account_id, id),
      unique (account_id, email)
    );
    comment on table invitations is 'open ones; what became of the others is in the audit log';

    create table setup_tokens (
      token_hash bytea primary key,
      created_at timestamptz not null default now()
    );
    comment on table setup_tokens is 'one of each coordinator that started while nobody owned the installation';

    create table audit_log (
      account_id uuid not null references accounts (id),
      id bigint not null generated always as identity unique,
      at timestamptz not null default now(),
      actor_kind text not null check (actor_kind in ('user', 'key', 'stranger')),
      actor_id text not null,
      actor_name text not null,
      action text not null,
      target text,
      address text not null,
      status integer not null,
      details json not null,
      primary key (account_id, id)
    );
    create index audit_log_by_age on audit_log (account_id, id desc);
    create function refuse_change() returns trigger language plpgsql as $$
      begin raise exception 'the audit log is append-only'; end $$;
    create trigger append_only before update or delete on audit_log for each row execute function refuse_change();
    create trigger append_only_whole before truncate on audit_log for each statement execute function refuse_change();
  `.execute(db);

  await keepToOwnRows(db, OWN_ROWS);
  await sql`
    alter table users enable row level security;
    create policy of_own_account on users to ${role}
      using (exists (select from memberships where memberships.user_id = users.id and memberships.account_id = (select current_account())));
    grant select (id, email, name, created_at, is_operator) on users to ${role};
    alter table setup_tokens enable row level security;
    grant insert, update on api_keys to ${role};
  `.execute(db);
}

const OWN_ROWS = [
  ['memberships', 'select, update, delete'],
  ['user_sessions', 'select, delete'],
  ['invitations', 'select, insert, delete'],
  ['audit_log', 'select, insert'],
] as const;

import { sql, type Kysely } from 'kysely';

/** Whom an OpenID Connect provider calls what. Of nobody's account, as `users`: the tenant role has no right to it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table user_identities (
      issuer text not null,
      subject text not null,
      user_id uuid not null references users (id) on delete cascade,
      created_at timestamptz not null default now(),
      primary key (issuer, subject)
    );
    create index user_identities_by_user on user_identities (user_id);
    alter table user_identities enable row level security;
  `.execute(db);
}

import { sql, type Kysely } from 'kysely';

/**
 * Leases in Postgres' time, how far slots are closed, and which results came after their gap. The mark begins an
 * hour back: so far the closer before this one went over what had closed.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table leases (
      name text primary key,
      holder text not null,
      token bigint not null,
      expires_at timestamptz not null
    );
    alter table leases enable row level security;

    create table closing_state (
      is_only boolean primary key default true check (is_only),
      closed_through timestamptz not null
    );
    alter table closing_state enable row level security;
    insert into closing_state (closed_through) values (date_trunc('milliseconds', now()) - interval '1 hour');

    alter table results add column replaced_gap text;
    comment on column results.replaced_gap is 'the reason of the gap that stood in the place of this result until it came; null: none did';
  `.execute(db);
}

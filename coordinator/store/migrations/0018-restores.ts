import { sql, type Kysely } from 'kysely';

/** When a backup was put back: slots due in the span of which nothing is known end as `restored` (F29). Of the whole installation, so no account may read it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table restores (
      id bigint generated always as identity primary key,
      from_at timestamptz not null,
      to_at timestamptz not null,
      taken_at timestamptz not null,
      check (from_at <= to_at)
    );
    comment on column restores.from_at is 'every slot due before was settled in the backup';
    alter table restores enable row level security;
  `.execute(db);
}

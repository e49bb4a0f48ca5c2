import { sql, type Kysely } from 'kysely';
import { keepToOwnRows } from './own-rows.ts';

/** Public status pages: which checks an account shows to everybody, under which names. The slug is the installation's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table status_pages (
      account_id uuid not null references accounts (id),
      id integer not null generated always as identity unique,
      slug text not null unique,
      title text not null,
      description text,
      is_on boolean not null default false,
      shows_incidents boolean not null default true,
      shows_maintenance boolean not null default true,
      sections json not null default '[]',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (account_id, id)
    );
  `.execute(db);
  await keepToOwnRows(db, [['status_pages', 'select, insert, update, delete']]);
}

import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';

/**
 * What agents say of their witnesses, and the windows in which what an agent saw is believed to be of its own making
 * (rules.md 22). A window is withdrawn, not deleted: what was judged by it is judged anew.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table agent_witnesses (
      location_id uuid not null references locations (id),
      agent_id uuid not null,
      state text not null,
      since timestamptz,
      answering integer not null,
      total integer not null,
      updated_at timestamptz not null default clock_timestamp(),
      primary key (location_id, agent_id)
    );

    create table impaired_windows (
      location_id uuid not null references locations (id),
      agent_id uuid not null,
      from_at timestamptz not null,
      to_at timestamptz check (to_at >= from_at),
      decided_at timestamptz not null default clock_timestamp(),
      withdrawn_at timestamptz,
      reason json not null,
      primary key (location_id, agent_id, from_at)
    );
    create index impaired_windows_open on impaired_windows (location_id, agent_id) where to_at is null and withdrawn_at is null;
    comment on column impaired_windows.to_at is 'null: the witnesses do not answer yet';
  `.execute(db);
  for (const table of ['agent_witnesses', 'impaired_windows']) {
    await sql`
      alter table ${sql.ref(table)} enable row level security;
      create policy of_visible_location on ${sql.ref(table)} to ${sql.ref(TENANT_ROLE)}
        using (exists (select from locations where locations.id = location_id));
      grant select on ${sql.ref(table)} to ${sql.ref(TENANT_ROLE)};
    `.execute(db);
  }
}

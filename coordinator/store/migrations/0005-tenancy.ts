import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';
import { keepToOwnRows } from './own-rows.ts';

/**
 * The second wall (rules.md 35). Work for one account runs as the tenant role, which sees the rows of the account
 * in the setting `sonde.account_id`, and none without it. The owner plans and ingests for all.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const role = sql.ref(TENANT_ROLE);
  await sql`
    create function current_account() returns uuid language sql stable parallel safe
      return nullif(current_setting('sonde.account_id', true), '')::uuid;
    grant usage on schema public to ${role};
    grant select, update on config_state to ${role};
  `.execute(db);

  await keepToOwnRows(db, OWN_ROWS);

  await sql`
    alter table accounts enable row level security;
    create policy own_account on accounts to ${role} using (id = (select current_account()));
    grant select on accounts to ${role};

    alter table locations enable row level security;
    create policy public_or_own on locations to ${role}
      using (account_id is null or account_id = (select current_account()))
      with check (account_id = (select current_account()));
    grant select on locations to ${role};
  `.execute(db);

  for (const table of ['agents', 'sessions', 'rosters', 'availability']) {
    await sql`
      alter table ${sql.ref(table)} enable row level security;
      create policy of_visible_location on ${sql.ref(table)} to ${role}
        using (exists (select from locations where locations.id = location_id));
      grant select on ${sql.ref(table)} to ${role};
    `.execute(db);
  }
  await sql`alter table location_keys enable row level security`.execute(db);
}

const OWN_ROWS = [
  ['api_keys', 'select'],
  ['checks', 'select, insert, update'],
  ['check_revisions', 'select, insert'],
  ['schedule_epochs', 'select, insert'],
  ['idempotency_keys', 'select, insert, update'],
  ['shots', 'select'],
  ['results', 'select'],
  ['gaps', 'select'],
] as const;

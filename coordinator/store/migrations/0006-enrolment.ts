import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';

/** Private locations that come and go, location keys with limits, agents with keys of their own. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const role = sql.ref(TENANT_ROLE);
  await sql`
    alter table locations
      add column icon text,
      add column proxy_url text,
      add column updated_at timestamptz not null default now(),
      -- Results, shots and epochs go on naming a location that was deleted; its slug is free again.
      add column deleted_at timestamptz,
      drop constraint locations_account_id_code_key;
    update locations set updated_at = created_at;
    create unique index locations_own_slug on locations (account_id, code) where account_id is not null and deleted_at is null;

    alter table location_keys
      add column is_one_time boolean not null default false,
      add column agents_max integer check (agents_max > 0),
      add column needs_approval boolean not null default false,
      add column used_at timestamptz;
    create index location_keys_of_location on location_keys (location_id, created_at);

    alter table agents
      -- Raw Ed25519; null: an older agent, which has none.
      add column public_key bytea check (length(public_key) = 32),
      add column key_id text references location_keys (id),
      add column enrolled_at timestamptz not null default now(),
      add column approved_at timestamptz default now(),
      add column revoked_at timestamptz,
      add column conflict_at timestamptz;
    update agents set enrolled_at = created_at, approved_at = created_at;
    create index agents_by_id on agents (id);
    create index agents_by_key on agents (key_id);

    -- The operator's first key may do everything, what is new included.
    update api_keys set scopes = array_append(scopes, 'locations:write') where 'operator' = any(scopes) and not 'locations:write' = any(scopes);
  `.execute(db);
  await sql`
    grant insert on locations to ${role};
    -- Not the owner and not the kind: nobody makes another's location their own.
    grant update (name, icon, proxy_url, updated_at, deleted_at, config_revision) on locations to ${role};
    create policy of_own_location on location_keys to ${role}
      using (exists (select from locations where locations.id = location_id and locations.account_id = (select current_account())));
    grant select, insert, update (revoked_at) on location_keys to ${role};
    create policy approves_in_own_location on agents as restrictive for update to ${role}
      using (exists (select from locations where locations.id = location_id and locations.account_id = (select current_account())));
    grant update (approved_at, revoked_at) on agents to ${role};
  `.execute(db);
}

import { sql, type Kysely } from 'kysely';
import { keepToOwnRows } from './own-rows.ts';

/**
 * What users say about alerts (groups, channels, subscriptions, maintenance windows, variables, the account's own
 * settings) and the outbox: a notice once per transition, a delivery once per notice and channel (I4). Numbers as
 * ids where the clients of the API expect numbers. Secrets are sealed before they come here.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table account_settings (
      account_id uuid primary key references accounts (id),
      alert_settings json,
      updated_at timestamptz not null default now()
    );

    create table check_groups (
      account_id uuid not null references accounts (id),
      id integer not null generated always as identity unique,
      revision integer not null default 1,
      name text not null,
      definition json not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (account_id, id)
    );
    alter table checks add column group_id integer;
    create index checks_by_group on checks (account_id, group_id) where group_id is not null and deleted_at is null;

    create table alert_channels (
      account_id uuid not null references accounts (id),
      id integer not null generated always as identity unique,
      type text not null,
      config json not null,
      sealed bytea,
      send_failure boolean not null default true,
      send_degraded boolean not null default false,
      send_recovery boolean not null default true,
      ssl_expiry boolean not null default false,
      ssl_expiry_threshold integer not null default 30,
      auto_subscribe boolean not null default false,
      disabled_at timestamptz,
      disabled_reason text,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (account_id, id)
    );
    comment on column alert_channels.config is 'what may be shown; what may not is in sealed';

    create table alert_subscriptions (
      account_id uuid not null,
      id bigint not null generated always as identity unique,
      channel_id integer not null,
      check_id uuid,
      group_id integer,
      activated boolean not null default true,
      primary key (account_id, id),
      check ((check_id is null) <> (group_id is null)),
      unique (account_id, channel_id, check_id),
      unique (account_id, channel_id, group_id),
      foreign key (account_id, channel_id) references alert_channels (account_id, id) on delete cascade,
      foreign key (account_id, check_id) references checks (account_id, id) on delete cascade,
      foreign key (account_id, group_id) references check_groups (account_id, id) on delete cascade
    );
    create index alert_subscriptions_by_check on alert_subscriptions (account_id, check_id);
    create index alert_subscriptions_by_group on alert_subscriptions (account_id, group_id);

    create table maintenance_windows (
      account_id uuid not null references accounts (id),
      id integer not null generated always as identity unique,
      name text not null,
      definition json not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (account_id, id)
    );

    create table maintenance_window_versions (
      account_id uuid not null references accounts (id),
      window_id integer not null,
      from_at timestamptz not null,
      until_at timestamptz,
      definition json not null,
      primary key (account_id, window_id, from_at)
    );
    comment on table maintenance_window_versions is 'what was in force when: like epochs, for slots that are closed later';

    create table variables (
      account_id uuid not null references accounts (id),
      id bigint not null generated always as identity unique,
      group_id integer,
      key text not null,
      sealed bytea not null,
      is_secret boolean not null,
      locked boolean not null default false,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (account_id, id),
      unique nulls not distinct (account_id, group_id, key),
      foreign key (account_id, group_id) references check_groups (account_id, id) on delete cascade
    );

    create table notices (
      account_id uuid not null references accounts (id),
      id uuid not null unique,
      alert_id uuid,
      kind text not null,
      check_id uuid,
      location_id uuid,
      payload json not null,
      created_at timestamptz not null default now(),
      primary key (account_id, id)
    );
    create index notices_by_age on notices (account_id, created_at desc, id);
    create index notices_by_check on notices (account_id, check_id, created_at desc);

    create table notice_deliveries (
      account_id uuid not null,
      id uuid not null unique,
      notice_id uuid not null,
      channel_id integer not null,
      channel_type text not null,
      channel_name text not null,
      state text not null default 'pending' check (state in ('pending', 'delivered', 'dead', 'dropped')),
      attempts integer not null default 0,
      answer json,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      delivered_at timestamptz,
      primary key (account_id, id),
      unique (account_id, notice_id, channel_id),
      foreign key (account_id, notice_id) references notices (account_id, id) on delete cascade
    );
    create index notice_deliveries_by_age on notice_deliveries (account_id, created_at desc, id);
    comment on column notice_deliveries.answer is 'what the provider said last: status, headers worth keeping, the beginning of its body, or our own error';
  `.execute(db);

  await keepToOwnRows(db, OWN_ROWS);
}

const OWN_ROWS = [
  ['account_settings', 'select, insert, update'],
  ['check_groups', 'select, insert, update, delete'],
  ['alert_channels', 'select, insert, update, delete'],
  ['alert_subscriptions', 'select, insert, update, delete'],
  ['maintenance_windows', 'select, insert, update, delete'],
  ['maintenance_window_versions', 'select, insert, update, delete'],
  ['variables', 'select, insert, update, delete'],
  ['notices', 'select, insert'],
  ['notice_deliveries', 'select, insert, update'],
] as const;

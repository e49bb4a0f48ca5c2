import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';
import { keepToOwnRows } from './own-rows.ts';

/**
 * Runs by account and hour, computed from the rows (store/usage.ts) and kept when these are gone; the marks that ingest
 * leaves for it; what other systems posted; quotas. And the sums that counters for Prometheus go on from.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table usage_hourly (
      account_id uuid not null,
      at timestamptz not null,
      check_type text not null,
      pool text not null,
      kind text not null check (kind in ('scheduled', 'retry', 'manual', 'deploy')),
      runs integer not null,
      degraded integer not null,
      failed integer not null,
      over_max integer not null,
      primary key (account_id, at, check_type, pool, kind)
    );
    create table usage_external (
      account_id uuid not null,
      day date not null,
      source text not null,
      check_type text not null,
      pool text not null,
      runs bigint not null check (runs >= 0),
      posted_at timestamptz not null default now(),
      primary key (account_id, day, source, check_type, pool)
    );
    create table usage_quotas (
      account_id uuid not null,
      pool text not null,
      runs_per_month bigint not null check (runs_per_month > 0),
      policy text not null check (policy in ('continue', 'refuse_new')),
      warn_at_percent smallint not null check (warn_at_percent between 1 and 100),
      updated_at timestamptz not null default now(),
      primary key (account_id, pool)
    );
    create table counter_totals (
      account_id uuid not null,
      check_id uuid not null,
      location_id uuid not null,
      passed bigint not null,
      degraded bigint not null,
      failed bigint not null,
      retries bigint not null,
      sketches bytea,
      primary key (account_id, check_id, location_id)
    );
    alter table counter_totals alter column sketches set storage external;
    comment on table counter_totals is 'of every day before counter_state.through: what counters began with, whatever retention takes';
    create table counter_state (
      is_only boolean primary key default true check (is_only),
      through timestamptz not null
    );
    insert into counter_state (through) values ('1970-01-01T00:00:00Z');
    create table usage_marks (
      id bigint generated always as identity primary key,
      account_id uuid not null,
      at timestamptz not null
    );
    comment on table usage_marks is 'hours of accounts that have new results';
    insert into usage_marks (account_id, at) select distinct account_id, date_trunc('hour', due_at, 'UTC') from results;
  `.execute(db);
  await sql`
    alter table counter_state enable row level security;
    create policy all_accounts on counter_state to ${sql.ref(TENANT_ROLE)} using (true);
    grant select on counter_state to ${sql.ref(TENANT_ROLE)};
  `.execute(db);
  await keepToOwnRows(db, [
    ['usage_hourly', 'select'], ['counter_totals', 'select'], ['usage_external', 'select, insert, update, delete'], ['usage_quotas', 'select, insert, update, delete'], ['usage_marks', 'select'],
  ]);
}

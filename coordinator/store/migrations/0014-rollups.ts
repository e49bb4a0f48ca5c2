import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';

/**
 * Hours and days of each check and location, computed from the rows (store/rollup-sql.ts), and what ingest has
 * written since: the marks, one row a transaction, each naming the checks and hours it touched, or the stretch of an
 * agent's that is believed or not believed any more. How long rows are
 * kept, for all and by account.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['rollups_hourly', 'rollups_daily']) {
    await sql`
      create table ${sql.ref(table)} (
        account_id uuid not null,
        check_id uuid not null,
        location_id uuid not null,
        at timestamptz not null,
        computed_at timestamptz not null default now(),
        corrected_at timestamptz,
        last_due_at timestamptz,
        passed integer not null,
        degraded integer not null,
        failed integer not null,
        agent_faults integer not null,
        egress_denied integer not null,
        impaired integer not null,
        established integer not null,
        over_max integer not null,
        attempts integer not null,
        gaps integer not null,
        last_outcome text,
        gap_reasons jsonb,
        total bytea,
        phases bytea,
        primary key (account_id, check_id, at, location_id)
      ) partition by range (at);
      comment on column ${sql.ref(table)}.attempts is 'of the final results counted here: less their number are retries';
      comment on column ${sql.ref(table)}.corrected_at is 'when late rows last changed it after its time was over; null: never';
      comment on column ${sql.ref(table)}.total is 'packed sketch of the total time of passed and degraded runs (analytics/sketch.ts)';
      comment on column ${sql.ref(table)}.phases is 'packed sketches of the other phases';
      alter table ${sql.ref(table)} enable row level security;
      create policy own_account on ${sql.ref(table)} to ${sql.ref(TENANT_ROLE)} using (account_id = (select current_account()));
      grant select on ${sql.ref(table)} to ${sql.ref(TENANT_ROLE)};
    `.execute(db);
  }
  await sql`
    create table rollup_marks (
      id bigint generated always as identity primary key,
      marked_at timestamptz not null default now(),
      cells bytea,
      location_id uuid,
      agent_id uuid,
      from_at timestamptz,
      to_at timestamptz,
      check (cells is not null or location_id is not null and agent_id is not null and from_at is not null)
    );
    alter table rollup_marks alter column cells set storage external;
    comment on column rollup_marks.cells is 'of 36 bytes: account, check, hours since the epoch; null: the hours of what an agent saw from from_at to to_at (null: ever)';
    alter table rollup_marks enable row level security;

    create table retention (
      account_id uuid primary key references accounts (id),
      raw_days integer not null check (raw_days between 1 and 400),
      hourly_days integer not null check (hourly_days >= raw_days),
      daily_days integer not null check (daily_days >= hourly_days),
      updated_at timestamptz not null default now()
    );
    comment on table retention is 'of accounts that keep less than the installation does';
    alter table retention enable row level security;
    create policy own_account on retention to ${sql.ref(TENANT_ROLE)} using (account_id = (select current_account()));
    grant select on retention to ${sql.ref(TENANT_ROLE)};
  `.execute(db);
}

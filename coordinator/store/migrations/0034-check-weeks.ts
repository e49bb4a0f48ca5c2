import { sql, type Kysely } from 'kysely';
import { keepToOwnRows } from './own-rows.ts';

/**
 * Weeks (from Monday, UTC) of a check in all its locations together, from its days: a range of a month is a dozen rows
 * of a check then, a year sixty. Times of single phases, which few ask for over so long, are left to the days.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table rollups_check_weekly (
      account_id uuid not null,
      check_id uuid not null,
      at timestamptz not null,
      corrected_at timestamptz,
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
      gap_reasons jsonb,
      total bytea,
      primary key (account_id, check_id, at)
    ) partition by range (at);
    alter table rollups_check_weekly alter column total set storage main;
    comment on table rollups_check_weekly is 'rollups_check_daily by the week, which begins on Monday, UTC';
    comment on column rollups_check_weekly.corrected_at is 'the latest of its days';
  `.execute(db);
  await keepToOwnRows(db, [['rollups_check_weekly', 'select']]);
  const { rows: years } = await sql<{ year: number }>`select distinct extract(year from date_trunc('week', at, 'UTC') at time zone 'UTC')::integer as year from rollups_check_daily`.execute(db);
  for (const { year } of years) {
    await sql`
      create table ${sql.ref(`rollups_check_weekly_${year}`)} partition of rollups_check_weekly
        for values from (${sql.lit(`${year}-01-01T00:00:00Z`)}) to (${sql.lit(`${year + 1}-01-01T00:00:00Z`)})`.execute(db);
  }
  await sql`
    insert into rollups_check_weekly (account_id, check_id, at, corrected_at, passed, degraded, failed, agent_faults, egress_denied, impaired, established, over_max, attempts, gaps, gap_reasons, total)
    select account_id, check_id, week, max(corrected_at),
      sum(passed), sum(degraded), sum(failed), sum(agent_faults), sum(egress_denied), sum(impaired), sum(established), sum(over_max), sum(attempts), sum(gaps),
      (select jsonb_object_agg(key, n) from (
        select key, sum(value::integer) as n from rollups_check_daily r cross join lateral jsonb_each_text(r.gap_reasons)
        where r.account_id = d.account_id and r.check_id = d.check_id and r.at >= d.week and r.at < d.week + interval '7 days' group by key
      ) of),
      string_agg(total, ''::bytea)
    from (select *, date_trunc('week', at, 'UTC') as week from rollups_check_daily) d group by account_id, check_id, week`.execute(db);
}

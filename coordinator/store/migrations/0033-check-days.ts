import { sql, type Kysely } from 'kysely';
import { keepToOwnRows } from './own-rows.ts';

/**
 * Days of a check in all its locations together: what nearly every list and chart asks for, a row where there were as
 * many as locations. What days are there already are added up. And of days the total stays in its row, where all that
 * read times look for it, while those of single phases live beside the table, not compressed: they hardly can be.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table rollups_check_daily (like rollups_daily including defaults including constraints including comments) partition by range (at);
    alter table rollups_check_daily drop column location_id, add primary key (account_id, check_id, at);
    comment on table rollups_check_daily is 'rollups_daily of all locations of a check together';
  `.execute(db);
  await keepToOwnRows(db, [['rollups_check_daily', 'select']]);
  for (const table of ['rollups_daily', 'rollups_check_daily']) await storeBeside(db, table);
  const { rows: years } = await sql<{ name: string; year: string }>`
    select c.relname::text as name, right(c.relname, 4) as year from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'rollups_daily'::regclass`.execute(db);
  for (const { name, year } of years) {
    await storeBeside(db, name);
    await sql`
      create table ${sql.ref(`rollups_check_daily_${year}`)} partition of rollups_check_daily
        for values from (${sql.lit(`${year}-01-01T00:00:00Z`)}) to (${sql.lit(`${Number(year) + 1}-01-01T00:00:00Z`)}) with (toast_tuple_target = 256)`.execute(db);
  }
  await sql`
    insert into rollups_check_daily (account_id, check_id, at, computed_at, corrected_at, last_due_at, last_outcome,
      passed, degraded, failed, agent_faults, egress_denied, impaired, established, over_max, attempts, gaps, gap_reasons, total, phases)
    select account_id, check_id, at, max(computed_at), max(corrected_at), max(last_due_at), (array_agg(last_outcome order by last_due_at desc nulls last))[1],
      sum(passed), sum(degraded), sum(failed), sum(agent_faults), sum(egress_denied), sum(impaired), sum(established), sum(over_max), sum(attempts), sum(gaps),
      (select jsonb_object_agg(key, n) from (
        select key, sum(value::integer) as n from rollups_daily r cross join lateral jsonb_each_text(r.gap_reasons)
        where r.account_id = d.account_id and r.check_id = d.check_id and r.at = d.at group by key
      ) of),
      string_agg(total, ''::bytea), string_agg(phases, ''::bytea)
    from rollups_daily d group by account_id, check_id, at`.execute(db);
}

async function storeBeside(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`alter table ${sql.ref(table)} alter column total set storage main, alter column phases set storage external`.execute(db);
}

/** The three questions of completeness, each one query over a range of the slots of some checks. */
import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { OwedOfCheck } from '../api/completeness-port.ts';
import type { OwedSpan } from '../planning/owed-slots.ts';
import type { SettledCount } from '../planning/completeness.ts';
import type { GapSpan } from '../planning/settle-slots.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;
/** Slots of these checks due in `[fromMs, toMs)`. */
export type SettledQuestion = { readonly accountId: string; readonly checks: readonly OwedOfCheck[]; readonly fromMs: number; readonly toMs: number };

type OfCheck<T> = T & { readonly checkId: string };

/** Final results of scheduled runs, slot by slot: several of one slot are one, and a double. */
export async function settledResults(trx: Trx, question: SettledQuestion): Promise<readonly OfCheck<SettledCount>[]> {
  const { rows } = await sql<{ check_id: string; location_owed: string; is_open: boolean; results: number; double: number; surplus: number; unowed: number; late: number }>`
    with ${owed(question)}, slots as (
      select check_id, location_owed, due_at, count(*) filter (where not is_surplus) as finals, count(*) filter (where is_surplus) as surplus,
        bool_or(replaced_gap is not null) as is_late
      from results
      where ${within(question)} and is_final and (trigger = 'schedule' or trigger = 'retry' and attempt > 1)
      group by check_id, location_owed, due_at
    ), numbered as (${NUMBERED}), placed as (select *, ordinal is not null as is_owed from numbered)
    select check_id, location_owed, is_open,
      count(*) filter (where is_owed and finals > 0) as results, count(*) filter (where is_owed and finals > 1) as double, sum(surplus)::bigint as surplus,
      count(*) filter (where not is_owed and finals > 0) as unowed, count(*) filter (where is_owed and finals > 0 and is_late) as late
    from placed group by check_id, location_owed, is_open`.execute(trx);
  return rows.map((row) => ({
    checkId: row.check_id, locationId: row.location_owed, isOpen: row.is_open, results: row.results, gaps: 0, double: row.double,
    surplus: row.surplus, unowed: row.unowed, lateReplacements: row.late,
  }));
}

/** Gaps; one beside a final result is a double, and counts as that alone. */
export async function settledGaps(trx: Trx, question: SettledQuestion): Promise<readonly OfCheck<SettledCount>[]> {
  const { rows } = await sql<{ check_id: string; location_owed: string; is_open: boolean; gaps: number; double: number; unowed: number }>`
    with ${owed(question)}, ${gapSlots(question)}
    select check_id, location_owed, is_open, count(*) filter (where ordinal is not null and not has_result) as gaps,
      count(*) filter (where ordinal is not null and has_result) as double, count(*) filter (where ordinal is null) as unowed
    from numbered group by check_id, location_owed, is_open`.execute(trx);
  return rows.map((row) => ({
    checkId: row.check_id, locationId: row.location_owed, isOpen: row.is_open, results: 0, gaps: row.gaps, double: row.double,
    surplus: 0, unowed: row.unowed, lateReplacements: 0,
  }));
}

/** Gaps that follow each other in a location's turns, for one reason, as one; the first `spansMax` of each check. */
export async function gapSpansOf(trx: Trx, question: SettledQuestion, spansMax: number): Promise<readonly OfCheck<GapSpan>[]> {
  const { rows } = await sql<{ check_id: string; location_owed: string; reason: string; first_due: number; last_due: number; count: number }>`
    with ${owed(question)}, ${gapSlots(question)}, islands as (
      select check_id, location_owed, reason, due_at,
        ordinal - row_number() over (partition by check_id, location_owed, reason order by ordinal) as island
      from numbered where ordinal is not null and not has_result
    ), spans as (
      select check_id, location_owed, reason, min(due_at) as first_due, max(due_at) as last_due, count(*) as count
      from islands group by check_id, location_owed, reason, island
    ), listed as (
      select *, row_number() over (partition by check_id order by first_due, location_owed) as number from spans
    )
    select * from listed where number <= ${spansMax} order by check_id, number`.execute(trx);
  return rows.map((row) => ({
    checkId: row.check_id, locationId: row.location_owed, reason: row.reason, firstDueMs: row.first_due, lastDueMs: row.last_due, count: row.count,
  }));
}

/**
 * What was owed, one row a check and location, its spans as arrays in order: `width_bucket` finds the span of an
 * instant by bisection, however often availability changed.
 */
function owed({ checks }: SettledQuestion): RawBuilder<unknown> {
  const spans = checks.flatMap(({ checkId, owed: byLocation }) =>
    [...byLocation].flatMap(([locationId, all]) => all.map((span) => ({ checkId, locationId, ...span }))));
  const column = (of: (span: OwedSpan & { readonly checkId: string; readonly locationId: string }) => string | number): (string | number)[] => spans.map(of);
  return sql`owed as materialized (
    select check_id, location_id, array_agg(first_ms order by first_ms) as firsts, array_agg(last_ms order by first_ms) as lasts,
      array_agg(beat_ms order by first_ms) as beats, array_agg(before order by first_ms) as befores
    from unnest(
      ${column(({ checkId }) => checkId)}::uuid[], ${column(({ locationId }) => locationId)}::uuid[],
      ${column(({ firstDueMs }) => firstDueMs)}::bigint[], ${column(({ firstDueMs, beatMs, count }) => firstDueMs + beatMs * (count - 1))}::bigint[],
      ${column(({ beatMs }) => beatMs)}::bigint[], ${column(({ ordinal }) => ordinal)}::bigint[]
    ) as span (check_id, location_id, first_ms, last_ms, beat_ms, before)
    group by check_id, location_id
  ), opening as materialized (
    select * from unnest(${checks.map(({ checkId }) => checkId)}::uuid[], ${checks.map(({ openFromMs }) => openFromMs)}::bigint[]) as opening (check_id, open_from_ms)
  )`;
}

/**
 * Each of `slots` with its number among the owed ones of its location, null for an instant that is none of them; step
 * by step, behind `offset 0`, because Postgres would write each step out again wherever the next one names it.
 */
const NUMBERED = sql`
  select found.*, case when n > 0 and due_ms <= lasts[n] and (due_ms - firsts[n]) % beats[n] = 0 then befores[n] + (due_ms - firsts[n]) / beats[n] end as ordinal
  from (
    select timed.*, due_ms >= open_from_ms as is_open, firsts, lasts, beats, befores, width_bucket(due_ms, firsts) as n
    from (select slots.*, (date_part('epoch', due_at) * 1000)::bigint as due_ms from slots offset 0) timed
    join opening on opening.check_id = timed.check_id
    left join owed on owed.check_id = timed.check_id and owed.location_id = timed.location_owed
    offset 0
  ) found offset 0`;

function within({ accountId, checks, fromMs, toMs }: SettledQuestion): RawBuilder<unknown> {
  return sql`account_id = ${accountId} and check_id = any(${checks.map(({ checkId }) => checkId)}::uuid[])
    and due_at >= ${new Date(fromMs)}::timestamptz and due_at < ${new Date(toMs)}::timestamptz`;
}

/** The gaps of the range with their number among the owed slots, and whether a final result stands beside them. */
function gapSlots(question: SettledQuestion): RawBuilder<unknown> {
  return sql`slots as (
    select check_id, location_owed, due_at, reason, (
      select true from results r
      where r.account_id = gaps.account_id and r.check_id = gaps.check_id and r.due_at = gaps.due_at and r.location_owed = gaps.location_owed
        and r.is_final and not r.is_surplus and (r.trigger = 'schedule' or r.trigger = 'retry' and r.attempt > 1)
        and r.due_at >= ${new Date(question.fromMs)}::timestamptz and r.due_at < ${new Date(question.toMs)}::timestamptz
      limit 1
    ) is not null as has_result
    from gaps where ${within(question)}
  ), numbered as (${NUMBERED})`;
}

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
    ), placed as (select slots.*, ${IS_OPEN} as is_open, ${ORDINAL} is not null as is_owed from slots ${JOIN_OWED})
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
    from slots group by check_id, location_owed, is_open`.execute(trx);
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
      from slots where ordinal is not null and not has_result
    ), spans as (
      select check_id, location_owed, reason, min(due_at) as first_due, max(due_at) as last_due, count(*) as count
      from islands group by check_id, location_owed, reason, island
    ), numbered as (
      select *, row_number() over (partition by check_id order by first_due, location_owed) as number from spans
    )
    select * from numbered where number <= ${spansMax} order by check_id, number`.execute(trx);
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
  return sql`owed as (
    select check_id, location_id, array_agg(first_ms order by first_ms) as firsts, array_agg(last_ms order by first_ms) as lasts,
      array_agg(beat_ms order by first_ms) as beats, array_agg(before order by first_ms) as befores
    from unnest(
      ${column(({ checkId }) => checkId)}::uuid[], ${column(({ locationId }) => locationId)}::uuid[],
      ${column(({ firstDueMs }) => firstDueMs)}::bigint[], ${column(({ firstDueMs, beatMs, count }) => firstDueMs + beatMs * (count - 1))}::bigint[],
      ${column(({ beatMs }) => beatMs)}::bigint[], ${column(({ ordinal }) => ordinal)}::bigint[]
    ) as span (check_id, location_id, first_ms, last_ms, beat_ms, before)
    group by check_id, location_id
  ), opening as (
    select * from unnest(${checks.map(({ checkId }) => checkId)}::uuid[], ${checks.map(({ openFromMs }) => openFromMs)}::bigint[]) as opening (check_id, open_from_ms)
  )`;
}

const DUE_MS = sql`(extract(epoch from slots.due_at) * 1000)`;
const IS_OPEN = sql`${DUE_MS} >= opening.open_from_ms`;
/** The number of an owed slot among those of its location; null for an instant that is none of them. */
const ORDINAL = sql`case when place.n > 0 and ${DUE_MS} <= owed.lasts[place.n] and (${DUE_MS} - owed.firsts[place.n]) % owed.beats[place.n] = 0
  then owed.befores[place.n] + (${DUE_MS} - owed.firsts[place.n]) / owed.beats[place.n] end`;
const JOIN_OWED = sql`join opening on opening.check_id = slots.check_id
  left join owed on owed.check_id = slots.check_id and owed.location_id = slots.location_owed
  cross join lateral (select width_bucket(floor(${DUE_MS})::bigint, owed.firsts) as n) place`;

function within({ accountId, checks, fromMs, toMs }: SettledQuestion): RawBuilder<unknown> {
  return sql`account_id = ${accountId} and check_id = any(${checks.map(({ checkId }) => checkId)}::uuid[])
    and due_at >= ${new Date(fromMs)}::timestamptz and due_at < ${new Date(toMs)}::timestamptz`;
}

/** The gaps of the range with their number among the owed slots, and whether a final result stands beside them. */
function gapSlots(question: SettledQuestion): RawBuilder<unknown> {
  return sql`given as (select * from gaps where ${within(question)}), slots as (
    select slots.*, ${IS_OPEN} as is_open, ${ORDINAL} as ordinal, exists (
      select from results r
      where r.account_id = slots.account_id and r.check_id = slots.check_id and r.due_at = slots.due_at and r.location_owed = slots.location_owed
        and r.is_final and not r.is_surplus and (r.trigger = 'schedule' or r.trigger = 'retry' and r.attempt > 1)
        and r.due_at >= ${new Date(question.fromMs)}::timestamptz and r.due_at < ${new Date(question.toMs)}::timestamptz
    ) as has_result
    from given as slots ${JOIN_OWED}
  )`;
}

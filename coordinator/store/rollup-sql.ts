/**
 * Rows to rollups, in Postgres: the one text that decides what counts, for stored hours and for what is read straight
 * from rows. Final results of scheduled runs that are no surplus (rules.md 3, 6, 7), and gaps. A verdict of an agent
 * that was itself cut off is none: its outcome is `impaired` (rules.md 22).
 */
import { sumOfReasons, type GapReasons } from '../analytics/tally.ts';
import { MEASURED_PHASES, RUN_OF_PHASES, RUN_OF_TOTAL } from '../analytics/packed-times.ts';

/** The columns that add up. */
export const COUNTS = ['passed', 'degraded', 'failed', 'agent_faults', 'egress_denied', 'impaired', 'established', 'over_max', 'attempts', 'gaps'] as const;
export const CELL = ['account_id', 'check_id', 'location_id', 'at'] as const;
/** What a rollup row is computed to, in this order. */
export const COMPUTED = [...CELL, 'last_due_at', 'last_outcome', ...COUNTS, 'gap_reasons', 'total', 'phases'] as const;

/** Sums of COUNTS over rows of a rollup, and their `gap_reasons` (see reasonsOf): as text, since jsonb_agg takes more than everything else of a sum. */
export const SUMS = COUNTS.map((count) => `sum(${count})::integer as ${count}`).join(', ');
export const REASONS = `string_agg(gap_reasons::text, ',') as reasons`;

/** What REASONS says, added up; null without any. */
export function reasonsOf(text: string | null): GapReasons | null {
  return text === null ? null : sumOfReasons(JSON.parse(`[${text}]`) as readonly GapReasons[]);
}

/** Hours and days of a check in a location, and days of a check in all its locations together, which most questions ask for. */
export const ROLLUPS = {
  hours: { table: 'rollups_hourly', hours: 1, key: CELL },
  days: { table: 'rollups_daily', hours: 24, key: CELL },
  checkDays: { table: 'rollups_check_daily', hours: 24, key: ['account_id', 'check_id', 'at'] },
} as const;
/** Weeks of a check in all its locations together, without times of single phases: what is read of ranges of many days (rollup-weeks.ts). */
export const CHECK_WEEKS = 'rollups_check_weekly';
export type Rollup = (typeof ROLLUPS)[keyof typeof ROLLUPS];

/** The columns of a run's times, as MEASURED_PHASES has them. */
export const TIME_COLUMNS = MEASURED_PHASES.map((phase) => ({
  dns: 'dns_us', connect: 'connect_us', tls: 'tls_us', send: 'send_us', firstByte: 'first_byte_us', data: 'data_us', total: 'total_us',
})[phase]);

export const HOURS_OF_A_DAY = 24;
const ANSWERED = `('passed', 'degraded')`;
const VERDICTS = `('passed', 'degraded', 'failed')`;

/** Of rows named r. */
export const RUNS_THAT_COUNT = `r.is_final and not r.is_surplus and (r.trigger = 'schedule' or r.trigger = 'retry' and r.attempt > 1)`;
/** When agents were cut off, as a common table expression; to be joined to the location and the agent of a run. */
export const CUT_OFF = `cut_off as materialized (
    select location_id, agent_id, range_agg(tstzrange(from_at, to_at, '[]')) as during from impaired_windows where withdrawn_at is null group by location_id, agent_id
  )`;
/** Of rows named r that are joined so. */
export const OUTCOME = `case when r.outcome in ${VERDICTS} and cut_off.during @> r.due_at then 'impaired' else r.outcome end`;

type Source = { readonly results: string; readonly gaps: string; readonly at: string; readonly timed?: string };

/**
 * A common table expression `computed` with the columns of COMPUTED. `results` and `gaps` are `from … where …` over
 * tables named r and g; `at` is the start of the bucket of the instant `due_at`; `timed` are the outcomes whose times
 * count: those of failures would tell of timeouts, not of the target. They come as the runs they are (packed-times.ts),
 * which costs Postgres a tenth of making sketches.
 */
export function computed({ results, gaps, at, timed = ANSWERED }: Source): string {
  return `
  ${CUT_OFF}, runs as materialized (
    select r.account_id, r.check_id, r.location_owed as location_id, ${at.replaceAll('due_at', 'r.due_at')} as at, r.due_at,
      ${OUTCOME} as outcome, r.established, r.over_max_response_time, r.attempt,
      r.dns_us, r.connect_us, r.tls_us, r.send_us, r.first_byte_us, r.data_us, r.total_us
    from (select r.* ${results}) r left join cut_off on cut_off.location_id = r.location_executed and cut_off.agent_id = r.agent_id
    where ${RUNS_THAT_COUNT}
  ), counted as (
    select ${CELL.join(', ')},
      count(*) filter (where outcome = 'passed') as passed, count(*) filter (where outcome = 'degraded') as degraded, count(*) filter (where outcome = 'failed') as failed,
      count(*) filter (where outcome = 'agent_fault') as agent_faults, count(*) filter (where outcome = 'egress_denied') as egress_denied,
      count(*) filter (where outcome = 'impaired') as impaired,
      count(*) filter (where established and outcome in ${VERDICTS}) as established,
      count(*) filter (where over_max_response_time and outcome <> 'impaired') as over_max, sum(attempt) as attempts,
      max((extract(epoch from due_at) * 1000)::bigint * 4 + case outcome when 'passed' then 1 when 'degraded' then 2 else 3 end)
        filter (where outcome in ${VERDICTS}) as last_verdict,
      string_agg(${runOf(RUN_OF_TOTAL, TIME_COLUMNS.slice(-1))}, ''::bytea) filter (where outcome in ${timed}) as total,
      string_agg(${runOf(RUN_OF_PHASES, TIME_COLUMNS.slice(0, -1))}, ''::bytea) filter (where outcome in ${timed}) as phases
    from runs group by ${CELL.join(', ')}
  ), gaps_by_reason as (
    select g.account_id, g.check_id, g.location_owed as location_id, ${at.replaceAll('due_at', 'g.due_at')} as at, g.reason, count(*) as n
    ${gaps} group by 1, 2, 3, 4, 5
  ), gaps_counted as (
    select ${CELL.join(', ')}, sum(n) as gaps, jsonb_object_agg(reason, n) as gap_reasons from gaps_by_reason group by ${CELL.join(', ')}
  ), computed as (
    select ${CELL.join(', ')}, to_timestamp((last_verdict >> 2) / 1000.0) as last_due_at,
      case last_verdict & 3 when 1 then 'passed' when 2 then 'degraded' when 3 then 'failed' end as last_outcome,
      ${COUNTS.map((count) => `coalesce(${count}, 0)::integer as ${count}`).join(', ')}, gap_reasons, total, phases
    from counted full join gaps_counted using (${CELL.join(', ')})
  )`;
}

function runOf(kind: number, columns: readonly string[]): string {
  return [`'\\x${kind.toString(16)}'::bytea`, ...columns.map((column) => `int4send(${column})`)].join(' || ');
}

/** Replaces the rows of `cells` (account_id, check_id, at) of a rollup by what `computed` says; those that are no more go. */
export function replaced({ table, hours, key }: Rollup, span: string): string {
  const others = COMPUTED.filter((column) => !(CELL as readonly string[]).includes(column));
  return `
  stored as (
    insert into ${table} as old (${[...key, ...others].join(', ')})
    select ${[...key, ...others].join(', ')} from computed
    on conflict (${key.join(', ')}) do update set
      ${others.map((column) => `${column} = excluded.${column}`).join(', ')}, computed_at = now(),
      corrected_at = case when ${isChangedLate('old', 'excluded', hours)} then now() else old.corrected_at end
    returning 1
  ), gone as (
    delete from ${table} old using cells where old.account_id = cells.account_id and old.check_id = cells.check_id and old.at = cells.at and old.at ${span}
      and not exists (select from computed where ${key.map((column) => `computed.${column} = old.${column}`).join(' and ')})
    returning 1
  )`;
}

/** Rows that come this long after their hour are ordinary lateness; after that a change is a correction, and says so. */
const CORRECTION_HOURS = 1;

/** Of a stored row and what takes its place. */
export function isChangedLate(old: string, now: string, hours: 1 | 24): string {
  const counts = (row: string): string => COUNTS.map((count) => `${row}.${count}`).join(', ');
  return `(now() >= old.at + interval '${hours + CORRECTION_HOURS} hours' and (${counts(old)}) is distinct from (${counts(now)}))`.replace('old.at', `${old}.at`);
}

/** Keeps hours, days and weeks: computed anew from the rows wherever ingest left a mark, or from nothing. */
import type { Pool, PoolClient } from 'pg';
import type { RollupStore } from '../pipeline/rollup-port.ts';
import type { LeaseStore } from '../pipeline/closing-port.ts';
import { mergePacked } from '../analytics/gathered-times.ts';
import { WEEK_MS, weekOf } from '../analytics/reading-plan.ts';
import { sumOfReasons, type GapReasons } from '../analytics/tally.ts';
import { encodeArrays, type ArrayColumn } from './binary-arrays.ts';
import { inTransaction } from './connect.ts';
import { DAY_MS, type Partitions } from './partitions.ts';
import { rebuildDay } from './rebuild-rollups.ts';
import { decodeMarks, HOUR_MS, type MarkedHour } from './rollup-marks.ts';
import { computeWeeks, computeWholeWeek, weeksOf } from './rollup-weeks.ts';
import { CELL, computed, COUNTS, REASONS, reasonsOf, replaced, ROLLUPS, SUMS, type Rollup } from './rollup-sql.ts';

/** Any number: whoever computes rollups does it alone, lease or no lease. */
const ROLLUP_LOCK = 5_068_134;
/** Transactions of ingest whose marks are worked off at once, and hours in one statement: minutes of a large fleet. */
const MARKS_MAX = 2_000;
const HOURS_MAX = 4_000;
/** Days at a time: one each core of a small machine. */
const REBUILT_AT_ONCE = 2;
/** Grouping a day's times in memory: https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM */
const WORK_MEM = '128MB';
const STATEMENT_TIMEOUT = '10min';

export type RollupDeps = {
  readonly pool: Pool;
  readonly partitions: Partitions;
  /** Rows older than this may be gone: rollups of their time stay as they are. */
  readonly rawDays: number;
};

export function rollupStore({ pool, partitions, rawDays }: RollupDeps): Omit<RollupStore, keyof LeaseStore> {
  const settings = `begin; set local work_mem = '${WORK_MEM}'; set local statement_timeout = '${STATEMENT_TIMEOUT}'; set local jit = off`;
  const begin = `${settings}; select pg_advisory_xact_lock(${ROLLUP_LOCK})`;
  /** A day, by its number, or a week, by that of its Monday with a minus. Others may be rebuilt meanwhile; marks wait. */
  const beginOne = (number: number): string => `${settings}; select pg_advisory_xact_lock_shared(${ROLLUP_LOCK}), pg_advisory_xact_lock(${ROLLUP_LOCK}, ${number})`;
  return {
    rollUpMarked: async () => {
      const { rows: ahead } = await pool.query<Mark>('select cells from rollup_marks order by id limit $1', [MARKS_MAX]);
      if (ahead.length === 0) return { marks: 0, hours: 0, days: 0 };
      await partitions.ensureDays(decodeMarks(cellsOf(ahead)).map(({ atMs }) => atMs));
      return inTransaction(pool, begin, async (client) => {
        const { rows } = await client.query<Mark>('delete from rollup_marks where id in (select id from rollup_marks order by id limit $1) returning cells, location_id, agent_id, from_at, to_at', [ahead.length]);
        const stretches = await hoursSeenBy(client, rows.filter(({ cells }) => cells === null));
        const marked = decodeMarks([...cellsOf(rows), ...stretches]).toSorted(byCheck);
        let hours = 0;
        for (let from = 0; from < marked.length; from += HOURS_MAX) hours += await computeHours(client, marked.slice(from, from + HOURS_MAX), rawDays);
        const days = daysOf(marked);
        const done = { marks: rows.length, hours, days: await computeDays(client, days) };
        await computeWeeks(client, weeksOf(days));
        return done;
      });
    },

    async rebuildRollups(fromMs, toMs, { onDay, signal } = {}) {
      let nextMs = Math.floor(fromMs / DAY_MS) * DAY_MS;
      /** Weeks with a day that has changed, each until its last one has. */
      const weeks = new Map<number, number>();
      const rebuildWeek = async (weekMs: number): Promise<void> => {
        weeks.delete(weekMs);
        await inTransaction(pool, beginOne(-weekMs / DAY_MS), (client) => computeWholeWeek(client, weekMs));
      };
      const work = async (): Promise<void> => {
        while (nextMs < toMs && !signal?.aborted) {
          const dayMs = nextMs;
          nextMs += DAY_MS;
          await partitions.ensureDays([dayMs]);
          const done = await inTransaction(pool, beginOne(dayMs / DAY_MS), (client) => rebuildDay(client, dayMs, rawDays));
          onDay?.({ dayMs, ...done });
          const weekMs = weekOf(dayMs);
          weeks.set(weekMs, (weeks.get(weekMs) ?? 0) + 1);
          if (weeks.get(weekMs) === daysWithin(weekMs)) await rebuildWeek(weekMs);
        }
      };
      const daysWithin = (weekMs: number): number => Math.ceil((Math.min(toMs, weekMs + WEEK_MS) - Math.max(Math.floor(fromMs / DAY_MS) * DAY_MS, weekMs)) / DAY_MS);
      // One gathers while Postgres stores the other's.
      const ended = await Promise.allSettled(Array.from({ length: REBUILT_AT_ONCE }, work));
      // What was broken off is a part of its week.
      for (const weekMs of weeks.keys()) await rebuildWeek(weekMs);
      const failed = ended.find((end) => end.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}

type Mark = { readonly cells: Buffer | null; readonly location_id: string; readonly agent_id: string; readonly from_at: number; readonly to_at: number | null };

function cellsOf(marks: readonly Mark[]): readonly Buffer[] {
  return marks.flatMap(({ cells }) => (cells === null ? [] : [cells]));
}

/** Looked up here rather than where the mark was made: rows that come meanwhile bring marks of their own. */
async function hoursSeenBy(client: PoolClient, marks: readonly Mark[]): Promise<readonly Buffer[]> {
  const cells: Buffer[] = [];
  for (const { location_id, agent_id, from_at, to_at } of marks) {
    const { rows } = await client.query<{ cell: Buffer }>({
      text: `select distinct uuid_send(account_id) || uuid_send(check_id) || int4send((extract(epoch from due_at)::bigint / 3600)::int4) as cell
        from results where location_executed = $1 and agent_id = $2 and due_at between $3 and coalesce($4, 'infinity'::timestamptz)`,
      values: [location_id, agent_id, new Date(from_at), to_at === null ? null : new Date(to_at)],
    });
    cells.push(...rows.map(({ cell }) => cell));
  }
  return cells;
}

const CELL_COLUMNS: readonly ArrayColumn<MarkedHour>[] = [
  { type: 'uuid', of: ({ accountId }) => accountId }, { type: 'uuid', of: ({ checkId }) => checkId }, { type: 'timestamptz', of: ({ atMs }) => atMs },
];
/** Those whose rows are all still there (retention takes whole days). */
const KEPT = `at >= date_trunc('day', now(), 'UTC') - make_interval(days => coalesce((select raw_days from retention where retention.account_id = given.account_id), RAW_DAYS))`;
const AT_HOUR = `date_trunc('hour', due_at, 'UTC')`;

function given(rawDays: number): string {
  return `cells as materialized (
    select given.* from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as given (account_id, check_id, at) where ${KEPT.replace('RAW_DAYS', String(rawDays))}
  )`;
}

/** The span as parameters, so that only its days are planned with; each hour by the index of its check. */
async function computeHours(client: PoolClient, hours: readonly MarkedHour[], rawDays: number): Promise<number> {
  const from = (table: string, as: string): string => `from cells cross join lateral (
    select * from ${table} t where t.account_id = cells.account_id and t.check_id = cells.check_id and t.due_at >= cells.at and t.due_at < cells.at + interval '1 hour'
      and t.due_at >= $4 and t.due_at < $5 offset 0) ${as} where true`;
  const values = [...encodeArrays(CELL_COLUMNS, hours), ...spanOf(hours, HOUR_MS)];
  const { rows } = await client.query<Computed>({
    text: `with ${given(rawDays)}, ${computed({ results: from('results', 'r'), gaps: from('gaps', 'g'), at: AT_HOUR })} select * from computed`, values,
  });
  return store(client, { rollup: ROLLUPS.hours, cells: given(rawDays), values }, rows.map(merged));
}

type Stored = {
  readonly rollup: Rollup;
  /** `cells` as a common table expression of the first three values. */
  readonly cells: string;
  /** Cells, and their span. */
  readonly values: readonly unknown[];
};

/** Puts what was computed in the place of what was there for the cells. */
async function store(client: PoolClient, { rollup, cells, values }: Stored, rows: readonly Computed[]): Promise<number> {
  const names = STORED_COLUMNS.map(({ name }) => name).join(', ');
  const { rows: [done] } = await client.query<{ n: number }>({
    text: `with ${cells},
      computed as (select ${names.replace('gap_reasons', 'gap_reasons::jsonb')} from unnest(${STORED_COLUMNS.map(({ type }, index) => `$${index + 6}::${type}[]`).join(', ')}) as one (${names})),
      ${replaced(rollup, 'between $4 and $5')} select count(*) as n from stored`,
    values: [...values, ...encodeArrays(STORED_COLUMNS, rows)],
  });
  return Number(done?.n ?? 0);
}

const GIVEN = 'cells as (select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as given (account_id, check_id, at))';

type Cell = { readonly account_id: string; readonly check_id: string; readonly location_id: string; readonly at: number; readonly last_due_at: number | null; readonly last_outcome: string | null };
type Counts = Readonly<Record<(typeof COUNTS)[number], number>>;
type Computed = Cell & Counts & { readonly gap_reasons: GapReasons | null; readonly total: Buffer | null; readonly phases: Buffer | null };
type HoursOfDay = Omit<Computed, 'gap_reasons'> & { readonly reasons: string | null };

/** Days from their hours: counts in Postgres, times merged here, because there each bucket should be one entry. */
async function computeDays(client: PoolClient, days: readonly MarkedHour[]): Promise<number> {
  let computedDays = 0;
  for (let from = 0; from < days.length; from += HOURS_MAX) {
    const some = days.slice(from, from + HOURS_MAX);
    const values = [...encodeArrays(CELL_COLUMNS, some), ...spanOf(some, DAY_MS)];
    const { rows } = await client.query<HoursOfDay>({
      text: `select h.account_id, h.check_id, h.location_id, given.at as at, max(last_due_at) as last_due_at, (array_agg(last_outcome order by last_due_at desc nulls last))[1] as last_outcome,
          ${SUMS}, ${REASONS},
          string_agg(total, ''::bytea) as total, string_agg(phases, ''::bytea) as phases
        from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as given (account_id, check_id, at)
        join rollups_hourly h on h.account_id = given.account_id and h.check_id = given.check_id and h.at >= given.at and h.at < given.at + interval '1 day' and h.at >= $4 and h.at < $5
        group by 1, 2, 3, 4 order by 1, 2, 4, 3`,
      values,
    });
    const ofLocations = rows.map((row) => merged({ ...row, gap_reasons: reasonsOf(row.reasons) }));
    await store(client, { rollup: ROLLUPS.days, cells: GIVEN, values }, ofLocations);
    await store(client, { rollup: ROLLUPS.checkDays, cells: GIVEN, values }, [...daysOfChecks(ofLocations)]);
    computedDays += rows.length;
  }
  return computedDays;
}

/** Each bucket once. */
function merged<Row extends Computed>(row: Row): Row {
  return { ...row, total: row.total && mergePacked(row.total), phases: row.phases && mergePacked(row.phases) };
}

/** All locations of a check's day together; they stand one after the other. */
function* daysOfChecks(days: readonly Computed[]): Generator<Computed, void, undefined> {
  for (let from = 0, to = 0; from < days.length; from = to) {
    const first = days[from]!;
    while (to < days.length && days[to]!.check_id === first.check_id && days[to]!.at === first.at && days[to]!.account_id === first.account_id) to += 1;
    const of = days.slice(from, to);
    const newest = of.reduce((one, other) => (isLater(other, one) ? other : one));
    yield to === from + 1 ? first : merged({
      ...first, last_due_at: newest.last_due_at, last_outcome: newest.last_outcome,
      ...Object.fromEntries(COUNTS.map((count) => [count, of.reduce((sum, day) => sum + day[count], 0)])),
      gap_reasons: togetherOf(of.map(({ gap_reasons }) => gap_reasons).filter((reasons) => reasons !== null)), total: joined(of.map(({ total }) => total)), phases: joined(of.map(({ phases }) => phases)),
    });
  }
}

function togetherOf(reasons: readonly GapReasons[]): GapReasons | null {
  return reasons.length === 0 ? null : sumOfReasons(reasons);
}

const OUTCOMES = ['passed', 'degraded', 'failed'];

/** Of two verdicts of one instant the worse is the later. */
function isLater(one: Cell, other: Cell): boolean {
  const [at, before] = [one.last_due_at ?? -1, other.last_due_at ?? -1];
  return at > before || at === before && OUTCOMES.indexOf(one.last_outcome ?? '') > OUTCOMES.indexOf(other.last_outcome ?? '');
}

function joined(parts: readonly (Buffer | null)[]): Buffer | null {
  const there = parts.filter((part) => part !== null);
  return there.length === 0 ? null : Buffer.concat(there);
}

const STORED_COLUMNS: readonly (ArrayColumn<Computed> & { readonly name: string })[] = [
  ...CELL.map((name) => ({ name, type: name === 'at' ? 'timestamptz' as const : 'uuid' as const, of: (day: Computed) => day[name] })),
  { name: 'last_due_at', type: 'timestamptz', of: (day) => day.last_due_at },
  { name: 'last_outcome', type: 'text', of: (day) => day.last_outcome },
  ...COUNTS.map((name) => ({ name, type: 'int4' as const, of: (day: Computed) => day[name] })),
  { name: 'gap_reasons', type: 'json', of: (day) => day.gap_reasons },
  { name: 'total', type: 'bytea', of: (day) => day.total },
  { name: 'phases', type: 'bytea', of: (day) => day.phases },
];

function daysOf(hours: readonly MarkedHour[]): readonly MarkedHour[] {
  const days = new Map<string, MarkedHour>();
  for (const hour of hours) {
    const atMs = Math.floor(hour.atMs / DAY_MS) * DAY_MS;
    days.set(`${hour.accountId} ${hour.checkId} ${atMs}`, { ...hour, atMs });
  }
  return [...days.values()];
}

function spanOf(cells: readonly MarkedHour[], lengthMs: number): readonly [Date, Date] {
  const [from, to] = cells.reduce(([low, high], { atMs }) => [Math.min(low, atMs), Math.max(high, atMs)] as const, [Infinity, -Infinity] as const);
  return [new Date(from), new Date(to + lengthMs)];
}

function byCheck(one: MarkedHour, other: MarkedHour): number {
  return one.accountId < other.accountId ? -1 : one.accountId > other.accountId ? 1 : one.checkId < other.checkId ? -1 : one.checkId > other.checkId ? 1 : one.atMs - other.atMs;
}

/** Reads figures from hours and days, or from rows where only they know. */
import { sql, type RawBuilder } from 'kysely';
import type { AnalyticsStore, CheckSummary, Piece, PiecesQuestion, SummaryQuestion } from '../api/analytics-port.ts';
import type { Cut, Segment } from '../analytics/reading-plan.ts';
import type { Tally } from '../analytics/tally.ts';
import type { JudgedStatus } from '../api/ports.ts';
import { readAsAccount, type ReadSettings } from './account-scope.ts';
import type { Db } from './connect.ts';
import { overviewStore } from './overview.ts';
import { CHECK_WEEKS, computed, COUNTS, REASONS, reasonsOf, ROLLUPS, SUMS } from './rollup-sql.ts';

type Counts = Readonly<Record<(typeof COUNTS)[number], number>>;
type PieceRow = Counts & {
  check_id: string; code: string | null; at: number; corrected_at: number | null; reasons: string | null; total: Buffer | null; phases: Buffer | null;
};

export function analyticsStore(db: Db): AnalyticsStore {
  return {
    ...overviewStore(db),

    readPieces: (accountId, question) => (question.checkIds.length === 0 || question.segments.length === 0 ? Promise.resolve([]) : readAsAccount(db, accountId, async (trx) => {
      const { rows } = await piecesOf(accountId, question).execute(trx);
      return rows.map(toPiece);
    }, PLAIN)),

    summariseChecks: (accountId, question) => readAsAccount(db, accountId, async (trx) => {
      const { rows: [all] } = await sql<{ total: number }>`select count(*) as total from checks where account_id = ${accountId} and deleted_at is null`.execute(trx);
      const { rows } = await summaryOf(accountId, question).execute(trx);
      return { entries: rows.map(toSummary), total: all?.total ?? 0 };
    }, PLAIN),

    listCheckNames: (accountId, checkIds, tags = []) => readAsAccount(db, accountId, async (trx) => {
      const { rows } = await sql<{ id: string; name: string; tags: string[]; interval_ms: number | null; covers_ms: number | null }>`
        select id, name, tags, epoch.* from checks ${EPOCH} where account_id = ${accountId} and deleted_at is null
          and ${checkIds === null ? sql`true` : sql`id = any(${[...checkIds]}::uuid[])`} and ${tags.length === 0 ? sql`true` : sql`tags && ${[...tags]}::text[]`}
        order by created_at, id`.execute(trx);
      return rows.map(({ id, name, tags: of, interval_ms, covers_ms }) => ({ checkId: id, name, tags: of, frequencyMs: interval_ms ?? 0, coversMs: covers_ms ?? 0 }));
    }),
  };
}

/** Of the newest schedule of a check; `covers_ms`: the time that one due run stands for. */
const EPOCH = sql`left join lateral (
  select interval_ms, (interval_ms / case strategy when 'parallel' then greatest(1, cardinality(location_order)) else 1 end)::integer as covers_ms
  from schedule_epochs e where e.account_id = checks.account_id and e.check_id = checks.id order by from_at desc limit 1
) epoch on true`;

/** Compiling costs more than these queries do. */
const PLAIN: ReadSettings = { jit: 'off', work_mem: '32MB' };

const FIGURES = sql.raw(`${SUMS}, ${REASONS}`);

/** Each segment is summed by itself, along its key: what is put together then are some rows a check. */
function piecesOf(accountId: string, question: PiecesQuestion): RawBuilder<PieceRow> {
  return sql<PieceRow>`
    with pieces as (${sql.join(question.segments.map((segment) => sumsOf(accountId, question, segment)), sql` union all `)})
    select check_id, ${question.byLocation ? sql`locations.code` : sql`null::text`} as code, at, max(corrected_at) as corrected_at, ${sql.raw(SUMS)},
      string_agg(reasons, ',') as reasons, string_agg(total, ''::bytea) as total, string_agg(phases, ''::bytea) as phases
    from pieces ${question.byLocation ? sql`join locations on locations.id = pieces.location_id` : sql``}
    group by 1, 2, 3 order by 1, 2, 3`;
}

function sumsOf(accountId: string, question: PiecesQuestion, segment: Segment): RawBuilder<unknown> {
  const { cut, times = 'all', byLocation, locationCode } = question;
  const location = locationCode === undefined ? sql`true` : sql`location_id in (select id from locations where code = ${locationCode} and (account_id is null or account_id = ${accountId}))`;
  return sql`
    select check_id, ${byLocation ? sql`location_id` : sql`null::uuid`} as location_id, ${bucketOf(cut)} as at, max(corrected_at) as corrected_at, ${FIGURES},
      ${times === 'none' ? sql`null::bytea` : sql`string_agg(total, ''::bytea)`} as total, ${times === 'all' ? sql`string_agg(phases, ''::bytea)` : sql`null::bytea`} as phases
    from ${cellsOf(accountId, question, segment)} and ${location} group by 1, 2, 3`;
}

/** Days and weeks of all locations together, where those are asked for; weeks have no times of single phases. */
function tableOf(source: 'hours' | 'days' | 'weeks', { byLocation, locationCode, times = 'all' }: Pick<PiecesQuestion, 'byLocation' | 'locationCode' | 'times'>): string {
  if (source === 'hours') return ROLLUPS.hours.table;
  if (byLocation || locationCode !== undefined) return ROLLUPS.days.table;
  return source === 'weeks' && times !== 'all' ? CHECK_WEEKS : ROLLUPS.checkDays.table;
}

const PIECE_COLUMNS = sql.raw(['check_id', 'location_id', 'at', 'corrected_at', ...COUNTS, 'gap_reasons', 'total', 'phases'].join(', '));

/** A table, or what stands for one, and which of its rows. */
function cellsOf(accountId: string, question: PiecesQuestion, segment: Segment): RawBuilder<unknown> {
  const { checkIds, cut, status } = question;
  const [from, to] = [instant(segment.fromMs), instant(segment.toMs)];
  const chosen = sql`account_id = ${accountId} and check_id = any(${[...checkIds]}::uuid[])`;
  const parted = segment.parted && sql`${segment.parted.map((ms) => new Date(ms))}::timestamptz[]`;
  if (segment.source !== 'rows') {
    return sql`${sql.table(tableOf(segment.source, question))} where ${chosen} and at >= ${from} and at < ${to} ${parted ? sql`and at <> all(${parted})` : sql``}`;
  }
  // Some hours of many days: each looked up by itself, so that what lies between is not read.
  const own = (table: 'results' | 'gaps'): RawBuilder<unknown> => (parted
    ? sql`select t.* from unnest(${parted}) as hour (at) cross join lateral (select * from ${sql.table(table)} where ${chosen} and due_at >= hour.at and due_at < hour.at + interval '1 hour' and due_at >= ${from} and due_at < ${to} offset 0) t`
    : sql`select * from ${sql.table(table)} where ${chosen} and due_at >= ${from} and due_at < ${to}`);
  const outcomes = status === 'success' ? `('passed', 'degraded')` : `('failed')`;
  const text = computed({
    results: `from own_results r where true ${status === undefined ? '' : `and r.outcome in ${outcomes}`}`, gaps: `from own_gaps g where ${status === undefined}`,
    at: cut.kind === 'every' ? `date_bin(interval '${cut.ms} milliseconds', due_at, 'epoch')` : `date_bin(interval '15 minutes', due_at, 'epoch')`,
    timed: status === 'failure' ? `('failed')` : `('passed', 'degraded')`,
  });
  return sql`(select ${PIECE_COLUMNS} from (
    with own_results as (${own('results')}), own_gaps as (${own('gaps')}),
      ${sql.raw(text)} select *, null::timestamptz as corrected_at from computed) as of_rows) as from_rows where true`;
}

/** The start of the piece that an hour, day or finer bucket falls into; all time zones are quarters of an hour from UTC. */
function bucketOf(cut: Cut): RawBuilder<unknown> {
  switch (cut.kind) {
    case 'whole': return sql`'epoch'::timestamptz`;
    case 'every': return sql`date_bin(${cut.ms} * interval '1 millisecond', at, 'epoch')`;
    case 'calendar': return sql`date_trunc(${cut.unit}, at, ${cut.timeZone})`;
  }
}

type SummaryRow = Counts & {
  id: string; name: string; tags: string[]; covers_ms: number | null; last_due_at: number | null; last_outcome: string | null;
  reasons: string | null; total: Buffer | null; bar: string | null; status: JudgedStatus | null; since_at: number | null;
};
/** What a bucket of the bar tells, in this order. */
const BAR_COUNTS = ['passed', 'degraded', 'failed', 'unknown', 'impaired', 'gaps', 'wanted'] as const;

/** One row a check: the bar as text, because thousands of small rows cost more to read than to compute. */
function summaryOf(accountId: string, { segments, barSegments, fromMs, bucketMs, checkIds, limit, page }: SummaryQuestion): RawBuilder<SummaryRow> {
  const cells = (of: readonly Segment[], columns: string): RawBuilder<unknown> => sql.join(of.map(({ source, fromMs: first, toMs: last }) => sql`
    select ${sql.raw(columns)} from ${sql.table(tableOf(source === 'rows' ? 'hours' : source, { byLocation: false, times: 'total' }))} where account_id = ${accountId} and check_id = chosen.id and at >= ${instant(first)} and at < ${instant(last)}`), sql` union all `);
  return sql<SummaryRow>`
    with chosen as materialized (
      select id, name, tags, created_at, epoch.covers_ms from checks ${EPOCH} where account_id = ${accountId} and deleted_at is null
        and ${checkIds === undefined ? sql`true` : sql`id = any(${[...checkIds]}::uuid[])`} order by created_at, id limit ${limit} offset ${(page - 1) * limit}
    )
    select chosen.id, chosen.name, chosen.tags, chosen.covers_ms, figures.*, bars.bar, newest.*, states.status, states.since_at from chosen
    left join check_states states on states.account_id = ${accountId} and states.check_id = chosen.id
    left join lateral (select ${FIGURES}, string_agg(total, ''::bytea) as total from (${cells(segments, [...COUNTS, 'gap_reasons', 'total'].join(', '))}) cells) figures on true
    left join lateral (
      select string_agg(concat_ws(':', n, ${sql.raw(BAR_COUNTS.join(', '))}), ' ') as bar
      from (
        select ((extract(epoch from at) * 1000)::bigint - ${fromMs}::bigint) / ${bucketMs}::bigint as n, sum(passed) as passed, sum(degraded) as degraded, sum(failed) as failed,
          sum(agent_faults + egress_denied) as unknown, sum(impaired) as impaired, sum(gaps) as gaps,
          coalesce(sum((gap_reasons->>'maintenance')::integer), 0) + coalesce(sum((gap_reasons->>'paused')::integer), 0) as wanted
        from (${cells(barSegments, 'at, passed, degraded, failed, agent_faults, egress_denied, impaired, gaps, gap_reasons')}) cells group by 1
      ) buckets
    ) bars on true
    left join lateral (
      select last_due_at, last_outcome from rollups_check_daily where account_id = ${accountId} and check_id = chosen.id and at >= ${instant(fromMs - 30 * 86_400_000)} and last_due_at is not null
      order by at desc limit 1
    ) newest on true
    order by chosen.created_at, chosen.id`;
}

function toPiece(row: PieceRow): Piece {
  return { checkId: row.check_id, locationCode: row.code, atMs: row.at, tally: toTally(row), total: row.total, phases: row.phases, correctedAtMs: row.corrected_at };
}

function toSummary(row: SummaryRow): CheckSummary {
  return {
    checkId: row.id, name: row.name, tags: row.tags, coversMs: row.covers_ms ?? 0, tally: toTally(row), total: row.total,
    bar: new Map((row.bar ?? '').split(' ').filter((text) => text !== '').map(barOf)),
    last: row.last_due_at === null || row.last_outcome === null ? null : { dueAtMs: row.last_due_at, outcome: row.last_outcome },
    status: row.status ?? 'noData', sinceMs: row.since_at,
  };
}

function barOf(text: string): readonly [number, Tally] {
  const [n = 0, passed = 0, degraded = 0, failed = 0, unknown = 0, impaired = 0, gaps = 0, wanted = 0] = text.split(':').map(Number);
  return [n, { passed, degraded, failed, agentFaults: unknown, egressDenied: 0, impaired, established: 0, overMax: 0, attempts: 0, gaps, gapReasons: { maintenance: wanted } }];
}

function toTally(row: Counts & { readonly reasons: string | null }): Tally {
  return {
    passed: row.passed ?? 0, degraded: row.degraded ?? 0, failed: row.failed ?? 0, agentFaults: row.agent_faults ?? 0, egressDenied: row.egress_denied ?? 0,
    impaired: row.impaired ?? 0, established: row.established ?? 0, overMax: row.over_max ?? 0, attempts: row.attempts ?? 0, gaps: row.gaps ?? 0, gapReasons: reasonsOf(row.reasons) ?? {},
  };
}

function instant(ms: number): RawBuilder<number> {
  return sql<number>`${new Date(ms)}::timestamptz`;
}

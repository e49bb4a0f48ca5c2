/**
 * Results and gaps into Postgres, in batches, each row once, by one of two ways to the same end.
 *
 * Straight: COPY into the table. Taken for first attempts, which need no look at others of their run, of runs that
 * have no gap (gap writers are locked out). Careful: one statement with a binary array per column,
 * which leaves out what is there, replaces gaps and sees surplus. Taken for everything else, and when the key says
 * that a row is there already: then nothing of the batch was stored, and all of it goes again. Which way is taken
 * decides how fast it is, never what is stored.
 */
import type { Pool, PoolClient } from 'pg';
import type { IngestRow, IngestStore } from '../pipeline/ports.ts';
import { encodeArrays, type ArrayColumn, type ElementType } from './binary-arrays.ts';
import { inTransaction } from './connect.ts';
import { HINT_CHANNELS } from './config-hints.ts';
import { copyIn } from './copy-in.ts';
import { encodeCopyOfResults } from './copy-results.ts';
import { JUDGE_MARK_COLUMNS, judgeMarksOf } from './judge-marks.ts';
import { Partitions } from './partitions.ts';
import { RESULT_COLUMNS, type IngestResult } from './result-columns.ts';
import { encodeMarks } from './rollup-marks.ts';
import { USAGE_MARK_COLUMNS, usageMarksOf } from './usage-marks.ts';

type IngestGap = Extract<IngestRow, { kind: 'gap' }>;

/** Any number. Writers of results share it; writers of gaps have it alone, so that a run never gets both. */
const GAP_LOCK = 5_068_133;
/** Rows of one transaction; more are written in several. Bounds memory and the time that locks are held. */
const ROWS_MAX = 5_000;
/** Gaps that are looked through to tell which rows replace one; with more, the batch goes the careful way. */
const GAPS_MAX = 1_000;
/** A row for a day that has no partition (yet, or any more). */
const NO_PARTITION = '23514';
/** Two attempts of a run removing its gap may still meet; the one that Postgres stopped goes again. */
const DEADLOCK = '40P01';
/** A row whose key is there. */
const UNIQUE_VIOLATION = '23505';

export function ingestStore(pool: Pool, partitions: Partitions): IngestStore {
  return {
    async ingest(rows) {
      let inserted = 0;
      for (let from = 0; from < rows.length; from += ROWS_MAX) inserted += await writeChunk(pool, partitions, rows.slice(from, from + ROWS_MAX));
      return { inserted, duplicates: rows.length - inserted };
    },
  };
}

async function writeChunk(pool: Pool, partitions: Partitions, rows: readonly IngestRow[]): Promise<number> {
  // One order for all writers: two batches with the same rows then wait for each other in a line, not in a circle.
  const results = rows.filter((row) => row.kind === 'result').sort(byKey);
  const gaps = rows.filter((row) => row.kind === 'gap');
  const batch: Batch = { rows, results, gaps };
  const days = rows.map(dueAtMsOf);
  await partitions.ensureDays(days);
  try {
    return await write(pool, batch, 'straight');
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== NO_PARTITION && code !== DEADLOCK && code !== UNIQUE_VIOLATION) throw error;
    if (code === NO_PARTITION) partitions.forget();
    await partitions.ensureDays(days);
    return write(pool, batch, 'careful');
  }
}

type Batch = { readonly rows: readonly IngestRow[]; readonly results: readonly IngestResult[]; readonly gaps: readonly IngestGap[] };

function write(pool: Pool, { rows, results, gaps }: Batch, way: 'straight' | 'careful'): Promise<number> {
  const lock = gaps.length > 0 ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared';
  // The hint goes out with the commit; the marks are the truth.
  const begin = `begin; set local synchronous_commit = on; select ${lock}(${GAP_LOCK}); notify ${HINT_CHANNELS.judge}`;
  return inTransaction(pool, begin, async (client) => {
    const withGaps = way === 'straight' && results.length > 0 ? await runsWithGaps(client, results) : null;
    const isStraight = (row: IngestResult): boolean => withGaps !== null && isFirstAttempt(row) && !withGaps.has(row.result.runId);
    const straight = results.filter(isStraight);
    const others = straight.length === 0 ? results : results.filter((row) => !isStraight(row));
    if (straight.length > 0) await copyIn(client, COPY_RESULTS, encodeCopyOfResults(straight));
    const inserted = straight.length + (others.length > 0 ? await insertResults(client, others) : 0) + (gaps.length > 0 ? await insertGaps(client, gaps) : 0);
    // Whether or not a row was new: a mark too many costs a computation, one too few would leave a wrong figure.
    if (inserted > 0) await client.query({ name: 'ingest-marks', text: INSERT_MARKS, values: [encodeMarks(rows), ...encodeArrays(JUDGE_MARK_COLUMNS, judgeMarksOf(rows)), ...encodeArrays(USAGE_MARK_COLUMNS, usageMarksOf(rows))] });
    return inserted;
  });
}

function isFirstAttempt({ result }: IngestResult): boolean {
  return result.attempt === 1;
}

/** The runs between the oldest and the newest of these that have a gap; null: too many to tell. None comes while the lock is held. */
async function runsWithGaps(client: PoolClient, rows: readonly IngestResult[]): Promise<ReadonlySet<string> | null> {
  const answer = await client.query<{ run_id: string }>({
    name: 'ingest-runs-with-gaps',
    text: `select run_id from gaps where account_id = any($1::uuid[]) and due_at between $2 and $3 limit ${GAPS_MAX}`,
    values: [[...new Set(rows.map(({ accountId }) => accountId))], ...span(rows.map(({ result }) => result.dueAtMs))],
  });
  return answer.rows.length < GAPS_MAX ? new Set(answer.rows.map(({ run_id: runId }) => runId)) : null;
}

/** New results; a final one takes the place of its run's gap. */
async function insertResults(client: PoolClient, rows: readonly IngestResult[]): Promise<number> {
  const dues = rows.map(({ result }) => result.dueAtMs);
  const answer = await client.query<{ inserted: number }>({
    name: 'ingest-results',
    text: INSERT_RESULTS,
    values: [...encodeArrays(RESULT_COLUMNS, rows), ...span(dues)],
  });
  return Number(answer.rows[0]?.inserted ?? 0);
}

/** New gaps, except those of runs that have a final result. */
async function insertGaps(client: PoolClient, rows: readonly IngestGap[]): Promise<number> {
  const answer = await client.query({
    name: 'ingest-gaps',
    text: INSERT_GAPS,
    values: [...encodeArrays(GAP_COLUMNS, rows), ...span(rows.map(({ gap }) => gap.dueAtMs))],
  });
  return answer.rowCount ?? 0;
}

/** A slot so far behind what is judged is history: a spool that is emptied, not a late answer. */
const HISTORY_BEHIND_MINUTES = 15;

/** All appended: nobody waits for a judge that is at work on the check (rules.md 19). */
const INSERT_MARKS = `
  with rolled as (insert into rollup_marks (cells) select $1::bytea where $1 is not null),
    metered as (insert into usage_marks (account_id, at) select * from unnest($5::uuid[], $6::timestamptz[]))
  insert into judge_marks (account_id, check_id, first_due_at, is_history)
  select given.*, coalesce(given.first_due_at < (select judged_through from check_states where check_states.account_id = given.account_id and check_states.check_id = given.check_id) - interval '${HISTORY_BEHIND_MINUTES} minutes', false)
  from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) as given (account_id, check_id, first_due_at)`;

const GAP_COLUMNS: readonly (ArrayColumn<IngestGap> & { readonly name: string })[] = [
  { name: 'account_id', type: 'uuid', of: (row) => row.accountId },
  { name: 'due_at', type: 'timestamptz', of: ({ gap }) => gap.dueAtMs },
  { name: 'run_id', type: 'uuid', of: ({ gap }) => gap.runId },
  { name: 'check_id', type: 'uuid', of: ({ gap }) => gap.checkId },
  { name: 'location_owed', type: 'uuid', of: ({ gap }) => gap.locationOwed },
  { name: 'agent_id', type: 'uuid', of: (row) => row.agentId },
  { name: 'reason', type: 'text', of: ({ gap }) => gap.reason },
];

const namesOf = (columns: readonly { readonly name: string }[]): string => columns.map(({ name }) => name).join(', ');
const arraysOf = (columns: readonly { readonly type: ElementType }[]): string => columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ');
/** The span of the batch, so that only its days are looked at. */
const spanOf = (columns: readonly unknown[]): string => `between $${columns.length + 1} and $${columns.length + 2}`;

/** Fills its slot: what a gap gives way to. */
const FILLS = 'is_final and not is_surplus';
/** An attempt that was ordered in another location than the one that owes the run. */
const ELSEWHERE = `given.trigger = 'retry' and given.attempt > 1 and given.location_executed <> given.location_owed`;
const ofRun = (table: string): string => `${table}.account_id = given.account_id and ${table}.due_at = given.due_at and ${table}.run_id = given.run_id`;

/**
 * Two agents that each believed a run to be theirs may both end it, at different attempts: the one that comes second
 * is kept as surplus. First attempts share their key, so only later ones need the look. A retry that was ordered in
 * another location ends its run instead of the attempt before.
 */
const IS_SURPLUS = `given.is_surplus or given.attempt > 1 and given.is_final and (
  select true from results where ${ofRun('results')} and ${FILLS} and results.attempt <> given.attempt and not (${ELSEWHERE} and results.attempt < given.attempt) and results.due_at ${spanOf(RESULT_COLUMNS)} limit 1) is not null`;

const COPY_RESULTS = `copy results (${namesOf(RESULT_COLUMNS)}) from stdin binary`;

// The gap is looked up row by row: a join could change the order of the rows, which keeps writers from deadlocks.
const INSERT_RESULTS = `
  with new as (
    insert into results (${namesOf(RESULT_COLUMNS)}, replaced_gap)
    select ${RESULT_COLUMNS.map(({ name }) => (name === 'is_surplus' ? IS_SURPLUS : `given.${name}`)).join(', ')},
      case when given.is_final and not given.is_surplus then (select reason from gaps where ${ofRun('gaps')} and gaps.due_at ${spanOf(RESULT_COLUMNS)}) end
    from unnest(${arraysOf(RESULT_COLUMNS)}) as given (${namesOf(RESULT_COLUMNS)})
    on conflict do nothing
    returning account_id, due_at, run_id, attempt, trigger, location_owed, location_executed, ${FILLS} as fills
  ), superseded as (
    update results set is_final = false from new as given where given.fills and ${ELSEWHERE}
      and ${ofRun('results')} and results.is_final and results.attempt < given.attempt and results.due_at ${spanOf(RESULT_COLUMNS)}
  ), replaced as (
    delete from gaps using new as given where given.fills and ${ofRun('gaps')} and gaps.due_at ${spanOf(RESULT_COLUMNS)}
  )
  select count(*) as inserted from new`;

// One look in the index a row; as `not exists` a join could compare each with each, for want of statistics of a new day.
const INSERT_GAPS = `
  insert into gaps (${namesOf(GAP_COLUMNS)})
  select * from unnest(${arraysOf(GAP_COLUMNS)}) as given (${namesOf(GAP_COLUMNS)})
  where (select true from results where ${ofRun('results')} and ${FILLS} and results.due_at ${spanOf(GAP_COLUMNS)} limit 1) is null
  on conflict do nothing`;

/** First attempts first, as the straight way takes them. */
function byKey({ result: a }: IngestResult, { result: b }: IngestResult): number {
  return Number(a.attempt > 1) - Number(b.attempt > 1) || a.dueAtMs - b.dueAtMs || (a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : a.attempt - b.attempt);
}

function dueAtMsOf(row: IngestRow): number {
  return row.kind === 'result' ? row.result.dueAtMs : row.gap.dueAtMs;
}

function span(instantsMs: readonly number[]): readonly [Date, Date] {
  const [from, to] = instantsMs.reduce(([low, high], at) => [Math.min(low, at), Math.max(high, at)] as const, [Infinity, -Infinity] as const);
  return [new Date(Math.floor(from)), new Date(Math.ceil(to))];
}

/**
 * A day's hours and its days from nothing: rows are streamed out of Postgres as they are counted there, gathered here
 * in typed arrays, and copied in. What rows come meanwhile have left marks, which wait for us.
 */
import type { PoolClient } from 'pg';
import { Cells, CELL_COUNTS, mergedGaps, type CellFigures } from '../analytics/cells.ts';
import { mergePacked } from '../analytics/gathered-times.ts';
import type { GapReasons } from '../analytics/tally.ts';
import { readUuid } from '#shared/wire/uuid-bytes.ts';
import type { ArrayColumn } from './binary-arrays.ts';
import { encodeCopyMessage } from './copy-message.ts';
import { EPOCH_SHIFT_US } from './growing-buffer.ts';
import { copyIn } from './copy-in.ts';
import { copyOut } from './copy-out.ts';
import { DAY_MS, partitionOf } from './partitions.ts';
import { HOUR_MS } from './rollup-marks.ts';
import { COUNTS, CUT_OFF, HOURS_OF_A_DAY, isChangedLate, OUTCOME, ROLLUPS, RUNS_THAT_COUNT, TIME_COLUMNS, type Rollup } from './rollup-sql.ts';

/** Runs that are held in memory at once, some thirty bytes each; a day with more is gone through in pieces. */
const RUNS_AT_ONCE = 2_000_000;
/** What a row takes on disk at least: tells how many there may be. */
const ROW_BYTES = 250;
/** Rows of one message to Postgres. */
const COPIED_AT_ONCE = 5_000;

/** `rawDays`: rows of older days may be gone, and what was computed of them stays. */
export async function rebuildDay(client: PoolClient, dayMs: number, rawDays: number): Promise<{ readonly hours: number; readonly days: number }> {
  const [from, to] = [new Date(dayMs), new Date(dayMs + DAY_MS)];
  const { rows: [known] } = await client.query<{ is_kept: boolean; others: string[]; cut_off: boolean; bytes: string | null }>(`
    select $1::timestamptz >= date_trunc('day', now(), 'UTC') - make_interval(days => $3) as is_kept,
      (select coalesce(array_agg(account_id), '{}') from retention where $1 < date_trunc('day', now(), 'UTC') - make_interval(days => raw_days)) as others,
      exists (select from impaired_windows where withdrawn_at is null and from_at < $2 and (to_at is null or to_at >= $1)) as cut_off,
      pg_relation_size(to_regclass($4)) as bytes`, [from, to, rawDays, partitionOf('results', dayMs)]);
  if (!known?.is_kept) return { hours: 0, days: 0 };
  const chosen = known.others.length === 0 ? 'true' : `account_id <> all(array[${known.others.map((id) => `'${id}'`).join(', ')}]::uuid[])`;
  const changed: Rollup[] = [];
  for (const rollup of Object.values(ROLLUPS)) if (await takeAway(client, rollup, { from, to, chosen })) changed.push(rollup);
  const pieces = Math.min(HOURS_OF_A_DAY, Math.max(1, Math.ceil(Number(known.bytes ?? 0) / ROW_BYTES / RUNS_AT_ONCE)));
  const day = new Map<number, Whole>();
  let cells = new Cells();
  let hours = 0;
  for (let piece = 0; piece < pieces; piece += 1) {
    const [first, last] = [piece, piece + 1].map((n) => Math.floor((n * HOURS_OF_A_DAY) / pieces)) as [number, number];
    cells = new Cells(cells.pairs);
    await gather(client, cells, { fromMs: dayMs + first * HOUR_MS, toMs: dayMs + last * HOUR_MS, dayMs, chosen, hasCutOff: known.cut_off });
    const order = sortedPairs(cells);
    hours += await copyCells(client, ROLLUPS.hours, hourRows(cells, order, dayMs));
    for (const { pair } of order) {
      const whole = cells.wholeOf(pair);
      if (whole !== null) day.set(pair, together(day.get(pair), whole));
    }
  }
  const dayRows = sortedPairs(cells).flatMap((pair) => (day.has(pair.pair) ? [{ ...pair, atMs: dayMs, figures: day.get(pair.pair)! }] : []));
  const days = await copyCells(client, ROLLUPS.days, dayRows);
  await copyCells(client, ROLLUPS.checkDays, ofChecks(dayRows));
  for (const rollup of changed) await keepCorrections(client, rollup, [from, to]);
  return { hours, days };
}

/** What was there is set aside, to be compared with; false if nothing was. */
async function takeAway(client: PoolClient, { table, key }: Rollup, { from, to, chosen }: { readonly from: Date; readonly to: Date; readonly chosen: string }): Promise<boolean> {
  const within = `at >= $1 and at < $2 and ${chosen}`;
  const { rows: [some] } = await client.query<{ there: boolean }>(`select exists (select from ${table} where ${within}) as there`, [from, to]);
  if (!some?.there) return false;
  const kept = [...key, 'corrected_at', ...COUNTS].join(', ');
  await client.query(`create temp table old_${table} on commit drop as select ${kept} from ${table} limit 0`);
  await client.query(`with gone as (delete from ${table} where ${within} returning *) insert into old_${table} select ${kept} from gone`, [from, to]);
  return true;
}

/** As the incremental way leaves them: a change of what was over says when it came. */
async function keepCorrections(client: PoolClient, { table, hours, key }: Rollup, span: readonly [Date, Date]): Promise<void> {
  await client.query(`update ${table} new set corrected_at = case when ${isChangedLate('old', 'new', hours)} then now() else old.corrected_at end
    from old_${table} old where ${key.map((column) => `new.${column} = old.${column}`).join(' and ')} and new.at >= $1 and new.at < $2
      and (old.corrected_at is not null or ${isChangedLate('old', 'new', hours)})`, [...span]);
}

type Span = { readonly fromMs: number; readonly toMs: number; readonly dayMs: number; readonly chosen: string; readonly hasCutOff: boolean };

/** Lengths stand before fields: https://www.postgresql.org/docs/current/sql-copy.html, Binary Format. */
const [LENGTH_BYTES, UUID_BYTES, INT8_BYTES] = [4, 16, 8] as const;
const TWO_32 = 2 ** 32;

async function gather(client: PoolClient, cells: Cells, { fromMs, toMs, dayMs, chosen, hasCutOff }: Span): Promise<void> {
  const within = (as: string): string => `${as}.due_at >= '${new Date(fromMs).toISOString()}' and ${as}.due_at < '${new Date(toMs).toISOString()}' and ${chosen.replace('account_id', `${as}.account_id`)}`;
  await copyOut(client, `copy (${hasCutOff ? `with ${CUT_OFF}` : ''}
    select r.account_id, r.check_id, r.location_owed, r.due_at, ${hasCutOff ? OUTCOME : 'r.outcome'}, r.established, r.over_max_response_time, r.attempt, ${TIME_COLUMNS.map((column) => `r.${column}`).join(', ')}
    from results r ${hasCutOff ? 'left join cut_off on cut_off.location_id = r.location_executed and cut_off.agent_id = r.agent_id' : ''}
    where ${within('r')} and ${RUNS_THAT_COUNT}) to stdout (format binary)`, (row, start) => {
    const pair = cells.pairs.numberOf(row, start + LENGTH_BYTES, LENGTH_BYTES);
    let at = start + 3 * (LENGTH_BYTES + UUID_BYTES) + LENGTH_BYTES;
    const dueAtMs = Math.round((row.getInt32(at) * TWO_32 + row.getUint32(at + 4) + EPOCH_SHIFT_US) / 1000);
    at += INT8_BYTES;
    const outcome = row.getUint8(at + LENGTH_BYTES);
    at += LENGTH_BYTES + row.getInt32(at) + LENGTH_BYTES;
    cells.add({
      pair, hour: Math.floor((dueAtMs - dayMs) / HOUR_MS), dueAtMs, outcome, established: row.getUint8(at) === 1, overMax: row.getUint8(at + 1 + LENGTH_BYTES) === 1, attempt: row.getInt16(at + 2 * (1 + LENGTH_BYTES)),
    }, row, at + 2 * (1 + LENGTH_BYTES) + 2 + LENGTH_BYTES, 4 + LENGTH_BYTES);
  });
  const { rows } = await client.query<{ key: Buffer; hour: number; reason: string; n: number }>(`
    select uuid_send(account_id) || uuid_send(check_id) || uuid_send(location_owed) as key, extract(hour from due_at at time zone 'UTC')::integer as hour, reason, count(*)::integer as n
    from gaps g where ${within('g')} group by account_id, check_id, location_owed, 2, 3`);
  for (const { key, hour, reason, n } of rows) cells.addGaps(cells.pairs.numberOf(new DataView(key.buffer, key.byteOffset, key.length), 0, 0), hour, reason, n);
}

type Pair = { readonly pair: number; readonly accountId: string; readonly checkId: string; readonly locationId: string };
type Whole = Omit<CellFigures, 'gaps'> & { readonly gaps: GapReasons | null };
type CellRow = Pair & { readonly atMs: number; readonly figures: Whole };

/** By account, check and location, as the key has them: rows in its order are cheaper to store and to read. */
function sortedPairs({ pairs }: Cells): readonly Pair[] {
  const bytes = Buffer.alloc(3 * UUID_BYTES);
  return Array.from({ length: pairs.size }, (_, pair) => {
    for (const [word, value] of pairs.key(pair).entries()) bytes.writeInt32BE(value, 4 * word);
    return { pair, accountId: readUuid(bytes, 0), checkId: readUuid(bytes, UUID_BYTES), locationId: readUuid(bytes, 2 * UUID_BYTES) };
  }).sort((one, other) => compared(one.accountId, other.accountId) || compared(one.checkId, other.checkId) || compared(one.locationId, other.locationId));
}

function compared(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function isSameCheck(one: Pair, other: Pair): boolean {
  return one.checkId === other.checkId && one.accountId === other.accountId;
}

/** Check by check, hour by hour, location by location. */
function* hourRows(cells: Cells, order: readonly Pair[], dayMs: number): Generator<CellRow, void, undefined> {
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && isSameCheck(order[to]!, order[from]!)) to += 1;
    for (let hour = 0; hour < HOURS_OF_A_DAY; hour += 1) {
      for (let n = from; n < to; n += 1) {
        const pair = order[n]!;
        if (cells.has(pair.pair, hour)) yield { ...pair, atMs: dayMs + hour * HOUR_MS, figures: cells.figuresOf(pair.pair, hour) };
      }
    }
  }
}

type Column = ArrayColumn<CellRow> & { readonly name: string };

const KEY_COLUMNS: Readonly<Record<Rollup['key'][number], Column>> = {
  account_id: { name: 'account_id', type: 'uuid', of: ({ accountId }) => accountId }, check_id: { name: 'check_id', type: 'uuid', of: ({ checkId }) => checkId },
  location_id: { name: 'location_id', type: 'uuid', of: ({ locationId }) => locationId }, at: { name: 'at', type: 'timestamptz', of: ({ atMs }) => atMs },
};
const COLUMNS: readonly Column[] = [
  { name: 'last_due_at', type: 'timestamptz', of: ({ figures }) => figures.last?.dueAtMs ?? null },
  { name: 'last_outcome', type: 'text', of: ({ figures }) => figures.last?.outcome ?? null },
  ...CELL_COUNTS.map((name, index) => ({ name, type: 'int4' as const, of: ({ figures }: CellRow) => figures.counts[index] })),
  { name: 'gaps', type: 'int4', of: ({ figures: { gaps } }) => (gaps === null ? 0 : Object.values(gaps).reduce((sum, n) => sum + n, 0)) },
  { name: 'gap_reasons', type: 'jsonb', of: ({ figures }) => figures.gaps },
  { name: 'total', type: 'bytea', of: ({ figures }) => figures.total },
  { name: 'phases', type: 'bytea', of: ({ figures }) => figures.phases },
];

/** How many. */
async function copyCells(client: PoolClient, { table, key }: Rollup, rows: Iterable<CellRow>): Promise<number> {
  const columns = [...key.map((name) => KEY_COLUMNS[name]), ...COLUMNS];
  const text = `copy ${table} (${columns.map(({ name }) => name).join(', ')}) from stdin binary`;
  let some: CellRow[] = [];
  let count = 0;
  for (const row of rows) {
    some.push(row);
    count += 1;
    if (some.length < COPIED_AT_ONCE) continue;
    await copyIn(client, text, encodeCopyMessage(columns, some));
    some = [];
  }
  if (some.length > 0) await copyIn(client, text, encodeCopyMessage(columns, some));
  return count;
}

/** All locations of a check together; they stand one after the other. */
function* ofChecks(days: readonly CellRow[]): Generator<CellRow, void, undefined> {
  for (let from = 0, to = 0; from < days.length; from = to) {
    const first = days[from]!;
    while (to < days.length && isSameCheck(days[to]!, first)) to += 1;
    yield { ...first, figures: days.slice(from, to).reduce<Whole | undefined>((sum, { figures }) => together(sum, figures), undefined)! };
  }
}

function together(one: Whole | undefined, other: Whole): Whole {
  if (one === undefined) return other;
  const [a, b] = [one.last, other.last];
  return {
    counts: one.counts.map((count, index) => count + other.counts[index]!),
    gaps: mergedGaps(one.gaps as Record<string, number> | null, other.gaps), last: isLater(b, a) ? b : a,
    total: bothOf(one.total, other.total), phases: bothOf(one.phases, other.phases),
  };
}

const OUTCOMES = ['passed', 'degraded', 'failed'];

/** Of two verdicts of one instant the worse is the later. */
function isLater(one: Whole['last'], other: Whole['last']): boolean {
  if (one === null || other === null) return one !== null;
  return one.dueAtMs > other.dueAtMs || one.dueAtMs === other.dueAtMs && OUTCOMES.indexOf(one.outcome) > OUTCOMES.indexOf(other.outcome);
}

function bothOf(one: Buffer | null, other: Buffer | null): Buffer | null {
  return one === null ? other : other === null ? one : mergePacked(Buffer.concat([one, other]));
}

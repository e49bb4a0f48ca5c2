/**
 * Tables cut by time, each piece made before its first row: results and gaps by UTC day, hourly rollups by month,
 * daily and weekly ones by year. Retention drops whole pieces (`retention.ts`).
 */
import type { Pool } from 'pg';
import { weekOf } from '../analytics/reading-plan.ts';
import { inTransaction } from './connect.ts';

export const DAY_MS = 86_400_000;

/** Any number: coordinators that need the same day make it one after the other. */
const PARTITION_LOCK = 5_068_132;
/** More days than this in one call is a wrong clock, not a plan. */
const DAYS_MAX = 400;

type Period = 'day' | 'month' | 'year';
/** `options` keeps days narrow: times of single phases live beside the table and are read only when asked for. */
type PartitionedTable = { readonly name: string; readonly period: Period; readonly options: string; /** A row is of the week that begins at its instant. */ readonly isByWeek?: boolean };

const NARROW = 'with (toast_tuple_target = 256)';
const OF_ROWS: readonly PartitionedTable[] = [{ name: 'results', period: 'day', options: '' }, { name: 'gaps', period: 'day', options: '' }];
const OF_ROLLUPS: readonly PartitionedTable[] = [
  { name: 'rollups_hourly', period: 'month', options: '' },
  { name: 'rollups_daily', period: 'year', options: NARROW },
  { name: 'rollups_check_daily', period: 'year', options: NARROW },
  { name: 'rollups_check_weekly', period: 'year', options: '', isByWeek: true },
];
export const PARTITIONED_TABLES = [...OF_ROWS, ...OF_ROLLUPS];

export class Partitions {
  readonly #pool: Pool;
  /** Names of the partitions known to be there. */
  readonly #known = new Set<string>();
  /** Start of the days of which all partitions are known, which is all that ingest asks for. */
  readonly #knownDays = new Set<number>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Every day that `[fromMs, toMs]` touches. */
  async ensure(fromMs: number, toMs: number): Promise<void> {
    const first = dayOf(fromMs);
    const count = (dayOf(toMs) - first) / DAY_MS + 1;
    if (!(count <= DAYS_MAX)) throw new RangeError(`${count} days of results at once are more than ${DAYS_MAX}`);
    await this.ensureDays(Array.from({ length: Math.max(0, count) }, (_, index) => first + index * DAY_MS));
  }

  /** The days of these instants, and the months and years around them. Costs nothing when they are known. */
  async ensureDays(instantsMs: Iterable<number>): Promise<void> {
    const missing = new Set<number>();
    for (const instantMs of instantsMs) {
      const day = dayOf(instantMs);
      if (!this.#knownDays.has(day)) missing.add(day);
    }
    for (const day of [...missing].sort((a, b) => a - b)) {
      for (const table of PARTITIONED_TABLES) await this.#ensureOne(table, day);
      this.#knownDays.add(day);
    }
  }

  /** A partition may have been dropped by somebody else's retention. */
  forget(): void {
    this.#known.clear();
    this.#knownDays.clear();
  }

  async #ensureOne(table: PartitionedTable, day: number): Promise<void> {
    const { fromMs, toMs } = periodAround(table.period, table.isByWeek ? weekOf(day) : day);
    const partition = `${table.name}_${periodName(table.period, fromMs)}`;
    if (this.#known.has(partition)) return;
    const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
    // Built beside and attached: that takes no lock which readers or writers of other days would wait for.
    await inTransaction(this.#pool, `begin; set local lock_timeout = '5s'; select pg_advisory_xact_lock(${PARTITION_LOCK})`, async (client) => {
      const { rows } = await client.query('select to_regclass($1) is not null as there', [partition]);
      if (rows[0]?.there) return;
      await client.query(`create table ${partition} (like ${table.name} including defaults including constraints including indexes including storage) ${table.options};
        alter table ${table.name} attach partition ${partition} for values from ('${from}') to ('${to}')`);
    });
    this.#known.add(partition);
  }
}

function dayOf(instantMs: number): number {
  return Math.floor(instantMs / DAY_MS) * DAY_MS;
}

function periodAround(period: Period, day: number): { readonly fromMs: number; readonly toMs: number } {
  const at = new Date(day);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  switch (period) {
    case 'day': return { fromMs: day, toMs: day + DAY_MS };
    case 'month': return { fromMs: Date.UTC(year, month), toMs: Date.UTC(year, month + 1) };
    case 'year': return { fromMs: Date.UTC(year, 0), toMs: Date.UTC(year + 1, 0) };
  }
}

const NAME_CHARS: Readonly<Record<Period, number>> = { day: 8, month: 6, year: 4 };

/** `20261122`, `202611`, `2026`. */
function periodName(period: Period, fromMs: number): string {
  return new Date(fromMs).toISOString().slice(0, 10).replaceAll('-', '').slice(0, NAME_CHARS[period]);
}

/** The partition that holds rows of an instant, whether it is there or not. */
export function partitionOf(table: 'results' | 'gaps' | 'rollups_hourly' | 'rollups_daily', atMs: number): string {
  const { period } = PARTITIONED_TABLES.find(({ name }) => name === table)!;
  return `${table}_${periodName(period, periodAround(period, dayOf(atMs)).fromMs)}`;
}

/** Start and end of a partition, from its name; null for another table's. */
export function periodOf(partition: string): { readonly table: string; readonly fromMs: number; readonly toMs: number } | null {
  const table = PARTITIONED_TABLES.find(({ name, period }) => new RegExp(`^${name}_\\d{${NAME_CHARS[period]}}$`).test(partition));
  if (!table) return null;
  const digits = partition.slice(table.name.length + 1);
  const day = Date.UTC(Number(digits.slice(0, 4)), Number(digits.slice(4, 6) || '1') - 1, Number(digits.slice(6, 8) || '1'));
  return { table: table.name, ...periodAround(table.period, day) };
}

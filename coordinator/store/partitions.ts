/** Days of results and gaps: each UTC day is a partition, made before the first row of that day. */
import type { Pool } from 'pg';
import { inTransaction } from './connect.ts';

export const DAY_MS = 86_400_000;

/** Any number: coordinators that need the same day make it one after the other. */
const PARTITION_LOCK = 5_068_132;
/** More days than this in one call is a wrong clock, not a plan. */
const DAYS_MAX = 400;

export class Partitions {
  readonly #pool: Pool;
  /** Start of the days known to be there. */
  readonly #known = new Set<number>();

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

  /** The days of these instants. Costs nothing when they are known. */
  async ensureDays(instantsMs: Iterable<number>): Promise<void> {
    const missing = new Set<number>();
    for (const instantMs of instantsMs) {
      const day = dayOf(instantMs);
      if (!this.#known.has(day)) missing.add(day);
    }
    for (const day of [...missing].sort((a, b) => a - b)) await this.#make(day);
  }

  /** A partition may have been dropped by somebody else's retention. */
  forget(): void {
    this.#known.clear();
  }

  async #make(day: number): Promise<void> {
    const name = new Date(day).toISOString().slice(0, 10).replaceAll('-', '');
    const [from, to] = [day, day + DAY_MS].map((ms) => new Date(ms).toISOString());
    // Built beside and attached: that takes no lock which readers or writers of other days would wait for.
    await inTransaction(this.#pool, `begin; set local lock_timeout = '5s'; select pg_advisory_xact_lock(${PARTITION_LOCK})`, async (client) => {
      for (const parent of ['results', 'gaps']) {
        const partition = `${parent}_${name}`;
        const { rows } = await client.query('select to_regclass($1) is not null as there', [partition]);
        if (rows[0]?.there) continue;
        await client.query(`create table ${partition} (like ${parent} including defaults including constraints including indexes);
          alter table ${parent} attach partition ${partition} for values from ('${from}') to ('${to}')`);
      }
    });
    this.#known.add(day);
  }
}

function dayOf(instantMs: number): number {
  return Math.floor(instantMs / DAY_MS) * DAY_MS;
}

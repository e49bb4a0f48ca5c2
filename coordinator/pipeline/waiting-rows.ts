import type { IngestRow } from './ports.ts';

/** As the agents say (proto: Lane): what is of now, and what waited in a spool for a coordinator. */
export type IngestLane = 'live' | 'backfill';

export type WaitingBatch = { readonly rows: readonly IngestRow[]; readonly committed: () => void };

/** Of so many commits one begins with the backlog, so that it goes on however much is live. */
const BACKFILL_EVERY = 4;
/** Rows of a transaction that has any of a backlog: what is live waits for it, or is in it. */
const WITH_BACKFILL_ROWS_MAX = 1_000;

/** Rows that wait for a writer: what is live before a backlog, each in the order it came. Bounded by whoever puts. */
export class WaitingRows {
  readonly #lanes: Readonly<Record<IngestLane, WaitingBatch[]>> = { live: [], backfill: [] };
  #count = 0;
  #takes = 0;

  /** Rows in both lanes. */
  get count(): number {
    return this.#count;
  }

  put(batch: WaitingBatch, lane: IngestLane): void {
    this.#lanes[lane].push(batch);
    this.#count += batch.rows.length;
  }

  /** The next to be committed together: whole batches, at most so many rows unless the first alone has more; of a backlog fewer. */
  take(rowsMax: number): readonly WaitingBatch[] {
    this.#takes += 1;
    const { live, backfill } = this.#lanes;
    const taken: WaitingBatch[] = [];
    let rows = 0;
    for (const lane of this.#takes % BACKFILL_EVERY === 0 ? [backfill, live] : [live, backfill]) {
      let count = 0;
      const max = lane === backfill ? Math.min(rowsMax, WITH_BACKFILL_ROWS_MAX) : rowsMax;
      for (let next = lane[0]; next && (rows === 0 || rows + next.rows.length <= max); next = lane[count]) {
        rows += next.rows.length;
        count += 1;
      }
      taken.push(...lane.splice(0, count));
    }
    this.#count -= rows;
    return taken;
  }
}

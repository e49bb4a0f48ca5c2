import type { Log } from '#shared/log.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import type { IngestRow, IngestStore } from './ports.ts';
import type { BodyThinning } from './thin-bodies.ts';
import { WaitingRows, type IngestLane } from './waiting-rows.ts';

/** A transaction costs both sides some milliseconds besides its rows; with more of them it holds its locks longer than live results should wait. */
const BATCH_ROWS_MAX = 2_000;
/** So much is gathered where commits are quick, and as long as a commit takes where they are not: the busier, the fewer of them. */
const GATHER_MIN_MS = 20;
const GATHER_MAX_MS = 100;
/** Rows waiting in memory; the credits of the streams keep it below, this is the wall behind them. */
const WAITING_ROWS_MAX = 50_000;
const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 5_000;

export type IngestCounts = { inserted: number; duplicates: number; commits: number; failures: number };

/**
 * Gathers rows of all streams, commits them together, what is live before a backlog, and only then lets each sender
 * know. Two writers, because two connections about double the rate. Postgres in trouble: the same rows are tried again until it takes them,
 * nobody is acknowledged meanwhile, and the streams' credits hold the agents back.
 */
export class ResultIngest {
  readonly counts: IngestCounts = { inserted: 0, duplicates: 0, commits: 0, failures: 0 };
  readonly #deps: IngestDeps;
  readonly #waiting = new WaitingRows();
  #activeWriters = 0;
  #isGathering = false;
  /** What the last transaction took. */
  #commitMs = 0;

  constructor(deps: IngestDeps) {
    this.#deps = deps;
  }

  get waitingRows(): number {
    return this.#waiting.count;
  }

  /** Resolves when the rows are committed; rejects only when the process stops first or far too much waits. */
  put(rows: readonly IngestRow[], lane: IngestLane = 'live'): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    if (this.#waiting.count > WAITING_ROWS_MAX) return Promise.reject(new Error(`${this.#waiting.count} rows already wait for Postgres`));
    return new Promise((resolve) => {
      this.#waiting.put({ rows: this.#deps.thinning?.thinned(rows) ?? rows, committed: resolve }, lane);
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#activeWriters >= WRITERS || this.#waiting.count === 0) return;
    if (this.#waiting.count < BATCH_ROWS_MAX) {
      if (this.#isGathering) return;
      this.#isGathering = true;
      this.#deps.clock.setTimer(Math.min(GATHER_MAX_MS, Math.max(GATHER_MIN_MS, this.#commitMs)), () => {
        this.#isGathering = false;
        this.#startWriter();
      });
      return;
    }
    this.#startWriter();
  }

  #startWriter(): void {
    if (this.#activeWriters >= WRITERS || this.#waiting.count === 0) return;
    const batch = this.#waiting.take(BATCH_ROWS_MAX);
    this.#activeWriters += 1;
    void this.#commit(batch.flatMap(({ rows }) => rows)).then((isCommitted) => {
      this.#activeWriters -= 1;
      if (isCommitted) for (const { committed } of batch) committed();
      this.#pump();
    });
  }

  async #commit(rows: readonly IngestRow[]): Promise<boolean> {
    const { store, clock, log, signal } = this.#deps;
    for (let backoffMs = RETRY_MIN_MS; !signal.aborted; backoffMs = Math.min(RETRY_MAX_MS, backoffMs * 2)) {
      try {
        const beganUs = clock.monotonicUs();
        const { inserted, duplicates } = await store.ingest(rows);
        this.#commitMs = (clock.monotonicUs() - beganUs) / 1000;
        this.counts.inserted += inserted;
        this.counts.duplicates += duplicates;
        this.counts.commits += 1;
        return true;
      } catch (error) {
        this.counts.failures += 1;
        log.warn({ err: error, rows: rows.length, backoffMs }, 'Postgres did not take a batch; trying again');
        await sleep(clock, backoffMs, signal);
      }
    }
    return false;
  }
}

const WRITERS = 2;

export type IngestDeps = {
  readonly store: IngestStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Left out: every body is kept. */
  readonly thinning?: BodyThinning;
};

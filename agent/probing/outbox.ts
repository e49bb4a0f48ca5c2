import type { AttemptResult } from '#shared/run/result.ts';
import type { Clock, Timer } from '#shared/time/clock.ts';
import type { MissedSlot } from '../timetable/missed-slot.ts';
import type { Row } from './messages.ts';
import { ownBytes, transferable } from './own-bytes.ts';

export type OutboxDeps = {
  readonly clock: Clock;
  /** `bytes` is the weight that `taken` gives back. */
  readonly post: (rows: readonly Row[], bytes: number, transfer: readonly ArrayBuffer[]) => void;
  /** Weight of rows under way at which there is no more room. */
  readonly roomBytes?: number;
};

/**
 * Results and gaps on their way to the main thread, in order, in batches: a message costs as much as ten rows in one.
 *
 * What was posted and not yet taken counts against the room. Without room nothing new is started (Timetable.hasRoom),
 * so that beyond it there is only what was under way: at most the attempts in flight and the runs that waited.
 */
export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #roomBytes: number;
  #rows: Row[] = [];
  #transfer: ArrayBuffer[] = [];
  #bytes = 0;
  #postedBytes = 0;
  #timer: Timer | null = null;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#roomBytes = deps.roomBytes ?? ROOM_BYTES;
  }

  get hasRoom(): boolean {
    return this.#bytes + this.#postedBytes < this.#roomBytes;
  }

  addResult(result: AttemptResult): void {
    const { response, owned } = this.#take(result);
    this.#add({ kind: 'result', result: owned }, RESULT_BYTES + response.byteLength);
  }

  addGap(missed: MissedSlot): void {
    this.#add({ kind: 'gap', missed }, GAP_BYTES);
  }

  /** The main thread has taken rows of this weight. */
  taken(bytes: number): void {
    this.#postedBytes -= bytes;
  }

  /** Posts what there is, now. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#rows.length === 0) return;
    const [rows, bytes, transfer] = [this.#rows, this.#bytes, this.#transfer];
    this.#rows = [];
    this.#bytes = 0;
    this.#transfer = [];
    this.#postedBytes += bytes;
    this.#deps.post(rows, bytes, transfer);
  }

  #take(result: AttemptResult): { readonly response: Uint8Array; readonly owned: AttemptResult } {
    const response = ownBytes(result.report.response);
    const buffer = transferable(response);
    if (buffer !== null && !this.#transfer.includes(buffer)) this.#transfer.push(buffer);
    return { response, owned: response === result.report.response ? result : { ...result, report: { ...result.report, response } } };
  }

  #add(row: Row, bytes: number): void {
    this.#rows.push(row);
    this.#bytes += bytes;
    if (this.#rows.length >= BATCH_ROWS_MAX) this.flush();
    else this.#timer ??= this.#deps.clock.setTimer(BATCH_MS, () => this.flush());
  }
}

/** Rows that wait to be posted. */
export const BATCH_ROWS_MAX = 64;
/** Short against the spool's own group commit. */
const BATCH_MS = 5;
/** About what a result without its answer weighs in memory, and a gap. */
const RESULT_BYTES = 2_048;
const GAP_BYTES = 256;
/** Eight thousand results, or 500 with the largest answers: some seconds of a busy agent. */
const ROOM_BYTES = 16 * 1024 * 1024;

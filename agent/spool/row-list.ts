import { RANKS, rankOf, standIn, type DropReason } from './overflow.ts';
import type { SpoolItem, SpoolRow } from './spool.ts';

export type TimedRow = SpoolRow & {
  /** Local wall clock when it was appended. */
  readonly atMs: number;
};

/** Rows in memory in order of sequence, and about how many bytes they take. */
export class RowList {
  #rows: TimedRow[] = [];
  #bytes = 0;

  get length(): number {
    return this.#rows.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  first(): TimedRow | undefined {
    return this.#rows[0];
  }

  /** Sequences only go up. */
  push(row: TimedRow): void {
    this.#rows.push(row);
    this.#bytes += bytesOf(row.item);
  }

  /** Rows with `from ≤ sequence < until`, the first `max` of them. */
  slice(from: number, until: number, max: number): readonly TimedRow[] {
    const start = this.#indexOf(from);
    return this.#rows.slice(start, Math.min(this.#indexOf(until), start + max));
  }

  /** Removes rows with `from ≤ sequence < until`. */
  remove(from: number, until: number): void {
    const start = this.#indexOf(from);
    const end = Math.max(start, this.#indexOf(until));
    for (let index = start; index < end; index += 1) this.#bytes -= bytesOf(this.#rows[index]!.item);
    if (start === 0) this.#rows = this.#rows.slice(end);
    else this.#rows.splice(start, end - start);
  }

  /** Visits rows from the oldest: keeps them, drops them, or puts another item in their place, until told to stop. */
  replaceWhile(decide: (row: TimedRow) => 'keep' | 'drop' | 'stop' | SpoolItem): void {
    const kept: TimedRow[] = [];
    let index = 0;
    for (; index < this.#rows.length; index += 1) {
      const row = this.#rows[index]!;
      const decision = decide(row);
      if (decision === 'stop') break;
      if (decision === 'keep') { kept.push(row); continue; }
      this.#bytes -= bytesOf(row.item);
      if (decision === 'drop') continue;
      kept.push({ ...row, item: decision });
      this.#bytes += bytesOf(decision);
    }
    this.#rows = [...kept, ...this.#rows.slice(index)];
  }

  /** Empties the list and returns what was in it. */
  takeAll(): readonly TimedRow[] {
    const rows = this.#rows;
    this.#rows = [];
    this.#bytes = 0;
    return rows;
  }

  /** Index of the first row whose sequence is not below `sequence`, by bisection. */
  #indexOf(sequence: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#rows[middle]!.sequence < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Lets stand-ins take the place of items, in order of rank and age, until `bytes` are left; returns how many had to go. */
export function makeRoom(rows: RowList, bytes: number, reason: DropReason): number {
  let dropped = 0;
  for (const rank of RANKS) {
    rows.replaceWhile((row) => {
      if (rows.bytes <= bytes) return 'stop';
      if (rankOf(row.item) !== rank) return 'keep';
      dropped += 1;
      return standIn(row.item, reason) ?? 'drop';
    });
  }
  return dropped;
}

/** About what an item takes in memory: its strings and numbers, and the bytes of the answer. */
function bytesOf(item: SpoolItem): number {
  return item.kind === 'gap' ? GAP_BYTES : RESULT_BYTES + item.result.report.response.length;
}

const GAP_BYTES = 300;
const RESULT_BYTES = 1_500;

import { RowList, type TimedRow } from './row-list.ts';

/** The newest of the rows on disk, still in memory, so that live delivery does not read them back. */
export class FreshRows {
  readonly #rows = new RowList();
  /** Every row on disk from here on is in memory, too. */
  #from: number;

  constructor(next: number) {
    this.#from = next;
  }

  get length(): number {
    return this.#rows.length;
  }

  first(): TimedRow | undefined {
    return this.#rows.first();
  }

  reachesTo(sequence: number): boolean {
    return sequence >= this.#from;
  }

  slice(from: number, until: number, max: number): readonly TimedRow[] {
    return this.#rows.slice(from, until, max);
  }

  remember(row: TimedRow): void {
    if (row.sequence < this.#from) return;
    this.#rows.push(row);
    while (this.#rows.bytes > BYTES_MAX) {
      const first = this.#rows.first()!;
      this.#from = first.sequence + DROP;
      this.#rows.remove(first.sequence, this.#from);
    }
  }

  remove(from: number, until: number): void {
    this.#rows.remove(from, until);
  }

  /** What is on disk is not what was remembered; rows from `next` on will be. */
  startAnew(next: number): void {
    this.#rows.takeAll();
    this.#from = next;
  }
}

/** A few seconds of live delivery; what is older is read back from the file. */
const BYTES_MAX = 8 * 1024 * 1024;
const DROP = 256;

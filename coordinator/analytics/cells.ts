/** The runs and gaps of some time, gathered into cells: what one check did in one location in one hour, and in all of it. */
import { packTimes } from './gathered-times.ts';
import { grown, KeyIndex } from './key-index.ts';
import { MEASURED } from './packed-times.ts';
import type { GapReasons } from './tally.ts';

/** Account, check and location: four words each. */
const PAIR_WORDS = 12;
const HOURS = 24;
/** What is counted of runs, in this order; gaps stand apart. */
export const CELL_COUNTS = ['passed', 'degraded', 'failed', 'agent_faults', 'egress_denied', 'impaired', 'established', 'over_max', 'attempts'] as const;
const COUNTS = CELL_COUNTS.length;
const [PASSED, DEGRADED, FAILED, AGENT_FAULTS, EGRESS_DENIED, IMPAIRED, ESTABLISHED, OVER_MAX, ATTEMPTS] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;

/** By the first letter of its name. */
const OUTCOMES = new Map<number, number>([['p', PASSED], ['d', DEGRADED], ['f', FAILED], ['a', AGENT_FAULTS], ['e', EGRESS_DENIED], ['i', IMPAIRED]].map(([letter, outcome]) => [String(letter).charCodeAt(0), Number(outcome)]));
const LETTERS = Uint8Array.from({ length: 128 }, (_, code) => OUTCOMES.get(code) ?? 255);
/** Of two verdicts of one instant the worse is the later. */
const LAST_OUTCOMES = ['', 'passed', 'degraded', 'failed'] as const;
const NONE = -1;

export type Run = {
  readonly pair: number;
  /** 0 to 23. */
  readonly hour: number;
  readonly dueAtMs: number;
  /** First letter of the outcome; `i` for one that was seen by an agent that was cut off. */
  readonly outcome: number;
  readonly established: boolean;
  readonly overMax: boolean;
  readonly attempt: number;
};

/** Of a cell: everything that a row of a rollup tells. */
export type CellFigures = {
  /** As CELL_COUNTS has them. */
  readonly counts: readonly number[];
  readonly gaps: GapReasons | null;
  readonly last: { readonly dueAtMs: number; readonly outcome: string } | null;
  readonly total: Buffer | null;
  readonly phases: Buffer | null;
};

/** Of one span of a day. Typed arrays that grow: some hundred bytes a cell and thirty a run. */
export class Cells {
  readonly pairs: KeyIndex;
  /** By pair and hour. */
  #cells = new Int32Array(HOURS * 256).fill(NONE);
  #size = 0;
  #counts = new Int32Array(COUNTS * 256);
  #last = new Float64Array(256);
  /** The newest run with times of each cell and one, and of each run the one before it and one: 0 ends the list. */
  #newest = new Int32Array(256);
  #before = new Int32Array(1024);
  #times = new Int32Array(MEASURED * 1024);
  #timed = 0;
  readonly #gaps = new Map<number, Record<string, number>>();
  #scratch = new Int32Array(MEASURED * 64);

  /** Pairs go on over the spans of a day. */
  constructor(pairs = new KeyIndex(PAIR_WORDS)) {
    this.pairs = pairs;
  }

  /** `times` stand at `timesAt`, `stride` bytes apart. Throws RangeError on an outcome that is none. */
  add({ pair, hour, dueAtMs, outcome: letter, established, overMax, attempt }: Run, times: DataView, timesAt: number, stride: number): void {
    const cell = this.#cellOf(pair, hour);
    const outcome = LETTERS[letter]!;
    if (outcome > IMPAIRED) throw new RangeError(`an outcome that begins with '${String.fromCharCode(letter)}' is none`);
    const first = cell * COUNTS;
    this.#counts[first + outcome]! += 1;
    this.#counts[first + ATTEMPTS]! += attempt;
    if (outcome <= FAILED) {
      if (established) this.#counts[first + ESTABLISHED]! += 1;
      const verdict = dueAtMs * 4 + outcome + 1;
      if (verdict > this.#last[cell]!) this.#last[cell] = verdict;
    }
    if (overMax && outcome !== IMPAIRED) this.#counts[first + OVER_MAX]! += 1;
    // Those of failures would tell of timeouts, not of the target.
    if (outcome > DEGRADED) return;
    const run = this.#timed;
    this.#timed += 1;
    if (this.#timed > this.#before.length) {
      this.#before = grown(this.#before);
      this.#times = grown(this.#times);
    }
    this.#before[run] = this.#newest[cell]!;
    this.#newest[cell] = run + 1;
    for (let n = 0; n < MEASURED; n += 1) this.#times[run * MEASURED + n] = times.getInt32(timesAt + n * stride);
  }

  addGaps(pair: number, hour: number, reason: string, count: number): void {
    const cell = this.#cellOf(pair, hour);
    const reasons = this.#gaps.get(cell) ?? {};
    reasons[reason] = (reasons[reason] ?? 0) + count;
    this.#gaps.set(cell, reasons);
  }

  has(pair: number, hour: number): boolean {
    const at = pair * HOURS + hour;
    return at < this.#cells.length && this.#cells[at] !== NONE;
  }

  figuresOf(pair: number, hour: number): CellFigures {
    return this.#figures([this.#cells[pair * HOURS + hour]!]);
  }

  /** Of all hours together; null without any. */
  wholeOf(pair: number): CellFigures | null {
    const cells: number[] = [];
    for (let hour = 0; hour < HOURS; hour += 1) if (this.has(pair, hour)) cells.push(this.#cells[pair * HOURS + hour]!);
    return cells.length === 0 ? null : this.#figures(cells);
  }

  #figures(cells: readonly number[]): CellFigures {
    const counts: number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
    let gaps: Record<string, number> | null = null;
    let last = 0;
    let runs = 0;
    for (const cell of cells) {
      for (let n = 0; n < COUNTS; n += 1) counts[n]! += this.#counts[cell * COUNTS + n]!;
      last = Math.max(last, this.#last[cell]!);
      gaps = mergedGaps(gaps, this.#gaps.get(cell) ?? null);
      for (let run = this.#newest[cell]!; run !== 0; run = this.#before[run - 1]!) {
        if ((runs + 1) * MEASURED > this.#scratch.length) this.#scratch = grown(this.#scratch);
        const scratch = this.#scratch;
        const times = this.#times;
        for (let n = 0; n < MEASURED; n += 1) scratch[runs * MEASURED + n] = times[(run - 1) * MEASURED + n]!;
        runs += 1;
      }
    }
    const { total, phases } = packTimes(this.#scratch, runs);
    return { counts, gaps, last: last === 0 ? null : { dueAtMs: Math.floor(last / 4), outcome: LAST_OUTCOMES[last % 4]! }, total, phases };
  }

  #cellOf(pair: number, hour: number): number {
    const at = pair * HOURS + hour;
    while (at >= this.#cells.length) {
      const filled = this.#cells.length;
      this.#cells = grown(this.#cells).fill(NONE, filled);
    }
    const known = this.#cells[at]!;
    if (known !== NONE) return known;
    const cell = this.#size;
    this.#size += 1;
    if (this.#size > this.#last.length) {
      [this.#counts, this.#last, this.#newest] = [grown(this.#counts), grown(this.#last), grown(this.#newest)];
    }
    this.#cells[at] = cell;
    return cell;
  }
}

export function mergedGaps<A extends Record<string, number> | null>(one: A, other: GapReasons | null): A | Record<string, number> {
  if (other === null) return one;
  const merged: Record<string, number> = { ...one };
  for (const [reason, n] of Object.entries(other)) merged[reason] = (merged[reason] ?? 0) + n;
  return merged;
}

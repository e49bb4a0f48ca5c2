/**
 * Log-bucketed sketches (as DDSketch, Masson et al., VLDB 2019): value v > 0 µs is counted in bucket ⌈log_γ v⌉, which
 * answers any quantile within a relative error of ALPHA. Zeros (a phase that did not happen) are not in it: the
 * reader knows how many values there were. How they are stored: packed-times.ts; how they come together: gathered-times.ts.
 */
import type { Phase } from './phases.ts';

/** The relative error of a quantile. */
export const ALPHA = 0.01;
export const GAMMA = (1 + ALPHA) / (1 - ALPHA);
const LN_GAMMA = Math.log(GAMMA);
/** Of the largest int4 µs, and of sums of three of them. */
export const BUCKETS = Math.ceil(Math.log(3 * 2 ** 31) / LN_GAMMA) + 2;

export function bucketOf(us: number): number {
  return Math.ceil(Math.log(us) / LN_GAMMA);
}

/** The value that is at most ALPHA away from everything in the bucket. */
function valueOf(bucket: number): number {
  return (2 * GAMMA ** bucket) / (GAMMA + 1);
}

/** What a stored sketch says of all its values. */
export type SketchHead = { readonly sum: number; readonly squares: number; readonly least: number; readonly most: number };

/** Times of one phase: values above 0 only. µs. */
export class Sketch {
  /** From the bucket `#first` on: as far as values lie apart, which is seldom far. */
  readonly #counts: Uint32Array;
  readonly #first: number;
  readonly count: number;
  readonly sumUs: number;
  readonly sumOfSquares: number;
  readonly leastUs: number;
  readonly mostUs: number;

  /** `counts` by bucket, from the bucket `first` on. */
  constructor({ sum, squares, least, most }: SketchHead, first: number, counts: Uint32Array) {
    [this.#first, this.#counts] = [first, counts];
    this.count = counts.reduce((all, count) => all + count, 0);
    [this.sumUs, this.sumOfSquares, this.leastUs, this.mostUs] = [sum, squares, least, most];
  }

  /** The nearest rank among `of` values, of which those that are not here are 0. µs; null without any. */
  quantileUs(q: number, of: number): number | null {
    if (of <= 0) return null;
    let rank = Math.max(1, Math.ceil(q * of)) - Math.max(0, of - this.count);
    if (rank <= 0) return 0;
    for (let at = 0; at < this.#counts.length; at += 1) {
      rank -= this.#counts[at]!;
      if (rank <= 0) return Math.min(this.mostUs, Math.max(this.leastUs, valueOf(this.#first + at)));
    }
    return this.mostUs;
  }
}

export type Sketches = ReadonlyMap<Phase, Sketch>;

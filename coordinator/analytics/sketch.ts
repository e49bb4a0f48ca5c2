/**
 * Log-bucketed sketches (as DDSketch, Masson et al., VLDB 2019): value v > 0 µs is counted in bucket ⌈log_γ v⌉, which
 * answers any quantile within a relative error of ALPHA. Zeros (a phase that did not happen) are not in it: the
 * reader knows how many values there were. How they are stored: packed-times.ts.
 */
import { PHASES, type Phase } from './phases.ts';
import { readTimes, type PartHead } from './packed-times.ts';

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

const NONE = new Uint32Array(0);
/** Buckets on both sides of what is needed: a factor of two. */
const MARGIN = 35;

/** Times of one phase: values above 0 only. µs. */
export class Sketch {
  /** From the bucket `#first` on: as far as values lie apart, which is seldom far. */
  #counts = NONE;
  #first = 0;
  count = 0;
  sumUs = 0;
  sumOfSquares = 0;
  leastUs = Infinity;
  mostUs = 0;

  add(us: number): void {
    if (us <= 0) return;
    this.addBucket(bucketOf(us), 1);
    this.addHead({ sum: us, squares: us * us, least: us, most: us });
  }

  /** What a stored sketch says of all its values; their buckets come by themselves. */
  addHead({ sum, squares, least, most }: PartHead): void {
    this.sumUs += sum;
    this.sumOfSquares += squares;
    this.leastUs = Math.min(this.leastUs, least);
    this.mostUs = Math.max(this.mostUs, most);
  }

  addBucket(bucket: number, count: number): void {
    const at = bucket - this.#first;
    if (at < 0 || at >= this.#counts.length) this.#reach(bucket);
    this.#counts[bucket - this.#first]! += count;
    this.count += count;
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

  #reach(bucket: number): void {
    const [counts, before] = [this.#counts, this.#first];
    const [low, high] = counts.length === 0 ? [bucket, bucket] : [Math.min(before, bucket), Math.max(before + counts.length, bucket)];
    this.#first = Math.max(0, low - MARGIN);
    this.#counts = new Uint32Array(high + MARGIN - this.#first);
    this.#counts.set(counts, counts.length === 0 ? 0 : before - this.#first);
  }
}

export type Sketches = ReadonlyMap<Phase, Sketch>;

/** Merges packed times, whatever phases they are of; null has none. Throws RangeError on what nobody packed. */
export function unpack(...packed: readonly (Buffer | null)[]): Sketches {
  const found: (Sketch | undefined)[] = PHASES.map(() => undefined);
  const of = (phase: number): Sketch => (found[phase] ??= new Sketch());
  for (const parts of packed) {
    if (parts === null) continue;
    readTimes(parts, {
      value: (phase, us) => { if (us > 0) of(phase).add(us); },
      head: (phase, head) => of(phase).addHead(head),
      bucket: (phase, bucket, count) => of(phase).addBucket(bucket, count),
    });
  }
  return new Map(found.flatMap((sketch, phase) => (sketch === undefined ? [] : [[PHASES[phase]!, sketch] as const])));
}

/**
 * Log-bucketed sketches (as DDSketch, Masson et al., VLDB 2019): value v > 0 µs is counted in bucket ⌈log_γ v⌉, which
 * answers any quantile within a relative error of ALPHA. Zeros (a phase that did not happen) are not in it: the
 * reader knows how many values there were.
 *
 * Packed, big-endian: parts one after another, each for one phase: int16 phase, int16 entries, int64 sum, float64 sum
 * of squares, int32 least, int32 most, then an entry a bucket: int16 bucket, int32 count. Two packed sketches one
 * after the other are their merger, in whatever order: so SQL merges by `string_agg`.
 */
import { PHASES, type Phase } from './phases.ts';

/** The relative error of a quantile. */
export const ALPHA = 0.01;
export const GAMMA = (1 + ALPHA) / (1 - ALPHA);
export const PART_BYTES = 28;
export const ENTRY_BYTES = 6;
const LN_GAMMA = Math.log(GAMMA);
/** Of the largest int4 µs. */
export const BUCKETS = Math.ceil(Math.log(2 ** 31) / LN_GAMMA) + 2;

export type PartHead = { /** Of the phase. */ readonly number: number; readonly entries: number; readonly sum: number; readonly squares: number; readonly least: number; readonly most: number };

/** The offset behind it. */
export function writePartHead(into: Buffer, at: number, { number, entries, sum, squares, least, most }: PartHead): number {
  into.writeInt16BE(number, at);
  into.writeInt16BE(entries, at + 2);
  into.writeInt32BE(Math.floor(sum / 2 ** 32), at + 4);
  into.writeUInt32BE(sum % 2 ** 32, at + 8);
  into.writeDoubleBE(squares, at + 12);
  into.writeInt32BE(least, at + 20);
  into.writeInt32BE(most, at + 24);
  return at + PART_BYTES;
}

export function bucketOf(us: number): number {
  return Math.ceil(Math.log(us) / LN_GAMMA);
}

/** The value that is at most ALPHA away from everything in the bucket. */
function valueOf(bucket: number): number {
  return (2 * GAMMA ** bucket) / (GAMMA + 1);
}

/** Times of one phase: values above 0 only. µs. */
export class Sketch {
  readonly #counts = new Uint32Array(BUCKETS);
  count = 0;
  sumUs = 0;
  sumOfSquares = 0;
  leastUs = Infinity;
  mostUs = 0;

  add(us: number): void {
    if (us <= 0) return;
    this.#counts[bucketOf(us)]! += 1;
    this.#note(1, us, us * us, us, us);
  }

  /** From a part of a packed sketch; the offset behind it. */
  addPart(packed: Buffer, at: number): number {
    const entries = packed.readInt16BE(at + 2);
    let count = 0;
    let entry = at + PART_BYTES;
    for (let n = entries; n > 0; n -= 1, entry += ENTRY_BYTES) {
      const inBucket = packed.readInt32BE(entry + 2);
      this.#counts[packed.readInt16BE(entry)]! += inBucket;
      count += inBucket;
    }
    this.#note(count, packed.readInt32BE(at + 4) * 2 ** 32 + packed.readUInt32BE(at + 8), packed.readDoubleBE(at + 12), packed.readInt32BE(at + 20), packed.readInt32BE(at + 24));
    return entry;
  }

  /** The nearest rank among `of` values, of which those that are not here are 0. µs; null without any. */
  quantileUs(q: number, of: number): number | null {
    if (of <= 0) return null;
    let rank = Math.max(1, Math.ceil(q * of)) - Math.max(0, of - this.count);
    if (rank <= 0) return 0;
    for (let bucket = bucketOf(this.leastUs); bucket < BUCKETS; bucket += 1) {
      rank -= this.#counts[bucket]!;
      if (rank <= 0) return Math.min(this.mostUs, Math.max(this.leastUs, valueOf(bucket)));
    }
    return this.mostUs;
  }

  /** Each bucket once. */
  packed(phase: number): Buffer {
    const used: number[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) if (this.#counts[bucket]! > 0) used.push(bucket);
    const into = Buffer.allocUnsafe(PART_BYTES + used.length * ENTRY_BYTES);
    writePartHead(into, 0, { number: phase, entries: used.length, sum: this.sumUs, squares: this.sumOfSquares, least: this.leastUs, most: this.mostUs });
    let at = PART_BYTES;
    for (const bucket of used) {
      into.writeInt32BE(this.#counts[bucket]!, into.writeInt16BE(bucket, at));
      at += ENTRY_BYTES;
    }
    return into;
  }

  #note(count: number, sumUs: number, sumOfSquares: number, leastUs: number, mostUs: number): void {
    this.count += count;
    this.sumUs += sumUs;
    this.sumOfSquares += sumOfSquares;
    this.leastUs = Math.min(this.leastUs, leastUs);
    this.mostUs = Math.max(this.mostUs, mostUs);
  }
}

export type Sketches = ReadonlyMap<Phase, Sketch>;

/** Merges packed sketches, whatever phases they are of; null is an empty one. */
export function unpack(...packed: readonly (Buffer | null)[]): Sketches {
  const sketches = new Map<Phase, Sketch>();
  for (const parts of packed) {
    for (let at = 0; parts !== null && at < parts.length;) {
      const phase = PHASES[parts.readInt16BE(at)];
      if (phase === undefined) throw new RangeError(`a stored sketch names the phase number ${parts.readInt16BE(at)}, which is none`);
      const sketch = sketches.get(phase) ?? new Sketch();
      sketches.set(phase, sketch);
      at = sketch.addPart(parts, at);
    }
  }
  return sketches;
}

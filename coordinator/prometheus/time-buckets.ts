/** Histograms of seconds out of stored sketches. */
import { ENTRY_BYTES, GAMMA, PART_BYTES } from '../analytics/sketch.ts';
import { PHASES, type Phase } from '../analytics/phases.ts';

/** Seconds: a connect within a rack, within a continent, around the world, and what no service should take. */
export const BOUNDS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;
/** The last bucket of a sketch that counts as within a bound: one reaches over it by at most 2 %. */
const LAST_BUCKETS = BOUNDS_SECONDS.map((bound) => Math.round(Math.log(bound * 1e6) / Math.log(GAMMA)));

export type Histogram = { /** Within each bound, not cumulative; the last is beyond them all. */ readonly counts: number[]; sumUs: number; count: number };

export function emptyHistogram(): Histogram {
  return { counts: Array.from({ length: BOUNDS_SECONDS.length + 1 }, () => 0), sumUs: 0, count: 0 };
}

/** Adds packed sketches (analytics/sketch.ts) of these phases to their histograms. Buckets only ever grow with what is added. */
export function addSketches(histograms: ReadonlyMap<Phase, Histogram>, packed: Buffer | null): void {
  for (let at = 0; packed !== null && at < packed.length;) {
    const entries = packed.readInt16BE(at + 2);
    const end = at + PART_BYTES + entries * ENTRY_BYTES;
    const histogram = histograms.get(PHASES[packed.readInt16BE(at)]!);
    if (histogram) {
      histogram.sumUs += packed.readInt32BE(at + 4) * 2 ** 32 + packed.readUInt32BE(at + 8);
      for (let entry = at + PART_BYTES; entry < end; entry += ENTRY_BYTES) {
        const count = packed.readInt32BE(entry + 2);
        histogram.counts[BOUND_OF[packed.readInt16BE(entry)]!]! += count;
        histogram.count += count;
      }
    }
    at = end;
  }
}

/** By number of the bucket: looked up millions of times a scrape. Sketches hold times of up to an int4 of µs. */
const BOUND_OF = Uint8Array.from({ length: Math.ceil(Math.log(2 ** 31) / Math.log(GAMMA)) + 3 }, (_, bucket) => {
  const at = LAST_BUCKETS.findIndex((last) => bucket <= last);
  return at < 0 ? LAST_BUCKETS.length : at;
});

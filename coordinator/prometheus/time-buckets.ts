/** Histograms of seconds out of stored sketches. */
import { readTimes } from '../analytics/packed-times.ts';
import { PHASES, type Phase } from '../analytics/phases.ts';
import { BUCKETS, bucketOf, GAMMA } from '../analytics/sketch.ts';

/** Seconds: a connect within a rack, within a continent, around the world, and what no service should take. */
export const BOUNDS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;
/** The last bucket of a sketch that counts as within a bound: one reaches over it by at most 2 %. */
const LAST_BUCKETS = BOUNDS_SECONDS.map((bound) => Math.round(Math.log(bound * 1e6) / Math.log(GAMMA)));

export type Histogram = { /** Within each bound, not cumulative; the last is beyond them all. */ readonly counts: number[]; sumUs: number; count: number };

export function emptyHistogram(): Histogram {
  return { counts: Array.from({ length: BOUNDS_SECONDS.length + 1 }, () => 0), sumUs: 0, count: 0 };
}

/** Adds packed times (analytics/packed-times.ts) of these phases to their histograms. Buckets only ever grow with what is added. */
export function addTimes(histograms: ReadonlyMap<Phase, Histogram>, packed: Buffer | null): void {
  if (packed === null) return;
  const of = (phase: number): Histogram | undefined => histograms.get(PHASES[phase]!);
  const bucket = (phase: number, number: number, count: number): void => {
    const histogram = of(phase);
    if (!histogram) return;
    histogram.counts[BOUND_OF[number]!]! += count;
    histogram.count += count;
  };
  const head = (phase: number, { sum }: { readonly sum: number }): void => {
    const histogram = of(phase);
    if (histogram) histogram.sumUs += sum;
  };
  readTimes(packed, { head, bucket, value: (phase, us) => {
    if (us <= 0 || !of(phase)) return;
    bucket(phase, bucketOf(us), 1);
    head(phase, { sum: us });
  } });
}

/** By number of the bucket: looked up millions of times a scrape. */
const BOUND_OF = Uint8Array.from({ length: BUCKETS }, (_, bucket) => {
  const at = LAST_BUCKETS.findIndex((last) => bucket <= last);
  return at < 0 ? LAST_BUCKETS.length : at;
});

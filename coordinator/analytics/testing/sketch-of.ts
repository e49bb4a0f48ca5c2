import { BUCKETS, bucketOf, Sketch } from '../sketch.ts';

/** Of these times, counted one by one. µs. */
export function sketchOf(times: readonly number[]): Sketch {
  const there = times.filter((us) => us > 0);
  const counts = new Uint32Array(BUCKETS);
  for (const us of there) counts[bucketOf(us)]! += 1;
  const sum = (of: (us: number) => number): number => there.reduce((all, us) => all + of(us), 0);
  return new Sketch({ sum: sum((us) => us), squares: sum((us) => us * us), least: Math.min(...there), most: Math.max(0, ...there) }, 0, counts);
}

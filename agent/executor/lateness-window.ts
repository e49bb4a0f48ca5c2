/**
 * Lateness of starts over the last minute, in buckets a fifth apart: 60 numbers for each of six ten-second
 * slices, whatever the load. A quantile is its bucket's upper edge: up to 20 % too high, never too low.
 */
export class LatenessWindow {
  readonly #slices = Array.from({ length: SLICES }, () => ({ turn: -1, counts: new Uint32Array(BUCKETS) }));

  /** `nowUs` is monotonic. */
  record(latenessUs: number, nowUs: number): void {
    const turn = Math.floor(nowUs / SLICE_US);
    const slice = this.#slices[turn % SLICES]!;
    if (slice.turn !== turn) {
      slice.turn = turn;
      slice.counts.fill(0);
    }
    slice.counts[bucketOf(latenessUs)]! += 1;
  }

  /** µs that the share `quantile` (0…1) of the last minute's starts stayed below; 0 when there were none. */
  quantileUs(quantile: number, nowUs: number): number {
    const turn = Math.floor(nowUs / SLICE_US);
    const live = this.#slices.filter((slice) => slice.turn > turn - SLICES && slice.turn <= turn);
    const total = live.reduce((sum, slice) => sum + slice.counts.reduce((a, b) => a + b, 0), 0);
    if (total === 0) return 0;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      for (const slice of live) seen += slice.counts[bucket]!;
      if (seen >= quantile * total) return Math.round(FIRST_EDGE_US * STEP ** bucket);
    }
    return Math.round(FIRST_EDGE_US * STEP ** (BUCKETS - 1));
  }
}

const SLICES = 6;
const SLICE_US = 10_000_000;
/** Upper edges: 100 µs, 120 µs, … 4.7 s; the last takes everything above. */
const FIRST_EDGE_US = 100;
const STEP = 1.2;
const BUCKETS = 60;

function bucketOf(latenessUs: number): number {
  if (latenessUs <= FIRST_EDGE_US) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(latenessUs / FIRST_EDGE_US) / Math.log(STEP)));
}

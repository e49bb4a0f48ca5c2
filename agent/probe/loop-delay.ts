import type { Clock, Timer } from '#shared/time/clock.ts';

const SAMPLE_MS = 10;
const BUCKET_US = 50_000;
/** Longer than any attempt may take (45 s). */
const BUCKETS = 1_200;

/**
 * How late the event loop was, and when: a timer that looks how much too late it comes, while there are attempts in
 * flight. Its own grain is about 1 ms, so that much counts as none.
 */
export class LoopDelay {
  readonly #clock: Clock;
  /** Greatest delay seen per 50 ms, in a ring, when it was over, and which 50 ms that was. */
  readonly #delays = new Float64Array(BUCKETS);
  readonly #ends = new Float64Array(BUCKETS);
  readonly #epochs = new Float64Array(BUCKETS).fill(-1);
  #inFlight = 0;
  #timer: Timer | null = null;
  #dueUs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An attempt begins; each `enter` has its `leave`. */
  enter(): void {
    this.#inFlight += 1;
    if (this.#timer === null) this.#arm();
  }

  leave(): void {
    this.#inFlight -= 1;
  }

  /** The longest the loop was late between two instants, in whole µs; no longer than the time between them. */
  longestUs(fromUs: number, toUs: number): number {
    // A loop that is late right now has not told its timer yet.
    let longestUs = this.#timer === null ? 0 : this.#clock.monotonicUs() - this.#dueUs;
    for (let epoch = Math.floor(fromUs / BUCKET_US); epoch <= Math.floor(toUs / BUCKET_US); epoch += 1) {
      if (this.#epochs[epoch % BUCKETS] !== epoch) continue;
      // Of a delay that began before the first instant, only what reaches beyond it counts.
      const [delayUs = 0, endUs = 0] = [this.#delays[epoch % BUCKETS], this.#ends[epoch % BUCKETS]];
      longestUs = Math.max(longestUs, Math.min(delayUs, endUs - fromUs));
    }
    return longestUs < GRAIN_US ? 0 : Math.round(Math.min(longestUs, toUs - fromUs));
  }

  #arm(): void {
    this.#dueUs = this.#clock.monotonicUs() + SAMPLE_MS * 1000;
    this.#timer = this.#clock.setTimer(SAMPLE_MS, () => this.#sample());
  }

  #sample(): void {
    const nowUs = this.#clock.monotonicUs();
    const epoch = Math.floor(nowUs / BUCKET_US);
    const index = epoch % BUCKETS;
    const delayUs = nowUs - this.#dueUs;
    if (this.#epochs[index] !== epoch || delayUs > (this.#delays[index] ?? 0)) {
      this.#epochs[index] = epoch;
      this.#delays[index] = delayUs;
      this.#ends[index] = nowUs;
    }
    this.#timer = null;
    if (this.#inFlight > 0) this.#arm();
  }
}

/** Timers are set and fire on a grid of 1 ms. */
const GRAIN_US = 1_500;

/** Agent's clock minus coordinator's, and how wrong that may be; µs. */
export type ClockOffset = { readonly offsetUs: number; readonly errorUs: number };

/** Samples kept: the one with the shortest way there and back is the least wrong. */
const SAMPLES_MAX = 8;
/** What two clocks part within eight heartbeats, at a generous 1,000 ppm. */
const DRIFT_US_MAX = 20_000;

/** Of an offset that was not measured, or before a restart: what most clocks are off by, when they are off at all, is below a second. */
const ASSUMED_ERROR_US = 1_000_000;
/** Not measured yet, and not claimed to be exact. */
export const UNKNOWN_OFFSET: ClockOffset = { offsetUs: 0, errorUs: ASSUMED_ERROR_US };

/**
 * From four timestamps (sent, received, replied, arrived; the first and last by the agent's clock) the offset, with
 * half the way there and back as its error; the best of the last eight samples counts.
 */
export class ClockOffsetEstimate {
  readonly #onSample: (best: ClockOffset) => void;
  #samples: ClockOffset[] = [];

  /** `onSample` hears the best estimate after every sample that was taken. */
  constructor(onSample: (best: ClockOffset) => void = () => {}) {
    this.#onSample = onSample;
  }

  /** What was believed before a restart: good enough to go on by, and worth less than any measurement to come. */
  assume(offsetUs: number): void {
    this.#samples = [{ offsetUs, errorUs: ASSUMED_ERROR_US }];
    this.#onSample(this.best);
  }

  add(stamps: { readonly sentUs: number; readonly receivedUs: number; readonly repliedUs: number; readonly arrivedUs: number }): void {
    const { sentUs, receivedUs, repliedUs, arrivedUs } = stamps;
    const wayUs = arrivedUs - sentUs - (repliedUs - receivedUs);
    if (wayUs < 0) return;
    const offsetUs = (sentUs + arrivedUs) / 2 - (receivedUs + repliedUs) / 2;
    if (this.#contradicts(offsetUs, wayUs / 2)) this.#samples = [];
    this.#samples = [...this.#samples, { offsetUs, errorUs: wayUs / 2 }].slice(-SAMPLES_MAX);
    this.#onSample(this.best);
  }

  /** Further from the best than both errors and any drift allow: one of the clocks was set, old samples are worthless. */
  #contradicts(offsetUs: number, errorUs: number): boolean {
    return this.#samples.length > 0 && Math.abs(offsetUs - this.best.offsetUs) > errorUs + this.best.errorUs + DRIFT_US_MAX;
  }

  get best(): ClockOffset {
    return this.#samples.reduce<ClockOffset | null>((best, sample) => (best && best.errorUs <= sample.errorUs ? best : sample), null) ?? UNKNOWN_OFFSET;
  }
}

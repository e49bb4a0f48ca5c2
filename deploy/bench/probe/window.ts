/** What a prober is to do for a while: keep so many under way, or start each check once an interval at its phase. */
export type Window =
  | { readonly kind: 'closed'; readonly inFlight: number; readonly totalMs: number }
  | {
    readonly kind: 'open';
    readonly inFlightMax: number;
    readonly totalMs: number;
    readonly intervalMs: number;
    /** One a check, each below the interval. */
    readonly phasesMs: readonly number[];
  };

/** One check as its prober saw it. Instants are µs of CLOCK_MONOTONIC; NaN where a prober does not tell. */
export type Sample = {
  readonly address: number;
  readonly endedUs: number;
  readonly connectUs: number;
  readonly firstByteUs: number;
  /** From the start to the first byte. */
  readonly totalUs: number;
  readonly isOk: boolean;
  readonly dueUs: number;
};

const FIELDS = 7;
/** 30 s at the highest rate; what comes later is not written down. */
const SAMPLES_MAX = 1 << 18;

/** Samples as flat numbers: writing one down costs a prober next to nothing, and C has the same form. */
export class SampleLog {
  #numbers = new Float64Array(4_096 * FIELDS);
  #count = 0;

  push(sample: Sample): void {
    if (this.#count >= SAMPLES_MAX) return;
    const at = this.#count * FIELDS;
    if (at === this.#numbers.length) {
      const larger = new Float64Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[at] = sample.address;
    this.#numbers[at + 1] = sample.endedUs;
    this.#numbers[at + 2] = sample.connectUs;
    this.#numbers[at + 3] = sample.firstByteUs;
    this.#numbers[at + 4] = sample.totalUs;
    this.#numbers[at + 5] = sample.isOk ? 1 : 0;
    this.#numbers[at + 6] = sample.dueUs;
    this.#count += 1;
  }

  numbers(): Float64Array {
    return this.#numbers.slice(0, this.#count * FIELDS);
  }
}

export function samplesFrom(numbers: Float64Array): readonly Sample[] {
  return Array.from({ length: numbers.length / FIELDS }, (_, index) => {
    const [address, endedUs, connectUs, firstByteUs, totalUs, ok, dueUs] = numbers.subarray(index * FIELDS, (index + 1) * FIELDS) as unknown as [number, number, number, number, number, number, number];
    return { address, endedUs, connectUs, firstByteUs, totalUs, isOk: ok === 1, dueUs };
  });
}

/** CLOCK_MONOTONIC, which all processes of a machine share. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

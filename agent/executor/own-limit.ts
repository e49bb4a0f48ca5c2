import type { FailureCode } from '#shared/run/failure.ts';

/**
 * How many attempts at once this machine bears (F25). Out of descriptors, ports or buffers, an agent that goes on as
 * before fails run after run by its own fault; so the limit falls below what was under way just then, and rises again,
 * a tenth a second, while nothing of the kind happens.
 */
export class OwnLimit {
  readonly #max: number;
  #value: number;
  #changedAtUs = -Infinity;

  constructor(max: number) {
    this.#max = max;
    this.#value = max;
  }

  get value(): number {
    return this.#value;
  }

  /** An attempt is over. `inFlight` counts it, too; `nowUs` is monotonic. */
  attemptOver(code: FailureCode | null, { inFlight, nowUs }: { readonly inFlight: number; readonly nowUs: number }): void {
    if (code !== null && EXHAUSTED.has(code)) {
      // A burst that failed together is one failure.
      if (this.#value < this.#max && nowUs - this.#changedAtUs < SHRINK_GAP_US) return;
      this.#value = Math.max(Math.min(VALUE_MIN, this.#max), Math.floor(Math.min(this.#value, inFlight) * SHRINK));
      this.#changedAtUs = nowUs;
    } else if (this.#value < this.#max && nowUs - this.#changedAtUs >= GROW_EVERY_US) {
      this.#value = Math.min(this.#max, Math.ceil(this.#value * GROW));
      this.#changedAtUs = nowUs;
    }
  }
}

/** Want of something that fewer attempts at once would leave more of. */
const EXHAUSTED: ReadonlySet<FailureCode> = new Set<FailureCode>(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);
const SHRINK = 0.7;
const GROW = 1.1;
const VALUE_MIN = 4;
const SHRINK_GAP_US = 200_000;
const GROW_EVERY_US = 1_000_000;

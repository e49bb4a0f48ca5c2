/**
 * Where backfill ends and live begins, as a sequence: the first that is live. Rows become backfill after a minute
 * of monotonic time, by whole seconds' worth, so that 60 marks suffice whatever the load.
 */
export class LaneBorder {
  #border: number;
  readonly #marks: { readonly firstUs: number; lastUs: number; endSequence: number }[] = [];

  /** Everything before `firstSequence` is from an earlier process: backfill. */
  constructor(firstSequence: number) {
    this.#border = firstSequence;
  }

  noteAppend(sequence: number, nowUs: number): void {
    const last = this.#marks.at(-1);
    if (last && nowUs - last.firstUs < MARK_US) {
      last.lastUs = nowUs;
      last.endSequence = sequence + 1;
      return;
    }
    this.at(nowUs);
    this.#marks.push({ firstUs: nowUs, lastUs: nowUs, endSequence: sequence + 1 });
  }

  at(nowUs: number): number {
    while (this.#marks[0] && nowUs - this.#marks[0].lastUs >= LIVE_US) this.#border = this.#marks.shift()!.endSequence;
    return this.#border;
  }
}

const LIVE_US = 60_000_000;
const MARK_US = 1_000_000;

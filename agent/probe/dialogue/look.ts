import { type ExpectMatch, type ExpectPattern, findExpected } from './expect-pattern.ts';
import type { UnreadStream } from './unread-stream.ts';

/** rules.md 17: some 100 ms of the engine at about 25 ns a step; the same count that assertions on data have. */
const PATTERN_STEPS_MAX = 4_000_000;
/** Of looking at all, however short the text. */
const OVERHEAD_STEPS = 200;

/**
 * Looks for the pattern in all that is unread. Pieces that come one by one would make that quadratic, so once its
 * budget is spent it only looks when the text has doubled, and when the other side falls silent.
 */
export class Look {
  readonly #expect: ExpectPattern;
  readonly #unread: Pick<UnreadStream, 'text'>;
  #stepsLeft = PATTERN_STEPS_MAX;
  #lookedAt = -1;
  #match: ExpectMatch | null = null;

  constructor(expect: ExpectPattern, unread: Pick<UnreadStream, 'text'>) {
    this.#expect = expect;
    this.#unread = unread;
  }

  /** Is there text that nobody has looked at? */
  get isBehind(): boolean {
    const { length } = this.#unread.text;
    return length > 0 && this.#lookedAt !== length;
  }

  whenFew(): ExpectMatch | null {
    const { length } = this.#unread.text;
    if (!this.isBehind) return this.#match;
    const isDue = this.#stepsLeft > 0 || length >= 2 * this.#lookedAt;
    return isDue ? this.inFull() : this.#match;
  }

  inFull(): ExpectMatch | null {
    const { text } = this.#unread;
    if (!this.isBehind) return this.#match;
    this.#lookedAt = text.length;
    this.#match = findExpected(this.#expect, text);
    this.#stepsLeft -= OVERHEAD_STEPS + text.length * (this.#match === null ? 1 : this.#expect.pattern.cost);
    return this.#match;
  }
}

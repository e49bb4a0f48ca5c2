import { type ExpectMatch, type ExpectPattern, findExpected } from './expect-pattern.ts';
import { PATTERN_STEPS_MAX } from '#shared/assertion/standing.ts';
import type { UnreadStream } from './unread-stream.ts';

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

  /** Is it worth looking at what came? */
  get isDue(): boolean {
    return this.isBehind && (this.#stepsLeft > 0 || this.#unread.text.length >= 2 * this.#lookedAt);
  }

  /** The most that looking now could take, in steps. */
  get stepsMax(): number {
    return this.isBehind ? this.#unread.text.length * this.#expect.pattern.cost : 0;
  }

  whenFew(): ExpectMatch | null {
    return this.isDue ? this.inFull() : this.#match;
  }

  inFull(): ExpectMatch | null {
    const { text } = this.#unread;
    return this.isBehind ? this.learn(findExpected(this.#expect, text)) : this.#match;
  }

  /** What was found in all that is unread now. */
  learn(match: ExpectMatch | null): ExpectMatch | null {
    const { text } = this.#unread;
    this.#lookedAt = text.length;
    this.#match = match;
    this.#stepsLeft -= OVERHEAD_STEPS + text.length * (this.#match === null ? 1 : this.#expect.pattern.cost);
    return this.#match;
  }
}

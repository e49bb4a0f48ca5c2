import type { Attempt, Stop } from '../attempt.ts';
import type { Connection, Incoming } from '../engine/engine.ts';
import { failing, failingBy } from '../failing.ts';
import { showBytes } from '../show-bytes.ts';
import { type ExpectMatch, type ExpectPattern, findExpected } from './expect-pattern.ts';
import type { UnreadStream } from './unread-stream.ts';

/** rules.md 17: some 100 ms of the engine at about 25 ns a step; the same count that assertions on data have. */
const PATTERN_STEPS_MAX = 4_000_000;
/** Of looking at all, however short the text. */
const OVERHEAD_STEPS = 200;

/**
 * Waits until the pattern matches in what is unread and consumes it to the end of the match. A match that more
 * bytes could still change is taken at the end of the answer, a close, or the deadline.
 */
export async function expectStep(
  connection: Connection, attempt: Attempt, unread: UnreadStream, expect: ExpectPattern, index: number,
): Promise<ExpectMatch | Stop> {
  attempt.phase = 'read';
  const look = new Look(expect, unread);
  for (;;) {
    const match = look.whenFew();
    if (match !== null && !match.mayGrow) return consume(attempt, unread, match);
    if (attempt.received.isFull) {
      return consumeAny(attempt, unread, look)
        ?? failing(attempt, { phase: 'read', code: 'ERR_RESPONSE_TOO_LARGE', doing: doingOf(expect), detail: unreadSoFar(attempt, unread), step: index });
    }
    const isPending = match !== null || look.isBehind;
    const untilUs = isPending ? Math.min(attempt.deadlineUs, attempt.lastActivityUs + attempt.quietUs) : attempt.deadlineUs;
    const incoming = await connection.read(untilUs);
    if (incoming.kind === 'data') {
      unread.append(attempt.take(incoming.bytes, incoming.atUs));
      continue;
    }
    const isCancelled = incoming.kind === 'trouble' && incoming.trouble.kind === 'cancelled';
    const found = isCancelled ? null : consumeAny(attempt, unread, look);
    if (found !== null) {
      attempt.stopwatch.idle(incoming.atUs);
      return found;
    }
    const isEarly = incoming.kind === 'trouble' && incoming.trouble.kind === 'timeout' && untilUs < attempt.deadlineUs;
    if (!isEarly) return notSaid(attempt, unread, expect, incoming, index);
  }
}

function consumeAny(attempt: Attempt, unread: UnreadStream, look: Look): ExpectMatch | null {
  const match = look.inFull();
  return match === null ? null : consume(attempt, unread, match);
}

function consume(attempt: Attempt, unread: UnreadStream, match: ExpectMatch): ExpectMatch {
  unread.consume(match.end);
  for (const [name, bytes] of match.captures) attempt.captures.set(name, bytes);
  return match;
}

/**
 * The wait is over without a match. Something else that was said by the deadline is a mismatch; nothing is the
 * phase's timeout (rules.md 14).
 */
function notSaid(attempt: Attempt, unread: UnreadStream, expect: ExpectPattern, incoming: Exclude<Incoming, { kind: 'data' }>, index: number): Stop {
  attempt.waitedInVain(incoming.atUs);
  const facts = { phase: 'read', doing: doingOf(expect), detail: unreadSoFar(attempt, unread), step: index } as const;
  if (incoming.kind === 'end') return failing(attempt, { ...facts, code: 'ERR_CLOSED_EARLY' });
  if (incoming.trouble.kind === 'timeout' && !unread.isEmpty) return failing(attempt, { ...facts, code: 'ERR_EXPECT_MISMATCH', stopReason: 'deadline' });
  return failingBy(incoming.trouble, attempt, facts);
}

function doingOf(expect: ExpectPattern): string {
  return `expecting /${expect.source}/`;
}

function unreadSoFar({ received }: Attempt, unread: UnreadStream): string {
  if (received.total === 0) return 'nothing was received';
  return unread.isEmpty ? 'nothing more was received' : `received: ${showBytes(unread.bytes())}`;
}

/**
 * Looks for the pattern in all that is unread. Pieces that come one by one would make that quadratic, so once its
 * budget is spent it only looks when the text has doubled, and when the other side falls silent.
 */
class Look {
  readonly #expect: ExpectPattern;
  readonly #unread: UnreadStream;
  #stepsLeft = PATTERN_STEPS_MAX;
  #lookedAt = -1;
  #match: ExpectMatch | null = null;

  constructor(expect: ExpectPattern, unread: UnreadStream) {
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

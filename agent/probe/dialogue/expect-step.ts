import type { Attempt, Stop } from '../attempt.ts';
import type { Connection, Incoming } from '../engine/engine.ts';
import { failing, failingBy } from '../failing.ts';
import { INLINE_STEPS_MAX } from '../pattern-work.ts';
import { showBytes } from '../show-bytes.ts';
import type { ExpectMatch, ExpectPattern } from './expect-pattern.ts';
import { Look } from './look.ts';
import type { UnreadStream } from './unread-stream.ts';

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
    if (look.isDue) await lookElsewhere(attempt, unread, expect, look);
    const match = look.whenFew();
    if (match !== null && !match.mayGrow) return consume(attempt, unread, match);
    if (attempt.received.isFull) {
      return await consumeAny(attempt, unread, expect, look)
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
    const found = isCancelled ? null : await consumeAny(attempt, unread, expect, look);
    if (found !== null) {
      attempt.stopwatch.idle(incoming.atUs);
      return found;
    }
    const isEarly = incoming.kind === 'trouble' && incoming.trouble.kind === 'timeout' && untilUs < attempt.deadlineUs;
    if (!isEarly) return notSaid(attempt, unread, expect, incoming, index);
  }
}

/** A look that may be long is done off this thread, so that other sockets are timed meanwhile (rules.md 17). */
async function lookElsewhere({ patternWork }: Attempt, unread: UnreadStream, { source }: ExpectPattern, look: Look): Promise<void> {
  if (patternWork !== null && look.stepsMax > INLINE_STEPS_MAX) look.learn(await patternWork.expect(source, unread.text));
}

async function consumeAny(attempt: Attempt, unread: UnreadStream, expect: ExpectPattern, look: Look): Promise<ExpectMatch | null> {
  await lookElsewhere(attempt, unread, expect, look);
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

import type { Attempt, Stop } from '../attempt.ts';
import type { Connection, Incoming } from '../engine/engine.ts';
import { failing, failingBy } from '../failing.ts';
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

import { type Attempt, SILENCE_US, type Stop } from './attempt.ts';
import type { Connection, Incoming } from './engine/engine.ts';
import { failing, failingBy } from './failing.ts';
import { INLINE_STEPS_MAX } from './pattern-work.ts';
import { showBytes } from './show-bytes.ts';

const DECIDED: Stop = { stopReason: 'decided', failure: null };
const CLOSED: Stop = { stopReason: 'closed', failure: null };
const END_OF_ANSWER: Stop = { stopReason: 'end_of_answer', failure: null };
const FULL: Stop = { stopReason: 'bytes', failure: null };
const DEADLINE: Stop = { stopReason: 'deadline', failure: null };

/**
 * Reads until every data assertion is final, the other side closes, the byte limit, the end of the answer or the
 * deadline (rules.md 11). Without data assertions: the end of the answer, at most 1 s, and silence is fine (12).
 */
export async function readAnswer(connection: Connection, attempt: Attempt): Promise<Stop> {
  attempt.phase = 'read';
  const startUs = attempt.lastActivityUs;
  for (;;) {
    if (attempt.data.isBehind) await holdNow(attempt);
    if (!attempt.data.isEmpty && attempt.data.allFinal) return DECIDED;
    if (attempt.received.isFull) return FULL;
    const untilUs = endOfAnswerUs(attempt, startUs);
    const incoming = await connection.read(untilUs);
    const booking = bookIncoming(connection, attempt, incoming);
    const stop = booking instanceof Promise ? await booking : booking;
    if (stop !== null) return stop;
  }
}

/** null: read on. */
function bookIncoming(connection: Connection, attempt: Attempt, incoming: Incoming): Stop | null | Promise<Stop | null> {
  switch (incoming.kind) {
    case 'data':
      attempt.take(incoming.bytes, incoming.atUs);
      return null;
    case 'end':
      attempt.stopwatch.idle(incoming.atUs);
      return CLOSED;
    case 'trouble':
      return incoming.trouble.kind === 'timeout' ? quiet(connection, attempt, incoming.atUs) : broken(attempt, incoming);
  }
}

function endOfAnswerUs(attempt: Attempt, startUs: number): number {
  const endUs = attempt.answerBegun ? attempt.lastActivityUs + attempt.quietUs : startUs + SILENCE_US;
  const patienceUs = attempt.data.isEmpty ? startUs + SILENCE_US : Infinity;
  return Math.min(endUs, patienceUs, attempt.deadlineUs);
}

/**
 * No byte up to `atUs`. That stops the reading if every open assertion holds as it stands; else more may come until
 * the deadline.
 *
 * The deadline itself is a failure only if nothing came at all (rules.md 14, the phase's timeout). Bytes that came are
 * judged (rules.md 11): the total ends with the last of them, so an answer that was complete in time and only could
 * not be waited out is not over the limit, and one that was not complete fails by its assertion.
 */
async function quiet(connection: Connection, attempt: Attempt, atUs: number): Promise<Stop | null> {
  const holds = attempt.data.isEmpty || await holdNow(attempt);
  if (atUs < attempt.deadlineUs) {
    if (holds) {
      attempt.stopwatch.idle(atUs);
      return END_OF_ANSWER;
    }
    const incoming = await connection.read(attempt.deadlineUs);
    return await bookIncoming(connection, attempt, incoming);
  }
  if (attempt.received.total > 0 || holds) {
    attempt.stopwatch.idle(atUs);
    return attempt.data.isEmpty ? END_OF_ANSWER : DEADLINE;
  }
  attempt.waitedInVain(atUs);
  return failingBy({ kind: 'timeout' }, attempt, { phase: 'read', detail: 'nothing was received' });
}

/**
 * Do the assertions on data hold as they stand? Long patterns are looked at elsewhere; what arrives meanwhile waits
 * with the instant at which it came.
 */
async function holdNow({ data, patternWork, spec, received }: Attempt): Promise<boolean> {
  if (patternWork === null || (!data.isBehind && data.holdStepsMax <= INLINE_STEPS_MAX)) return data.holdNow();
  return data.settle(await patternWork.standings(spec.assertions, received.bytes()));
}

/**
 * A connection that breaks while an answer is awaited is a failure. Where no assertion awaits one, a reset after the
 * first byte of the answer is only a rude way to close (rules.md 11, 12); before it, nobody answered.
 */
function broken(attempt: Attempt, incoming: Incoming & { kind: 'trouble' }): Stop {
  const { trouble, atUs } = incoming;
  if (trouble.kind === 'failed' && trouble.code === 'ECONNRESET' && attempt.data.isEmpty && attempt.answerBegun) {
    attempt.stopwatch.idle(atUs);
    return CLOSED;
  }
  attempt.waitedInVain(atUs);
  return failingBy(trouble, attempt, { phase: 'read', detail: receivedSoFar(attempt) });
}

/** rules.md product §2: `sendAfter: banner` waits for the server's first bytes and for the end of them. null: go on. */
export async function awaitBanner(connection: Connection, attempt: Attempt): Promise<Stop | null> {
  attempt.phase = 'read';
  for (;;) {
    const untilUs = attempt.answerBegun ? Math.min(attempt.deadlineUs, attempt.lastActivityUs + attempt.quietUs) : attempt.deadlineUs;
    const incoming = await connection.read(untilUs);
    if (incoming.kind === 'data') {
      attempt.take(incoming.bytes, incoming.atUs);
      if (incoming.bytes.at(-1) === NEWLINE || attempt.received.isFull) return null;
      continue;
    }
    const isTimeout = incoming.kind === 'trouble' && incoming.trouble.kind === 'timeout';
    if (attempt.answerBegun && (incoming.kind === 'end' || (isTimeout && untilUs < attempt.deadlineUs))) {
      attempt.stopwatch.idle(incoming.atUs);
      return null;
    }
    attempt.waitedInVain(incoming.atUs);
    const facts = { phase: 'read', doing: 'waiting for the banner', detail: receivedSoFar(attempt) } as const;
    return incoming.kind === 'end' ? failing(attempt, { ...facts, code: 'ERR_CLOSED_EARLY' }) : failingBy(incoming.trouble, attempt, facts);
  }
}

const NEWLINE = 0x0a;

export function receivedSoFar({ received }: Attempt): string {
  return received.total === 0 ? 'nothing was received' : `received so far (${received.total} bytes): ${showBytes(received.bytes())}`;
}

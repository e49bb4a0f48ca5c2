import type { Attempt, Stop } from './attempt.ts';
import type { Connection, Written } from './engine/engine.ts';
import { failingBy, targetOf } from './failing.ts';

/** Sends exactly these bytes; null when the kernel has taken them all, which is mostly known at once. */
export function send(connection: Connection, attempt: Attempt, bytes: Uint8Array, step?: number): Stop | null | Promise<Stop | null> {
  if (bytes.length === 0) return null;
  attempt.phase = 'send';
  const writing = connection.write(bytes, attempt.deadlineUs);
  return writing instanceof Promise ? writing.then((written) => bookSent(attempt, bytes, written, step)) : bookSent(attempt, bytes, writing, step);
}

function bookSent(attempt: Attempt, bytes: Uint8Array, written: Written, step: number | undefined): Stop | null {
  // What the agent did since the last byte, such as looking for a pattern, is its own time.
  attempt.stopwatch.skip(written.startedUs);
  attempt.stopwatch.lap('send', written.atUs);
  if (!written.ok) {
    return failingBy(written.trouble, attempt, { phase: 'send', doing: `sending ${bytes.length} bytes to ${targetOf(attempt.spec)}`, step });
  }
  attempt.bytesSent += bytes.length;
  attempt.lastActivityUs = written.atUs;
  attempt.sentUs = written.atUs;
  attempt.answerBegun = false;
  attempt.isHandshakeLast = false;
  return null;
}

import type { Attempt, Stop } from './attempt.ts';
import type { Connection } from './engine/engine.ts';
import { failingBy, targetOf } from './failing.ts';

/** Sends exactly these bytes; null when the kernel has taken them all. */
export async function send(connection: Connection, attempt: Attempt, bytes: Uint8Array, step?: number): Promise<Stop | null> {
  if (bytes.length === 0) return null;
  attempt.phase = 'send';
  const written = await connection.write(bytes, attempt.deadlineUs);
  // What the agent did since the last byte, such as looking for a pattern, is its own time.
  attempt.stopwatch.skip(written.startedUs);
  attempt.stopwatch.lap('send', written.atUs);
  if (!written.ok) {
    return failingBy(written.trouble, attempt, { phase: 'send', doing: `sending ${bytes.length} bytes to ${targetOf(attempt.spec)}`, step });
  }
  attempt.bytesSent += bytes.length;
  attempt.lastActivityUs = written.atUs;
  attempt.answerBegun = false;
  attempt.isHandshakeLast = false;
  return null;
}

import { expect, test } from 'vitest';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { Attempt } from './attempt.ts';
import type { Connection, Incoming } from './engine/engine.ts';
import { readAnswer } from './read-answer.ts';
import { send } from './send.ts';

const REQUEST = Buffer.from('PING\r\n');
const SENT_US = 10_000;
const RESET: Incoming = { kind: 'trouble', trouble: { kind: 'failed', code: 'ECONNRESET', detail: 'ECONNRESET', alert: null }, atUs: 12_000 };

/** Takes what is sent at `SENT_US`, then tells these. */
function aConnection(incoming: readonly Incoming[]): Connection {
  const left = [...incoming];
  const unused = (): never => { throw new Error('not used here'); };
  return {
    remoteAddress: '127.0.0.1', localAddress: '127.0.0.1', synRetransmits: 0, clock: 'kernel', clockErrorUs: 0,
    write: () => ({ ok: true, startedUs: SENT_US, atUs: SENT_US }),
    read: () => Promise.resolve(left.shift()!),
    takeUnread: unused, startTls: unused, tlsVerdict: unused, close: () => {},
  };
}

test.each([
  ['after a send are its answer, and a reset after an answer is only a rude way to close', SENT_US + 500, { stopReason: 'closed', failure: null }],
  ['before a send are not its answer, and a reset is one: nobody answered', SENT_US - 500, { stopReason: 'failed', failure: { phase: 'read', code: 'ECONNRESET' } }],
] as const)('bytes that arrived %s', async (_, atUs, stop) => {
  const attempt = new Attempt(aProbeSpec({ payload: REQUEST, assertions: [] }), [], 0);
  const connection = aConnection([{ kind: 'data', bytes: Buffer.from('220 hello\r\n'), atUs }, RESET]);
  expect(await send(connection, attempt, REQUEST)).toBeNull();
  expect(await readAnswer(connection, attempt)).toMatchObject(stop);
});

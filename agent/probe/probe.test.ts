import { afterEach, describe, expect, it } from 'vitest';
import type { Assertion } from '#shared/check/check.ts';
import { type ScriptedServer, type ServerAction, startScriptedServer } from '#shared/testing/scripted-server.ts';
import { loadTcpInfoReader } from './engine/tcp-info.ts';
import { CLOCK, probe, responseOf, sumsUp, timedOutAt } from './testing/probe-under-test.ts';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(...script: ServerAction[]): Promise<ScriptedServer> {
  const server = await startScriptedServer(script);
  servers.push(server);
  return server;
}

function contains(target: string): Assertion {
  return { source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target };
}

const NOT_EMPTY: Assertion = { source: 'RESPONSE_DATA', property: '', comparison: 'NOT_EMPTY', target: '' };
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('a bare connection', () => {
  it('is established and not read when nothing is sent or asserted', async () => {
    const server = await serve({ do: 'send', bytes: 'hello' }, { do: 'silence' });
    const report = await probe(server.port);
    expect(report).toMatchObject({
      failure: null, established: true, stopReason: 'not_read', bytesSent: 0, bytesReceived: 0,
      remoteAddress: '127.0.0.1', localAddress: '127.0.0.1', resolvedAddresses: ['127.0.0.1'], tls: null, clock: CLOCK,
      ...(loadTcpInfoReader() === null ? {} : { synRetransmits: 0 }),
    });
    expect(report.timings.connectUs).toBeGreaterThan(0);
    expect(report.timings.totalUs).toBe(report.timings.connectUs);
    expect(sumsUp(report)).toBe(true);
  });

  it('that is refused fails in the connect phase, and was not established', async () => {
    const server = await serve();
    await server.close();
    servers.length = 0;
    const report = await probe(server.port);
    expect(report).toMatchObject({ established: false, stopReason: 'failed', failure: { phase: 'connect', code: 'ECONNREFUSED' } });
    expect(report.failure?.message).toBe(`connecting to 127.0.0.1:${server.port}: the connection was refused`);
  });
});

describe('sending', () => {
  it('delivers exactly the bytes of the payload and nothing else', async () => {
    const payload = Buffer.from(Array.from({ length: 16 * 1024 }, (_, index) => index % 256));
    const server = await serve({ do: 'expect', text: 'never' });
    const report = await probe(server.port, { payload, idleMs: 1, maxResponseTimeMs: 300 });
    expect(report.bytesSent).toBe(payload.length);
    await server.connections[0]?.closed;
    expect(server.connections[0]?.received()).toBe(payload.toString('latin1'));
  });

  it('without an assertion reads the answer to its end, outside the total', async () => {
    const server = await serve({ do: 'expect', text: 'PING\r\n' }, { do: 'send', bytes: '+PONG\r\n' }, { do: 'silence' });
    const report = await probe(server.port, { payload: bytes('PING\r\n'), idleMs: 10 });
    expect(report).toMatchObject({ failure: null, stopReason: 'end_of_answer', bytesReceived: 7 });
    expect(responseOf(report)).toBe('+PONG\r\n');
    expect(report.timings.idleUs).toBeGreaterThanOrEqual(200_000);
    expect(report.timings.totalUs).toBeLessThan(report.timings.idleUs);
    expect(sumsUp(report)).toBe(true);
  });

  it('into silence is fine without an assertion, and takes at most 1 s', async () => {
    const server = await serve({ do: 'silence' });
    const report = await probe(server.port, { payload: bytes('x'), maxResponseTimeMs: 400 });
    expect(report).toMatchObject({ failure: null, stopReason: 'end_of_answer', bytesReceived: 0 });
  });

  it('after the banner waits for the whole of it', async () => {
    const server = await serve({ do: 'segments', parts: ['220 he', 'llo\r\n'], gapMs: 30 }, { do: 'expect', text: 'EHLO' }, { do: 'send', bytes: '250 ok\r\n' }, { do: 'silence' });
    const report = await probe(server.port, { payload: bytes('EHLO'), sendAfter: 'banner', assertions: [contains('250')] });
    expect(report).toMatchObject({ failure: null, stopReason: 'decided' });
    expect(responseOf(report)).toBe('220 hello\r\n250 ok\r\n');
  });

  it('after a banner that ends without a line end waits until it is quiet', async () => {
    const server = await serve({ do: 'send', bytes: 'login: ' }, { do: 'expect', text: 'me\n' }, { do: 'send', bytes: 'hi' }, { do: 'silence' });
    const report = await probe(server.port, { payload: bytes('me\n'), sendAfter: 'banner', assertions: [contains('hi')] });
    expect(report).toMatchObject({ failure: null, stopReason: 'decided' });
    expect(report.timings.idleUs).toBeGreaterThanOrEqual(200_000);
  });

  it('after a banner that never comes runs into the deadline and sends nothing', async () => {
    const server = await serve({ do: 'silence' });
    const report = await probe(server.port, { payload: bytes('x'), sendAfter: 'banner', maxResponseTimeMs: 150 });
    expect(report).toMatchObject({ stopReason: 'deadline', bytesSent: 0, failure: { phase: 'read', code: 'SOCKET_TIMEOUT' } });
    expect(timedOutAt(report, 150)).toBe(true);
  });
});

describe('sending fails', () => {
  const much = new Uint8Array(32 * 1024 * 1024);

  it('at the deadline when the other side takes nothing in', async () => {
    const server = await serve({ do: 'stopReading' }, { do: 'silence' });
    const report = await probe(server.port, { payload: much, maxResponseTimeMs: 300 });
    expect(report).toMatchObject({ established: true, bytesSent: 0, stopReason: 'deadline', failure: { phase: 'send', code: 'SOCKET_TIMEOUT' } });
    expect(report.timings.sendUs).toBeGreaterThan(200_000);
  });

  it('when the connection is reset in the middle', async () => {
    const server = await serve({ do: 'stopReading' }, { do: 'pause', ms: 30 }, { do: 'reset' });
    const report = await probe(server.port, { payload: much });
    expect(report).toMatchObject({ established: true, stopReason: 'failed', failure: { phase: 'send' } });
    expect(['ECONNRESET', 'EPIPE']).toContain(report.failure?.code);
  });
});

describe('reading', () => {
  it('stops as soon as every data assertion is decided, across segments', async () => {
    const server = await serve({ do: 'segments', parts: ['SSH-2', '.0-Open', 'SSH_9\r\n'], gapMs: 20 }, { do: 'silence' });
    const report = await probe(server.port, { assertions: [contains('SSH-2.0'), contains('OpenSSH')] });
    expect(report).toMatchObject({ failure: null, stopReason: 'decided' });
    expect(responseOf(report)).toBe('SSH-2.0-OpenSSH_9\r\n');
    expect(report.timings.dataUs).toBeGreaterThan(0);
    expect(sumsUp(report)).toBe(true);
  });

  it('goes on past the end of an answer while an assertion does not hold', async () => {
    const server = await serve({ do: 'send', bytes: 'starting ' }, { do: 'pause', ms: 600 }, { do: 'send', bytes: 'ready' }, { do: 'silence' });
    const report = await probe(server.port, { assertions: [contains('ready')], idleMs: 10 });
    expect(report).toMatchObject({ failure: null, stopReason: 'decided' });
    expect(responseOf(report)).toBe('starting ready');
  });

  it('ends at the end of an answer when the open assertions hold', async () => {
    const server = await serve({ do: 'send', bytes: 'all is well' }, { do: 'silence' });
    const assertions: Assertion[] = [{ source: 'RESPONSE_DATA', property: '', comparison: 'NOT_CONTAINS', target: 'error' }];
    const report = await probe(server.port, { assertions });
    expect(report).toMatchObject({ failure: null, stopReason: 'end_of_answer' });
    expect(report.timings.idleUs).toBeGreaterThanOrEqual(250_000);
  });

  it('waits 1 s for an answer that may stay away', async () => {
    const server = await serve({ do: 'silence' });
    const assertions: Assertion[] = [{ source: 'RESPONSE_DATA', property: '', comparison: 'IS_EMPTY', target: '' }];
    const report = await probe(server.port, { assertions });
    expect(report).toMatchObject({ failure: null, stopReason: 'end_of_answer', bytesReceived: 0 });
    expect(report.timings.idleUs).toBeGreaterThanOrEqual(990_000);
    expect(report.timings.totalUs).toBe(report.timings.connectUs);
  });

  it('is a timeout when nothing comes by the deadline', async () => {
    const server = await serve({ do: 'silence' });
    const report = await probe(server.port, { assertions: [NOT_EMPTY], maxResponseTimeMs: 200 });
    expect(report).toMatchObject({ established: true, stopReason: 'deadline', failure: { phase: 'read', code: 'SOCKET_TIMEOUT' } });
    expect(timedOutAt(report, 200)).toBe(true);
    expect(sumsUp(report)).toBe(true);
  });

  it('hands over what came when the deadline ends a drip', async () => {
    const server = await serve({ do: 'drip', bytes: 'x', everyMs: 20, forever: true });
    const report = await probe(server.port, { assertions: [contains('done')], maxResponseTimeMs: 200 });
    expect(report).toMatchObject({ failure: null, stopReason: 'deadline' });
    expect(responseOf(report)).toMatch(/^x{2,13}$/);
    // A byte that the event loop gets to a moment after the deadline is late by that moment.
    expect(report.timings.totalUs).toBeLessThanOrEqual(250_000);
  });

  it('ends when the other side closes, or half-closes', async () => {
    for (const last of [{ do: 'close' }, { do: 'halfClose' }] as const) {
      const server = await serve({ do: 'send', bytes: 'bye' }, last, { do: 'silence' });
      const report = await probe(server.port, { assertions: [contains('never')] });
      expect(report).toMatchObject({ failure: null, stopReason: 'closed', bytesReceived: 3 });
    }
  });

  it('takes a flood up to the byte limit', async () => {
    const server = await serve({ do: 'flood' });
    const report = await probe(server.port, { assertions: [contains('never')] });
    expect(report).toMatchObject({ failure: null, stopReason: 'bytes' });
    expect(report.response.length).toBe(65_536);
    expect(report.bytesReceived).toBeGreaterThanOrEqual(65_536);
    expect(report.bytesReceived).toBeLessThanOrEqual(65_536 + 128 * 1024);
  });

  it('keeps exactly the chosen number of bytes', async () => {
    const server = await serve({ do: 'send', bytes: 'abcdefgh' }, { do: 'silence' });
    const report = await probe(server.port, { assertions: [contains('h')], readMaxBytes: 5 });
    expect(report).toMatchObject({ failure: null, stopReason: 'bytes', bytesReceived: 8 });
    expect(responseOf(report)).toBe('abcde');
  });

  it('keeps NUL and bytes that are no UTF-8', async () => {
    const server = await serve({ do: 'send', bytes: 'a\x00\xff\xfe\xc3(b' }, { do: 'close' });
    const report = await probe(server.port, { assertions: [contains('never')] });
    expect(responseOf(report)).toBe('a\x00\xff\xfe\xc3(b');
  });

  it.each([0, 1, 5])('fails with ECONNRESET when the connection is reset at byte %i', async (n) => {
    const script: ServerAction[] = [{ do: 'expect', text: 'go' }, { do: 'send', bytes: 'hello'.slice(0, n) }, { do: 'pause', ms: 20 }, { do: 'reset' }];
    const server = await serve(...script);
    const report = await probe(server.port, { payload: bytes('go'), assertions: [contains('world')] });
    expect(report).toMatchObject({ established: true, stopReason: 'failed', bytesReceived: n, failure: { phase: 'read', code: 'ECONNRESET' } });
    expect(responseOf(report)).toBe('hello'.slice(0, n));
  });

  it('does not mind a reset after all is decided', async () => {
    const server = await serve({ do: 'send', bytes: 'hello' }, { do: 'pause', ms: 10 }, { do: 'reset' });
    const report = await probe(server.port, { assertions: [contains('hello')] });
    expect(report).toMatchObject({ failure: null, stopReason: 'decided' });
  });

  it('sees an accept that is followed by a reset at once as an established connection', async () => {
    const server = await serve({ do: 'reset' });
    const reports = await Promise.all(Array.from({ length: 20 }, () => probe(server.port, { assertions: [NOT_EMPTY] })));
    for (const report of reports) {
      expect(report).toMatchObject({ established: true, failure: { phase: 'read', code: 'ECONNRESET' } });
    }
  });
});

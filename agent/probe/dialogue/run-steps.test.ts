import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Step, TlsSettings } from '#shared/check/check.ts';
import { type ScriptedServer, type ServerAction, startScriptedServer } from '#shared/testing/scripted-server.ts';
import { type TestAuthority, type TestCertificate, aTestAuthority } from '#shared/testing/test-certificates.ts';
import { probe, responseOf, sumsUp } from '../testing/probe-under-test.ts';

let authority: TestAuthority;
let certificate: TestCertificate;
const servers: ScriptedServer[] = [];

beforeAll( () => {
  authority = aTestAuthority();
  certificate = authority.issue();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(...script: ServerAction[]): Promise<ScriptedServer> {
  const server = await startScriptedServer(script);
  servers.push(server);
  return server;
}

const awaiting = (pattern: string): Step => ({ kind: 'expect', pattern });
const text = (data: string): Step => ({ kind: 'send', data, dataFormat: 'text' });
const escaped = (data: string): Step => ({ kind: 'send', data, dataFormat: 'escaped' });

function startTlsSettings(): TlsSettings {
  return { mode: 'none', serverName: null, verify: true, ca: authority.ca, alpn: [], minVersion: null, clientCertificate: null, degradedDaysLeft: null, expectAlert: null };
}

describe('a dialogue', () => {
  it('expects across segments and lines, captures, and sends captures back', async () => {
    const server = await serve(
      { do: 'segments', parts: ['+OK POP3 <18', '96.697@dbc', '>\r\n'], gapMs: 10 },
      { do: 'expect', text: '\r\n' }, { do: 'send', bytes: '+OK welcome\r\n' }, { do: 'silence' },
    );
    const steps = [awaiting('^\\+OK .*(?P<stamp><[^>]+>)\\r\\n'), escaped('APOP me ${stamp}\\r\\n'), awaiting('^\\+OK (?P<word>\\w+)')];
    const report = await probe(server.port, { steps });
    expect(report).toMatchObject({ failure: null, stopReason: 'decided', captures: { stamp: '<1896.697@dbc>', word: 'welcome' } });
    expect(server.connections[0]?.received()).toBe('APOP me <1896.697@dbc>\r\n');
    expect(report.steps.map((step) => [step.kind, step.ok, step.detail])).toEqual([
      ['expect', true, '+OK POP3 <1896.697@dbc>\r\n'], ['send', true, 'APOP me <1896.697@dbc>\r\n'], ['expect', true, '+OK welcome'],
    ]);
    expect(responseOf(report)).toBe('+OK POP3 <1896.697@dbc>\r\n+OK welcome\r\n');
    expect(sumsUp(report)).toBe(true);
  });

  it('keeps what comes after a match for the next expect', async () => {
    const server = await serve({ do: 'send', bytes: 'one two three' }, { do: 'silence' });
    const report = await probe(server.port, { steps: [awaiting('one '), awaiting('^two'), awaiting('^ three')] });
    expect(report.failure).toBeNull();
    expect(report.steps.map((step) => step.detail)).toEqual(['one ', 'two', ' three']);
  });

  it('does not take half a line for a whole one', async () => {
    const server = await serve({ do: 'segments', parts: ['220 mail.ex', 'ample.com'], gapMs: 30 }, { do: 'silence' });
    const report = await probe(server.port, { steps: [awaiting('^220 (?P<host>\\S+)')] });
    expect(report).toMatchObject({ failure: null, captures: { host: 'mail.example.com' } });
    expect(report.timings.idleUs).toBeGreaterThanOrEqual(200_000);
    expect(report.timings.totalUs).toBeLessThan(200_000);
  });

  it('takes a match that nothing can change at once', async () => {
    const server = await serve({ do: 'send', bytes: 'S' }, { do: 'silence' });
    const report = await probe(server.port, { steps: [{ kind: 'send', data: '00 00 00 08 04 d2 16 2f', dataFormat: 'hex' }, awaiting('^[SN]')] });
    expect(report).toMatchObject({ failure: null, stopReason: 'decided', bytesSent: 8 });
    expect(report.timings.idleUs).toBe(0);
    await server.connections[0]?.closed;
    expect(server.connections[0]?.received()).toBe('\x00\x00\x00\x08\x04\xd2\x16\x2f');
  });

  it('sends all four formats exactly', async () => {
    const server = await serve({ do: 'silence' });
    const steps: Step[] = [text('a\\n'), escaped('\\x00\\r'), { kind: 'send', data: 'ff0a', dataFormat: 'hex' }, { kind: 'send', data: '/wA=', dataFormat: 'base64' }];
    await probe(server.port, { steps, maxResponseTimeMs: 300 });
    await server.connections[0]?.closed;
    expect(server.connections[0]?.received()).toBe('a\\n\x00\r\xff\x0a\xff\x00');
  });

  it('captures and returns bytes that are no text, exactly', async () => {
    const server = await serve({ do: 'send', bytes: '\x0a5.7\x00\xff\xfe\x80\x00!' }, { do: 'expect', text: '!' }, { do: 'send', bytes: 'ok' }, { do: 'silence' });
    const report = await probe(server.port, { steps: [awaiting('^\\x0a(?P<version>[^\\x00]+)\\x00(?P<salt>[\\x80-\\xff]{3})\\x00'), text('${salt}!'), awaiting('ok')] });
    expect(report.failure).toBeNull();
    expect(server.connections[0]?.received()).toBe('\xff\xfe\x80!');
  });

  it('never reads what the other side said as an escape', async () => {
    const server = await serve({ do: 'send', bytes: 'nonce=a\\x00${b}\n' }, { do: 'expect', text: '.' }, { do: 'send', bytes: 'ok' }, { do: 'silence' });
    const report = await probe(server.port, { steps: [awaiting('nonce=(?P<b>.*)\\n'), escaped('${b}\\r${c}.'), awaiting('ok')] });
    expect(report.failure).toBeNull();
    expect(server.connections[0]?.received()).toBe('a\\x00${b}\r${c}.');
  });

  it('matches characters beyond ASCII as text', async () => {
    const server = await serve({ do: 'segments', parts: ['\xff Gr\xc3', '\xbc\xc3\x9fe!rest'], gapMs: 10 }, { do: 'silence' });
    const report = await probe(server.port, { steps: [awaiting('(?P<greeting>Gr.ße)!'), awaiting('^rest')] });
    expect(report).toMatchObject({ failure: null, captures: { greeting: 'Grüße' } });
  });

  it('judges data assertions over the whole stream, and reads on only for them', async () => {
    const server = await serve({ do: 'send', bytes: '220 ready\r\n' }, { do: 'pause', ms: 30 }, { do: 'send', bytes: 'later' }, { do: 'silence' });
    const steps = [awaiting('220.*\\n')];
    const later = [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'later' }] as const;
    expect(await probe(server.port, { steps })).toMatchObject({ bytesReceived: 11, stopReason: 'decided' });
    expect(await probe(server.port, { steps, assertions: later })).toMatchObject({ bytesReceived: 16, stopReason: 'decided' });
  });

  it('reads the answer to what was sent last', async () => {
    const server = await serve({ do: 'send', bytes: 'hi\n' }, { do: 'expect', text: 'QUIT' }, { do: 'send', bytes: 'bye' }, { do: 'close' });
    const report = await probe(server.port, { steps: [awaiting('hi\\n'), text('QUIT')] });
    expect(report).toMatchObject({ failure: null, stopReason: 'closed' });
    expect(responseOf(report)).toBe('hi\nbye');
  });
});

describe('a dialogue fails', () => {
  it('naming the step and what was said instead', async () => {
    const server = await serve({ do: 'send', bytes: '220 hi\r\n' }, { do: 'expect', text: 'HELO\r\n' }, { do: 'send', bytes: '554 no\x00\x1b\xff"\r\n' }, { do: 'silence' });
    const report = await probe(server.port, { steps: [awaiting('^220 .*\\n'), escaped('HELO\\r\\n'), awaiting('^250')], maxResponseTimeMs: 300 });
    expect(report).toMatchObject({ stopReason: 'deadline', failure: { phase: 'read', code: 'ERR_EXPECT_MISMATCH', step: 2 } });
    expect(report.failure?.message).toBe('step 3: expecting /^250/: the other side did not say what was expected; received: "554 no\\x00\\x1b\\xff\\"\\r\\n"');
    expect(report.steps.map((step) => step.ok)).toEqual([true, true, false]);
  });

  it('as a timeout when nothing was said', async () => {
    const server = await serve({ do: 'silence' });
    const report = await probe(server.port, { steps: [awaiting('x')], maxResponseTimeMs: 150 });
    expect(report).toMatchObject({ stopReason: 'deadline', failure: { phase: 'read', code: 'SOCKET_TIMEOUT', step: 0 } });
  });

  it('when the other side closes, resets, or says too much', async () => {
    const closing = await serve({ do: 'send', bytes: 'no' }, { do: 'close' });
    const resetting = await serve({ do: 'pause', ms: 20 }, { do: 'reset' });
    const flooding = await serve({ do: 'flood' });
    const code = async (port: number) => (await probe(port, { steps: [awaiting('yes')] })).failure?.code;
    expect(await code(closing.port)).toBe('ERR_CLOSED_EARLY');
    expect(await code(resetting.port)).toBe('ECONNRESET');
    expect(await code(flooding.port)).toBe('ERR_RESPONSE_TOO_LARGE');
  });
});

describe('startTls', () => {
  const smtp = (): ServerAction[] => [
    { do: 'send', bytes: '220-mail\r\n220 ready\r\n' }, { do: 'expect', text: 'STARTTLS\r\n' }, { do: 'send', bytes: '220 go ahead\r\n' },
    { do: 'startTls', options: { ...certificate } }, { do: 'expect', text: 'EHLO\r\n' }, { do: 'segments', parts: ['250-PIPE', 'LINING\r\n250 OK\r\n'], gapMs: 10 }, { do: 'silence' },
  ];
  const steps = [awaiting('(?m)^220 .*\\n'), escaped('STARTTLS\\r\\n'), awaiting('^220 .*\\n'), { kind: 'startTls' } as const, escaped('EHLO\\r\\n'), awaiting('(?m)^250 OK')];

  it('secures the connection amid the dialogue', async () => {
    const server = await serve(...smtp());
    const report = await probe(server.port, { steps, tls: startTlsSettings() });
    expect(report).toMatchObject({ failure: null, stopReason: 'decided', tls: { authorized: true, version: 'TLSv1.3' } });
    expect(report.timings.tlsUs).toBeGreaterThan(0);
    expect(report.steps[3]).toMatchObject({ kind: 'startTls', ok: true, detail: 'TLSv1.3' });
    expect(responseOf(report)).toContain('220 go ahead\r\n250-PIPELINING');
    expect(sumsUp(report)).toBe(true);
  });

  it('verifies by default, also without settings', async () => {
    const server = await serve(...smtp());
    const report = await probe(server.port, { steps });
    expect(report.failure).toMatchObject({ phase: 'tls', code: 'ERR_TLS_CERT_UNTRUSTED', step: 3 });
  });

  it('refuses bytes that were slipped in before it', async () => {
    const server = await serve({ do: 'send', bytes: '220 ready\r\n' }, { do: 'expect', text: 'STARTTLS\r\n' }, { do: 'send', bytes: '220 go\r\n250 injected\r\n' }, { do: 'silence' });
    const report = await probe(server.port, { steps: steps.slice(0, 4), tls: startTlsSettings() });
    expect(report).toMatchObject({ failure: { phase: 'tls', code: 'ERR_STARTTLS_INJECTION', step: 3 }, tls: null });
    expect(report.failure?.message).toContain('250 injected');
  });

  it('fails at once where the other side has left before it', async () => {
    const server = await serve({ do: 'send', bytes: 'ready' }, { do: 'halfClose' }, { do: 'silence' });
    // A word that may still grow is complete only at the end of the answer.
    const report = await probe(server.port, { steps: [awaiting('\\w+'), { kind: 'startTls' }], tls: startTlsSettings() });
    expect(report).toMatchObject({ failure: { phase: 'tls', code: 'ERR_TLS_HANDSHAKE', step: 1 }, stopReason: 'failed' });
    expect(report.failure?.message).toContain('the other side closed the connection');
  });
});

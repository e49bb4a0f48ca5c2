import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type tls from 'node:tls';
import type { TlsSettings } from '#shared/check/check.ts';
import { type ScriptedServer, type ServerAction, startScriptedServer } from '#shared/testing/scripted-server.ts';
import { type TestAuthority, type TestCertificate, aTestAuthority } from '#shared/testing/test-certificates.ts';
import { probe, responseOf, sumsUp } from './testing/probe-under-test.ts';

const DAY_MS = 86_400_000;
const HELLO = { source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'hello' } as const;
let authority: TestAuthority;
let ordinary: TestCertificate;
const servers: ScriptedServer[] = [];

beforeAll( () => {
  authority = aTestAuthority();
  ordinary = authority.issue();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serveTls(options: tls.TLSSocketOptions, ...then: ServerAction[]): Promise<ScriptedServer> {
  const script: ServerAction[] = [{ do: 'startTls', options }, ...(then.length > 0 ? then : [{ do: 'send', bytes: 'hello' }, { do: 'silence' }] as const)];
  const server = await startScriptedServer(script);
  servers.push(server);
  return server;
}

function implicit(changes: Partial<TlsSettings> = {}): TlsSettings {
  return {
    mode: 'implicit', serverName: null, verify: true, ca: authority.ca, alpn: [], minVersion: null,
    clientCertificate: null, degradedDaysLeft: null, expectAlert: null, ...changes,
  };
}

describe('TLS from the start', () => {
  it('is timed apart, and reads and writes under it', async () => {
    const server = await serveTls({ ...ordinary }, { do: 'expect', text: 'hi' }, { do: 'segments', parts: ['hel', 'lo'], gapMs: 10 }, { do: 'silence' });
    const report = await probe(server.port, { tls: implicit(), payload: Buffer.from('hi'), assertions: [HELLO] });
    expect(report).toMatchObject({ failure: null, stopReason: 'decided', established: true });
    expect(responseOf(report)).toBe('hello');
    expect(server.connections[0]?.received()).toBe('hi');
    expect(report.timings.tlsUs).toBeGreaterThan(0);
    expect(sumsUp(report)).toBe(true);
  });

  it('stores the facts of the certificate and of its chain', async () => {
    const nowMs = Math.floor(Date.now() / 1000) * 1000;
    const middle = authority.subordinate('Test Intermediate', { notAfterMs: nowMs + 5 * DAY_MS });
    const leaf = middle.issue({ commonName: 'db', altNames: ['db.example', 'localhost', '127.0.0.1'], notAfterMs: nowMs + 9 * DAY_MS });
    const server = await serveTls({ ...leaf, ALPNProtocols: ['h2', 'imap'] });
    const report = await probe(server.port, { tls: implicit({ serverName: 'db.example', alpn: ['imap'] }), assertions: [HELLO] });
    expect(report.failure).toBeNull();
    expect(report.tls).toMatchObject({
      version: 'TLSv1.3', alpn: 'imap', authorized: true, alert: null, subject: 'CN=db', issuer: 'CN=Test Intermediate',
      subjectAltNames: ['db.example', 'localhost', '127.0.0.1'], notAfterMs: nowMs + 9 * DAY_MS, chainNotAfterMs: nowMs + 5 * DAY_MS,
    });
    expect(report.tls?.cipher).toMatch(/^TLS_/);
    expect(report.tls?.fingerprint256).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  it('sends the server name of a name, and none for an address literal', async () => {
    const server = await serveTls({ ...ordinary });
    const byName = { resolver: { resolve: async () => ({ ok: true, addresses: ['127.0.0.1'], us: 5 }) as const } };
    const named = await probe(server.port, { hostname: 'localhost', tls: implicit(), assertions: [HELLO] }, byName);
    const literal = await probe(server.port, { tls: implicit(), assertions: [HELLO] });
    const chosen = await probe(server.port, { tls: implicit({ serverName: 'localhost' }), assertions: [HELLO] });
    expect([named, literal, chosen].map((report) => report.failure)).toEqual([null, null, null]);
    expect(server.connections.map((connection) => connection.serverName())).toEqual(['localhost', null, 'localhost']);
  });

  it.each([
    ['ERR_TLS_CERT_EXPIRED', { notAfterMs: Date.now() - DAY_MS }, {}],
    ['ERR_TLS_CERT_NOT_YET_VALID', { notBeforeMs: Date.now() + DAY_MS }, {}],
    ['ERR_TLS_CERT_ALTNAME_INVALID', { altNames: ['other.example'] }, {}],
    ['ERR_TLS_CERT_ALTNAME_INVALID', {}, { serverName: 'other.example' }],
    ['ERR_TLS_CERT_UNTRUSTED', {}, { ca: null }],
  ] as const)('fails with %s and still shows the certificate', async (code, facts, settings) => {
    const server = await serveTls({ ...authority.issue(facts) });
    const report = await probe(server.port, { tls: implicit(settings), assertions: [HELLO] });
    expect(report).toMatchObject({ established: true, stopReason: 'failed', failure: { phase: 'tls', code }, tls: { authorized: false, subject: 'CN=localhost' } });
    const unverified = await probe(server.port, { tls: implicit({ ...settings, verify: false }), assertions: [HELLO] });
    expect(unverified).toMatchObject({ failure: null, tls: { authorized: false } });
  });

  it('tells plaintext, a missing version and a closed handshake apart', async () => {
    const plain = await startScriptedServer([{ do: 'send', bytes: 'HTTP/1.1 400 Bad Request\r\n\r\n' }, { do: 'silence' }]);
    const closing = await startScriptedServer([{ do: 'expect', text: '\x16\x03' }, { do: 'close' }]);
    servers.push(plain, closing);
    const old = await serveTls({ ...ordinary, maxVersion: 'TLSv1.2' });
    const code = async (port: number, settings: Partial<TlsSettings> = {}) => (await probe(port, { tls: implicit(settings) })).failure;
    expect(await code(plain.port)).toMatchObject({ phase: 'tls', code: 'ERR_TLS_NOT_TLS' });
    expect(await code(old.port, { minVersion: 'TLSv1.3' })).toMatchObject({ phase: 'tls', code: 'ERR_TLS_VERSION' });
    expect(await code(closing.port)).toMatchObject({ phase: 'tls', code: 'ERR_TLS_HANDSHAKE' });
  });

  it('that hangs runs into the deadline in its own phase', async () => {
    const server = await startScriptedServer([{ do: 'silence' }]);
    servers.push(server);
    const report = await probe(server.port, { tls: implicit(), maxResponseTimeMs: 150 });
    expect(report).toMatchObject({ established: true, stopReason: 'deadline', failure: { phase: 'tls', code: 'SOCKET_TIMEOUT' } });
    expect(report.timings.tlsUs).toBeGreaterThan(100_000);
  });

  it('reaches a server of an old version only when it is named', async () => {
    const server = await serveTls({ ...ordinary, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' });
    expect((await probe(server.port, { tls: implicit() })).failure?.code).toBe('ERR_TLS_VERSION');
    expect(await probe(server.port, { tls: implicit({ minVersion: 'TLSv1' }), assertions: [HELLO] })).toMatchObject({ failure: null, tls: { version: 'TLSv1.1' } });
  });

  it('keeps the application protocol that nobody shares apart from other failures', async () => {
    const server = await serveTls({ ...ordinary, ALPNProtocols: ['h2'] });
    const report = await probe(server.port, { tls: implicit({ alpn: ['imap'] }) });
    expect(report.failure).toMatchObject({ phase: 'tls', code: 'ERR_TLS_ALERT' });
    expect(report.failure?.message).toContain('no_application_protocol');
  });
});

describe('client certificates', () => {
  const mutual = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): tls.TLSSocketOptions =>
    ({ ...ordinary, ca: authority.ca, requestCert: true, rejectUnauthorized: true, maxVersion });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('are presented by name under %s', async (version) => {
    const client = authority.issue({ commonName: 'sonde' });
    const server = await serveTls(mutual(version));
    const report = await probe(server.port, { tls: implicit({ clientCertificate: 'mine' }), assertions: [HELLO] }, { clientCertificates: (name) => (name === 'mine' ? client : null) });
    expect(report).toMatchObject({ failure: null, stopReason: 'decided', tls: { version } });
  });

  it.each([
    ['TLSv1.2', 'handshake_failure'],
    ['TLSv1.3', 'certificate_required'],
  ] as const)('that are missing are refused by an alert under %s, also when nothing is read', async (version, alert) => {
    const server = await serveTls(mutual(version));
    for (const assertions of [[], [HELLO]]) {
      const report = await probe(server.port, { tls: implicit(), assertions });
      expect(report).toMatchObject({ stopReason: 'failed', failure: { phase: 'tls', code: 'ERR_TLS_ALERT' } });
      expect(report.failure?.message).toContain(alert);
    }
    const expected = await probe(server.port, { tls: implicit({ expectAlert: alert }) });
    expect(expected).toMatchObject({ failure: null, stopReason: 'not_read', established: true });
    if (version === 'TLSv1.3') expect(expected.tls).toMatchObject({ alert, subject: 'CN=localhost' });
    const other = await probe(server.port, { tls: implicit({ expectAlert: 'unknown_ca' }) });
    expect(other.failure).toMatchObject({ code: 'ERR_TLS_ALERT' });
    expect(other.failure?.message).toContain("expected the alert 'unknown_ca'");
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('an alert that was expected and does not come is a failure under %s', async (maxVersion) => {
    const server = await serveTls({ ...ordinary, maxVersion }, { do: 'silence' });
    const report = await probe(server.port, { tls: implicit({ expectAlert: 'certificate_required' }) });
    expect(report).toMatchObject({ failure: { phase: 'tls', code: 'ERR_TLS_ALERT_MISSING' }, tls: { authorized: true } });
  });

  it('that the agent does not have are its own fault, before any packet', async () => {
    const server = await serveTls({ ...ordinary });
    const report = await probe(server.port, { tls: implicit({ clientCertificate: 'none-such' }) });
    expect(report).toMatchObject({ established: false, failure: { phase: 'tls', code: 'ERR_AGENT_SECRET' } });
    const unreadable = await probe(server.port, { tls: implicit({ clientCertificate: 'bad' }) }, { clientCertificates: () => ({ cert: 'x', key: 'y' }) });
    expect(unreadable.failure?.code).toBe('ERR_AGENT_SECRET');
    await expect.poll(() => server.connections.length).toBe(1);
  });
});

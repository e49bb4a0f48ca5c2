import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { aTestAuthority, type TestAuthority, type TestCertificate } from '#shared/testing/test-certificates.ts';
import { aDoor, aServer, failureOf, probe } from './testing/probe-of-script.ts';

describe('TLS of a probe', () => {
  let authority: TestAuthority;
  let certificate: TestCertificate;
  const rootEndsMs = Date.now() + 5 * 86_400_000;
  const leafEndsMs = Date.now() + 20 * 86_400_000;
  beforeAll(async () => {
    authority = await aTestAuthority('Root', { notAfterMs: rootEndsMs });
    certificate = await authority.issue({ notAfterMs: leafEndsMs, commonName: 'a.example', altNames: ['a.example', '127.0.0.1'] });
  });
  const inline = (config: object): string => JSON.stringify({ ca: authority.ca, ...config });
  const seconds = (ms: number): number => Math.floor(ms / 1000);

  it('gives the facts of the certificate, and when the chain to its own authority ends', async () => {
    const answer = await probe([{ do: 'startTls', options: certificate }, { do: 'send', bytes: 'hi\n' }, { do: 'silence' }],
      `{tls: true, tls_config: ${inline({})}, query_response: [{expect: hi}]}`);
    expect(failureOf(answer)).toBeNull();
    expect(answer.metrics.get('probe_ssl_earliest_cert_expiry')).toBe(seconds(leafEndsMs));
    expect(answer.metrics.get('probe_ssl_last_chain_expiry_timestamp_seconds')).toBe(seconds(rootEndsMs));
    expect(answer.metrics.get('probe_tls_version_info{version="TLS 1.3"}')).toBe(1);
    expect(answer.body).toMatch(/probe_ssl_last_chain_info\{fingerprint_sha256="[0-9a-f]{64}",subject="CN=a\.example",issuer="CN=Root",subjectalternative="a\.example",serialnumber="[0-9a-f]+"\} 1/);
  });

  it.each([
    ['of an unknown authority', {}, 'tls ERR_TLS_CERT_UNTRUSTED', false],
    ['for another name', { server_name: 'b.example' }, 'tls ERR_TLS_CERT_ALTNAME_INVALID', true],
    ['for the name it is asked as', { server_name: 'a.example' }, null, true],
    ['that nobody looks at', { insecure_skip_verify: true }, null, false],
    ['under a version that the server has', { max_version: 'TLS12' }, null, true],
  ] as const)('with a certificate %s ends as it must', async (_what, config, failure, hasCa) => {
    const options = 'max_version' in config ? { ...certificate, maxVersion: 'TLSv1.2' as const } : certificate;
    const tlsConfig = hasCa ? inline(config) : JSON.stringify(config);
    const answer = await probe([{ do: 'startTls', options }, { do: 'silence' }], `{tls: true, tls_config: ${tlsConfig}}`);
    expect(failureOf(answer)).toBe(failure);
    expect(answer.metrics.get('probe_ssl_last_chain_expiry_timestamp_seconds'))
      .toBe(failure !== null ? undefined : hasCa ? seconds(rootEndsMs) : -62_135_596_800);
  });

  it('stays below the newest version it may speak', async () => {
    const answer = await probe([{ do: 'startTls', options: certificate }, { do: 'silence' }], `{tls: true, tls_config: ${inline({ max_version: 'TLS12' })}}`);
    expect(answer.metrics.get('probe_tls_version_info{version="TLS 1.2"}')).toBe(1);
  });

  it('starts in the middle, and goes on with what is said under it', async () => {
    const answer = await probe(
      [{ do: 'send', bytes: '220 hi\r\n' }, { do: 'expect', text: 'STARTTLS\n' }, { do: 'send', bytes: '220 go\r\n' }, { do: 'startTls', options: certificate }, { do: 'expect', text: 'again\n' }, { do: 'send', bytes: '250 ok\r\n' }, { do: 'silence' }],
      `{query_response: [{expect: "^220", send: STARTTLS}, {expect: "^220 go$", starttls: true}, {send: again}, {expect: "^250"}], tls_config: ${inline({})}}`,
    );
    expect(failureOf(answer)).toBeNull();
    expect(answer.metrics.get('probe_ssl_earliest_cert_expiry')).toBe(seconds(leafEndsMs));
  });

  it('does not start behind bytes that nobody asked for', async () => {
    const answer = await probe(
      [{ do: 'send', bytes: '220 go\r\n250 injected\r\n' }, { do: 'startTls', options: certificate }],
      `{query_response: [{expect: "^220", starttls: true}, {expect: "^250"}], tls_config: ${inline({})}}`,
    );
    expect(failureOf(answer)).toBe('tls ERR_STARTTLS_INJECTION');
  });

  it('shows its client certificate, read from files at each probe', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sonde-blackbox-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const files = { cert_file: join(dir, 'cert.pem'), key_file: join(dir, 'key.pem'), ca_file: join(dir, 'ca.pem') };
    const server = await aServer([{ do: 'startTls', options: { ...certificate, ca: authority.ca, requestCert: true, rejectUnauthorized: true } }, { do: 'send', bytes: 'hi\n' }, { do: 'silence' }]);
    const door = await aDoor(`modules: {m: {prober: tcp, tcp: {tls: true, tls_config: ${JSON.stringify(files)}, query_response: [{expect: hi}]}}}`);
    const query = { module: 'm', target: `127.0.0.1:${server.port}` };
    expect(failureOf(await door.ask(query))).toBe('tls ERR_AGENT_SECRET');
    const client = await authority.issue({ commonName: 'prober' });
    writeFileSync(files.cert_file, client.cert);
    writeFileSync(files.key_file, client.key);
    writeFileSync(files.ca_file, authority.ca);
    expect(failureOf(await door.ask(query))).toBeNull();
  });

  it('takes the name of the request where the module has none', async () => {
    const server = await aServer([{ do: 'startTls', options: certificate }, { do: 'send', bytes: 'hi\n' }, { do: 'silence' }]);
    const door = await aDoor(`modules: {m: {prober: tcp, tcp: {tls: true, tls_config: ${inline({})}, query_response: [{expect: hi}]}}}`);
    const answer = await door.ask({ module: 'm', target: `127.0.0.1:${server.port}`, hostname: 'a.example' });
    expect(failureOf(answer)).toBeNull();
    expect(server.connections[0]?.serverName()).toBe('a.example');
  });
});

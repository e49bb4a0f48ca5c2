import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCheck } from '#shared/check/parse-check.ts';
import { type ScriptedServer, type ServerAction, startScriptedServer } from '#shared/testing/scripted-server.ts';
import { aTestAuthority, type TestCertificate } from '#shared/testing/test-certificates.ts';
import { type Ended, sondeProcess, sondeProgram as program } from './testing/run-sonde.ts';

let dir: string;
let caFile: string;
let certificate: TestCertificate;
/** Says hello under TLS; wants a client certificate on the second port. */
let tlsServer: tls.Server;
let strictServer: tls.Server;
const scripted: ScriptedServer[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-run-'));
  const authority = await aTestAuthority();
  certificate = await authority.issue();
  const client = await authority.issue({ commonName: 'billing' });
  caFile = join(dir, 'ca.pem');
  writeFileSync(caFile, authority.ca);
  writeFileSync(join(dir, 'billing.crt'), client.cert);
  writeFileSync(join(dir, 'billing.key'), client.key, { mode: 0o600 });
  writeFileSync(join(dir, 'secrets.yml'), 'clientCertificates:\n  billing: { certFile: billing.crt, keyFile: billing.key }\n', { mode: 0o600 });
  const greet = (socket: tls.TLSSocket): void => { socket.on('error', () => {}); socket.end(`hello ${socket.getPeerCertificate().subject?.CN ?? 'nobody'}\n`); };
  tlsServer = tls.createServer({ ...certificate, ALPNProtocols: ['smtp'] }, greet);
  strictServer = tls.createServer({ ...certificate, ca: authority.ca, requestCert: true, rejectUnauthorized: true }, greet);
  for (const server of [tlsServer, strictServer]) {
    server.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
});
afterAll(async () => {
  tlsServer.close();
  strictServer.close();
  for (const server of scripted) await server.close();
  rmSync(dir, { recursive: true });
});

const sonde = (args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Ended> => sondeProcess(dir, args, env, input);

function targetOf(server: tls.Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function scriptedTarget(script: readonly ServerAction[]): Promise<string> {
  const server = await startScriptedServer(script);
  scripted.push(server);
  return `127.0.0.1:${server.port}`;
}

const say = (bytes: string): ServerAction => ({ do: 'send', bytes });
const hear = (text: string): ServerAction => ({ do: 'expect', text });

describe('sonde run over TLS', { timeout: 30_000 }, () => {
  it('shows the certificate and what was agreed on', async () => {
    const { code, out, err } = await sonde(['run', targetOf(tlsServer), '--tls', '--ca', caFile, '--server-name', 'localhost', '--alpn', 'smtp', '--min-tls', '1.3', '--expect', 'hello nobody', '--assert', 'CERTIFICATE_DAYS_LEFT GREATER_THAN 300']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/ {2}tls +[\d,]+ µs {2} *█/);
    expect(out).toMatch(/tls +TLSv1\.3, \S+, ALPN smtp, certificate verified\n {2}certificate {2}CN=localhost, issued by CN=Test Root\n {2}for +localhost, 127\.0\.0\.1, 0:0:0:0:0:0:0:1\n {2}until +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(36\d days left\)/);
    expect(out).toContain('✓ CERTIFICATE_DAYS_LEFT GREATER_THAN \'300\'');
  });

  it('fails where nobody trusted signed, and not when that is accepted', async () => {
    const refused = await program(['run', targetOf(tlsServer), '--tls', '--json']);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.out)).toMatchObject({ error: { phase: 'tls', code: 'ERR_TLS_CERT_UNTRUSTED' }, tls: { subject: 'CN=localhost', authorized: false } });
    const accepted = await program(['run', targetOf(tlsServer), '--tls', '--no-verify']);
    expect(accepted.code).toBe(0);
    expect(accepted.out).toContain('certificate NOT verified');
  });

  it('expects to be refused, and shows a certificate of its own that it is let in with', async () => {
    const alerted = await program(['run', targetOf(strictServer), '--tls', '--ca', caFile, '--expect-alert', 'certificate_required']);
    expect([alerted.code, alerted.err]).toEqual([0, '']);
    expect(alerted.out).toContain('alert certificate_required');
    const args = ['run', targetOf(strictServer), '--tls', '--ca', caFile, '--client-certificate', 'billing', '--expect', 'hello billing'];
    expect(await program(args, { SONDE_SECRETS_FILE: join(dir, 'secrets.yml') })).toMatchObject({ code: 0, err: '' });
    expect(await program(args)).toMatchObject({ code: 2, err: expect.stringContaining('set SONDE_SECRETS_FILE') });
  });
});

describe('sonde run of a dialogue', { timeout: 30_000 }, () => {
  it('goes through a preset, with TLS in the middle', async () => {
    const target = await scriptedTarget([
      say('220 mail.example\r\n'), hear('EHLO probe.example\r\n'), say('250-mail.example\r\n250 STARTTLS\r\n'), hear('STARTTLS\r\n'), say('220 go ahead\r\n'),
      { do: 'startTls', options: certificate }, hear('EHLO'), say('250 mail.example\r\n'), hear('QUIT'), say('221 bye\r\n'),
    ]);
    const { code, out, err } = await sonde(['run', target, '--preset', 'smtp', '--param', 'helo=probe.example', '--ca', caFile]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/✓ {2}2 send +[\d,]+ µs {2}"EHLO probe\.example\\r\\n"\n/);
    expect(out).toMatch(/✓ {2}6 startTls +[\d,]+ µs {2}TLSv1\.3\n/);
    expect(out).toContain('${greeting}  "mail.example"');
  });

  it('says which step failed, why, and what had come until then', async () => {
    const target = await scriptedTarget([say('220 hi\r\n'), hear('NOOP'), say('500 no\r\n'), { do: 'silence' }]);
    const steps = '- expect: "^220 "\n- expect: "hi\\r\\n"\n- send: "NOOP\\r\\n"\n  dataFormat: escaped\n- expect: "^250 "\n- send: never\n';
    const { code, out } = await sonde(['run', target, '--steps', '-', '--max', '400'], {}, steps);
    expect(code).toBe(1);
    expect(out).toContain('step 4: expecting /^250 /: the other side did not say what was expected; received: "500 no\\r\\n" [read ERR_EXPECT_MISMATCH]');
    expect(out).toMatch(/✗ 4 expect +[\d,]+ µs {2}did not hear \/\^250 \/\n {2}· 5 send +not reached\n/);
    expect(out).toContain('  220 hi\\r\\n500 no\\r\\n\n');
    expect(out).toContain('stopped      because the time was up');
  });

  it('shows the bytes as they are asked for', async () => {
    const target = await scriptedTarget([say('a\r\n\x00b'), { do: 'close' }]);
    expect((await program(['run', target, '--expect', 'b', '--hex'])).out).toContain('  000000  61 0d 0a 00 62                                   a...b\n');
    expect((await program(['run', target, '--expect', 'b', '--raw'])).out).toContain('received 5 bytes:\n  a\n  \\x00b\n');
  });

  it('keeps the password of a preset to itself', async () => {
    const target = await scriptedTarget([hear('AUTH "default" "hunter2"\r\n'), say('+OK\r\n'), hear('PING\r\n'), say('+PONG\r\n'), hear('QUIT\r\n'), say('+OK\r\n')]);
    const { code, out } = await program(['run', target, '--preset', 'redis-auth', '--param', 'password=hunter2', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ steps: [{ detail: '[redacted]' }, { detail: '+OK\r\n' }, {}, {}, {}, {}] });
    expect(out).not.toContain('hunter2');
  });
});

describe('sonde run refuses', { timeout: 30_000 }, () => {
  it.each([
    [['127.0.0.1:1', '--preset', 'smpt'], "did you mean smtp?"],
    [['127.0.0.1:1', '--preset', 'redis-auth'], 'needs the parameter password'],
    [['127.0.0.1:1', '--assert', 'RESPONSE_TIME'], "for example 'RESPONSE_TIME LESS_THAN 200'"],
    [['127.0.0.1:1', '--assert', 'CONNECT_TIME LESS_THAN soon'], "'soon' is not a number"],
    [['127.0.0.1:1', '--no-verify'], '--no-verify would have no effect'],
    [['127.0.0.1:1', '--preset', 'smtp', '--tls'], 'already TLS at this step'],
    [['127.0.0.1:1', '--preset', 'ssh', '--send', 'x'], 'steps are a dialogue instead of data'],
    [['127.0.0.1:1', '--steps', '/nowhere.yml'], '/nowhere.yml: there is no such file'],
    [['127.0.0.1:1', '--steps', 'package.json'], 'must hold a list of steps, for example'],
    [['127.0.0.1:1', '--tls', '--ca', 'package.json'], 'PEM certificates'],
    [['127.0.0.1:1', '--raw', '--hex'], 'use one of them'],
    [['127.0.0.1'], 'has no port'],
  ])('%j', async (args, sentence) => {
    const ended = await program(['run', ...args]);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toContain(sentence);
  });

  it('with one sentence and no stack', async () => {
    const ended = await sonde(['run', '127.0.0.1:1', '--preset', 'smpt']);
    expect(ended).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^error: --preset: there is no preset 'smpt'; did you mean smtp\?[^\n]*\n$/) });
  });
});

describe('presets', { timeout: 30_000 }, () => {
  it('are listed, and shown one by one', async () => {
    const all = await sonde(['presets']);
    expect(all.code).toBe(0);
    expect(all.out).toMatch(/^smtp +25 +\[helo=\] +SMTP with STARTTLS$/m);
    const one = await program(['presets', 'redis-auth', '--json']);
    expect(JSON.parse(one.out)).toMatchObject({ name: 'redis-auth', defaultPort: 6379, parameters: [{ name: 'password', isRequired: true, isSecret: true }, { name: 'user', default: 'default' }] });
    expect(await program(['presets', 'nothing'])).toMatchObject({ code: 2, err: expect.stringContaining('there are ftp, ') });
  });

  it('know the port of their protocol', async () => {
    expect((await program(['run', '127.0.0.1', '--preset', 'memcached', '--json', '--max', '200'])).out).toContain('127.0.0.1:11211');
  });

  it('make checks that the API takes', async () => {
    const bodies: unknown[] = [];
    const api = http.createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => { text += chunk.toString(); });
      request.on('end', () => {
        const body = JSON.parse(text) as Record<string, unknown>;
        bodies.push(body);
        response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ id: '1', frequency: 10, ...body }));
      });
    }).listen(0, '127.0.0.1');
    await once(api, 'listening');
    const env = { SONDE_API_KEY: 'a'.repeat(20), SONDE_API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}` };
    const ended = await sonde(['checks', 'create', '--name', 'mail', '--preset', 'smtp', '--host', 'mail.example', '--locations', 'eu-1', '--ca', caFile], env);
    api.close();
    expect([ended.code, ended.err]).toEqual([0, '']);
    expect(parseCheck(bodies[0])).toMatchObject({ ok: true, check: { request: { hostname: 'mail.example', port: 25, tls: { ca: expect.stringContaining('BEGIN') } } } });
  });
});

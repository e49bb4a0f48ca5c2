import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aTestAuthority } from '#shared/testing/test-certificates.ts';
import { loopbackGuard } from '../testing/a-sender.ts';
import { type HttpSink, startHttpSink } from '../testing/http-sink.ts';
import type { Answer, HttpRequest } from '../outgoing.ts';
import { guardedHttp, type GuardSettings } from './guarded-request.ts';

const authority = aTestAuthority();
let plain: HttpSink;
let secure: HttpSink;
beforeAll(async () => {
  plain = await startHttpSink();
  secure = await startHttpSink({ tls: authority.issue({ altNames: ['hooks.example'] }) });
});
afterAll(() => Promise.all([plain?.close(), secure?.close()]));

const post = (url: string, guard: Partial<GuardSettings> = {}, changes: Partial<HttpRequest> = {}): Promise<Answer> =>
  guardedHttp(loopbackGuard(guard))({ method: 'POST', url, headers: {}, body: '{}', ...changes });
const codeOf = (answer: Answer): string | number => (answer.kind === 'unanswered' ? answer.code : answer.status);

describe('the guarded dial', () => {
  it('sends to the name over TLS at the address it decided on, and looks up once', async () => {
    let lookups = 0;
    const resolve = async (): Promise<string[]> => { lookups += 1; return lookups === 1 ? ['127.0.0.1'] : ['169.254.169.254']; };
    expect(await post(`https://hooks.example:${secure.port}/x?y=1`, { ca: authority.ca, resolve })).toMatchObject({ kind: 'answered', status: 200, body: 'ok' });
    expect([lookups, secure.requests.at(-1)?.url, secure.requests.at(-1)?.headers.host]).toEqual([1, '/x?y=1', `hooks.example:${secure.port}`]);
  });

  it('takes no certificate of another name', async () => {
    expect(codeOf(await post(`https://other.example:${secure.port}`, { ca: authority.ca, resolve: async () => ['127.0.0.1'] }))).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it.each(['10.0.0.1', '127.0.0.1', '[::1]', '169.254.169.254', '[::ffff:10.0.0.1]', '[64:ff9b::a9fe:a9fe]', '0.0.0.0', '100.64.0.1', '2130706433', '0x7f.1'])('sends nothing to %s unless its network is allowed', async (host) => {
    const before = plain.requests.length;
    expect(codeOf(await post(`http://${host}:${plain.port}`, { allowNetworks: [] }))).toBe('EGRESS_DENIED');
    expect(plain.requests.length).toBe(before);
  });

  it('sends nothing to a name of such an address, and no plain http unless that is allowed', async () => {
    expect(await post('https://inside.example', { allowNetworks: [], resolve: async () => ['192.168.1.1'] }))
      .toEqual({ kind: 'unanswered', code: 'EGRESS_DENIED', message: 'inside.example is at 192.168.1.1, which is no public address; the operator can allow its network with SONDE_WEBHOOK_ALLOW_NETWORKS' });
    expect(codeOf(await post(plain.url, { allowHttp: false }))).toBe('EGRESS_DENIED');
    expect(codeOf(await post('file:///etc/passwd'))).toBe('BAD_ADDRESS');
  });

  it('reads no more of an answer than it keeps, and follows none', async () => {
    plain.script.push({ do: 'answer', status: 302, headers: { location: `${plain.url}/elsewhere` }, body: 'x'.repeat(10_000_000) });
    const before = plain.requests.length;
    const answer = await post(plain.url);
    expect([codeOf(answer), answer.kind === 'answered' && answer.body.length, plain.requests.length - before]).toEqual([302, 2_000, 1]);
  });

  it('gives up on who does not answer, and on a resolver that does not', async () => {
    plain.script.push({ do: 'hang' });
    expect(codeOf(await post(plain.url, { timeoutMs: 100 }))).toBe('TIMEOUT');
    expect(codeOf(await post('https://slow.example', { timeoutMs: 100, resolve: () => new Promise(() => {}) }))).toBe('TIMEOUT');
    expect(codeOf(await post('https://nowhere.example', { resolve: async () => { throw Object.assign(new Error('no'), { code: 'ENOTFOUND' }); } }))).toBe('ENOTFOUND');
  });
});

import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { listen } from './listen.ts';
import { anApi } from './testing/api-for-tests.ts';
import { selfSigned } from './testing/self-signed.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

/** Sends bytes as they are and answers what comes back until the other side closes. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connectPlain(port, '127.0.0.1', () => { socket.write(bytes); });
    socket.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('close', () => resolve(text)).on('error', reject);
  });
}

describe('the HTTP door', () => {
  it('answers what is no request, or has too large headers, in the shape of every error', async () => {
    const { app } = anApi();
    const { port } = await listen(app, LOOPBACK);
    const garbage = await exchange(port, '\x16\x03\x01 hello\r\n\r\n');
    expect(garbage).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(JSON.parse(garbage.split('\r\n\r\n')[1] ?? '')).toMatchObject({ statusCode: 400, error: 'Bad Request', errors: [] });
    const overflow = await exchange(port, `GET /healthz HTTP/1.1\r\nhost: x\r\nx-big: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(JSON.parse(overflow.split('\r\n\r\n')[1] ?? '')).toMatchObject({ statusCode: 431, errors: [] });
    await app.close();
  });

  it('limits how long a request may take to arrive, and how many connections there are', () => {
    const { server } = anApi().app;
    expect([server.headersTimeout, server.requestTimeout, server.maxConnections]).toEqual([10_000, 30_000, 2_000]);
  });

  it('closes within its grace though a run is still waiting for an answer', async () => {
    let arrived = (): void => {};
    const waiting = new Promise<void>((resolve) => { arrived = resolve; });
    const api = anApi({ shots: { run: () => { arrived(); return new Promise(() => {}); } } });
    const { url } = await listen(api.app, LOOPBACK);
    const run = fetch(`${url}/v1/checks/tcp/run`, {
      method: 'POST', headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ location: 'local-1', request: { hostname: '127.0.0.1', port: 22 } }),
    }).then(() => 'answered', () => 'cut');
    await waiting;
    const closed = api.app.close();
    while (api.clock.pending === 0) await new Promise((resolve) => { setImmediate(resolve); });
    await api.clock.advance(3_000);
    await closed;
    expect(await run).toBe('cut');
    expect(api.clock.pending).toBe(0);
  });

  it('speaks TLS when it is given a certificate', async () => {
    const tls = selfSigned('localhost');
    const { app } = anApi({ tls });
    const { url, port } = await listen(app, LOOPBACK);
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connectTls({ port, host: '127.0.0.1', ca: tls.cert, checkServerIdentity: () => undefined }, () => { socket.write('GET /healthz HTTP/1.0\r\n\r\n'); });
      socket.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('close', () => resolve(text)).on('error', reject);
    });
    expect(url).toBe(`https://127.0.0.1:${port}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(app.server.headersTimeout).toBe(10_000);
    await app.close();
  });
});

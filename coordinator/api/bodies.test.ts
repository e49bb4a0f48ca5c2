import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from './listen.ts';
import { aDefinition, anApi } from './testing/api-for-tests.ts';

const api = anApi();
const { app } = api;
const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' };
const post = (payload: string | Buffer, more: Record<string, string> = {}) => app.inject({ method: 'POST', url: '/v1/checks/tcp', headers: { ...headers, ...more }, payload });
const gzip = { 'content-encoding': 'gzip' };

let port = 0;
beforeAll(async () => { ({ port } = await listen(app, { host: '127.0.0.1', port: 0 })); });
afterAll(() => app.close());

/** Over a real socket: injected requests have none that could be cut too early. */
function send(body: Buffer, more: Record<string, string>): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method: 'POST', path: '/v1/checks/tcp', headers: { ...headers, ...more } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('a body', () => {
  it('that is no JSON is refused with the place, and none of its text', async () => {
    const answer = await post('{"name": "hunter2",\n "request": oops}');
    expect(answer.json()).toMatchObject({ statusCode: 400, error: 'Bad Request', errors: [{ path: '', value: null }] });
    expect(answer.json().message).toMatch(/^the body is not valid JSON/);
    expect(answer.body).not.toMatch(/hunter2|oops/);
  });

  it('that reaches for a prototype is refused', async () => {
    expect((await post('{"__proto__": {"isAdmin": true}}')).statusCode).toBe(400);
  });

  it('of another type is refused with the type that is wanted', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const answer = await post('name=redis', { 'content-type': type });
      expect([answer.statusCode, answer.json().message]).toEqual([415, 'send the body as JSON, with the header content-type: application/json']);
    }
  });

  it('above 1 MiB is refused, over a real socket too', async () => {
    const body = JSON.stringify(aDefinition({ description: 'x'.repeat(1024 * 1024) }));
    expect((await post(body)).json()).toMatchObject({ statusCode: 413, error: 'Payload Too Large', errors: [] });
    expect((await send(Buffer.from(body), { 'content-length': String(body.length) })).status).toBe(413);
  });

  it('may be gzip', async () => {
    const body = gzipSync(JSON.stringify(aDefinition({ name: 'zipped' })));
    expect((await post(body, gzip)).json()).toMatchObject({ name: 'zipped' });
    const chunked = await send(body, { ...gzip, 'transfer-encoding': 'chunked' });
    expect(chunked.status).toBe(201);
  });

  it('that is a bomb is refused before it is inflated as a whole', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(1024 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    const answer = await send(bomb, { ...gzip, 'content-length': String(bomb.length) });
    expect([answer.status, JSON.parse(answer.text).message]).toEqual([413, 'the body is larger than 1 MiB once it is inflated']);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * 1024 * 1024);
  });

  it('that claims to be gzip and is not, or is cut short, is refused', async () => {
    expect((await post('{}', gzip)).json()).toMatchObject({ statusCode: 400, message: 'the body is not valid gzip' });
    const cut = gzipSync(JSON.stringify(aDefinition())).subarray(0, 40);
    expect((await post(cut, gzip)).json()).toMatchObject({ statusCode: 400, message: 'the body is not valid gzip' });
    expect((await send(cut, gzip)).status).toBe(400);
  });

  it('in another encoding is refused', async () => {
    expect((await post('{}', { 'content-encoding': 'br' })).statusCode).toBe(415);
  });
});

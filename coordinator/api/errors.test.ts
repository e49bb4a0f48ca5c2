import { describe, expect, it } from 'vitest';
import { aDefinition, anApi } from './testing/api-for-tests.ts';

/** How Postgres being away looks from here. */
const TROUBLES: [string, unknown][] = [
  ['what the store says of itself', Object.assign(new Error('secret host'), { kind: 'unavailable' })],
  ['a refused connection', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
  ['several addresses refused', new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })])],
  ['an admin shutdown', Object.assign(new Error('terminating'), { code: '57P01' })],
  ['a connection exception', Object.assign(new Error('x'), { code: '08006' })],
  ['too many clients, as a cause', new Error('outer', { cause: Object.assign(new Error('x'), { code: '53300' }) })],
  ['a connection cut in the middle of a query', new Error('Connection terminated unexpectedly')],
  ['no connection to be had', new Error('timeout exceeded when trying to connect')],
  ['a read-only transaction', Object.assign(new Error('x'), { code: '25006' })],
];

describe('an error', () => {
  it.each(TROUBLES)('of the database (%s) is 503 with Retry-After', async (_name, trouble) => {
    const api = anApi();
    api.store.trouble = trouble;
    const answer = await api.app.inject({ url: '/v1/checks', headers: { authorization: `Bearer ${api.token}` } });
    expect([answer.statusCode, answer.headers['retry-after'], answer.json().error]).toEqual([503, '5', 'Service Unavailable']);
    expect(answer.body).not.toMatch(/secret host|ECONN|terminating/);
  });

  it('that nobody expected is 500 with an id that the log has too, and nothing more', async () => {
    const api = anApi();
    api.store.trouble = new Error('column "hunter2" does not exist');
    const answer = await api.app.inject({ method: 'POST', url: '/v1/checks/tcp', headers: { authorization: `Bearer ${api.token}` }, payload: aDefinition() });
    const id = answer.headers['x-error-id'];
    expect(answer.json()).toEqual({ statusCode: 500, error: 'Internal Server Error', message: `something went wrong here; the log has the details under ${String(id)}`, errors: [] });
    const logged = api.log.filter((line) => line.includes(String(id)));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('hunter2');
    expect(api.log.join('')).not.toContain(api.token);
  });

  it('of a path that no route answers is 404 in the same shape, without its query', async () => {
    const answer = await anApi().app.inject({ method: 'PATCH', url: '/v1/checks?token=hunter2' });
    expect(answer.json()).toEqual({ statusCode: 404, error: 'Not Found', message: 'there is no PATCH /v1/checks; what there is stands at /docs', errors: [] });
  });

  it('of a path that is no URL, or too long, has the same shape', async () => {
    const { app } = anApi();
    expect((await app.inject({ url: '/v1/checks/%zz' })).json()).toMatchObject({ statusCode: 400, error: 'Bad Request', errors: [] });
    expect((await app.inject({ url: `/v1/checks/${'x'.repeat(400)}` })).json()).toMatchObject({ statusCode: 414, errors: [] });
  });
});

describe('a key', () => {
  const ask = (api: ReturnType<typeof anApi>, authorization?: string) => api.app.inject({ url: '/v1/accounts/me', headers: authorization === undefined ? {} : { authorization } });

  it('that is missing, malformed, mistyped or unknown is 401 with what to do', async () => {
    const api = anApi();
    const typo = api.token.slice(0, -1) + (api.token.endsWith('0') ? '1' : '0');
    const answers = [await ask(api), await ask(api, 'Basic abc'), await ask(api, `Bearer ${typo}`), await ask(api, 'Bearer sixteen-chars-ok'), await ask(api, 'Bearer short')];
    expect(answers.map((answer) => answer.statusCode)).toEqual([401, 401, 401, 401, 401]);
    expect(answers.map((answer) => answer.json().message)).toEqual([
      'an API key is needed: send the header Authorization: Bearer <key>',
      'the Authorization header must read: Bearer <key>',
      'this API key has a typing error: its checksum does not fit',
      'this API key is not valid',
      'this API key is not valid',
    ]);
    expect(answers.map((answer) => answer.body).join('')).not.toContain(typo);
  });

  it('opens its account and says what it may do', async () => {
    const api = anApi();
    const answer = await ask(api, `Bearer ${api.tokenWith('account:read')}`);
    expect(answer.json()).toEqual({ id: '11111111-1111-4111-8111-111111111111', name: 'first', runtimeId: null, created_at: '2026-01-01T00:00:00.000Z', scopes: ['account:read'] });
  });

  it('may ask so many times a minute, then 429 says when to come back', async () => {
    const api = anApi({ rateLimit: { max: 2, windowMs: 60_000 } });
    const again = () => ask(api, `Bearer ${api.token}`);
    expect((await again()).headers).toMatchObject({ 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '1' });
    await again();
    const refused = await again();
    expect([refused.statusCode, refused.headers['retry-after'], refused.json().error]).toEqual([429, '60', 'Too Many Requests']);
    await api.clock.advance(60_000);
    expect((await again()).statusCode).toBe(200);
  });

  it('that is guessed is counted by address, and right keys are not held up by it', async () => {
    const api = anApi({ rateLimit: { max: 2, windowMs: 60_000 } });
    const guesses = [];
    for (let guess = 0; guess < 3; guess += 1) guesses.push((await ask(api, `Bearer wrong-but-long-enough-${guess}`)).statusCode);
    expect(guesses).toEqual([401, 401, 429]);
    expect((await ask(api, `Bearer ${api.token}`)).statusCode).toBe(200);
  });
});

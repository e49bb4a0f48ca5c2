import { afterAll, describe, expect, it } from 'vitest';
import { aDefinition, anApi } from './testing/api-for-tests.ts';
import { CheckEntity } from './wire/check-entity-schema.ts';

const api = anApi();
const { app } = api;
const headers = { authorization: `Bearer ${api.token}` };
const UNKNOWN_ID = 'ffffffff-ffff-4fff-8fff-ffffffffffff';

const create = (definition = aDefinition(), more: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: '/v1/checks/tcp?autoAssignAlerts=false', headers: { ...headers, ...more }, payload: definition });

afterAll(() => app.close());

describe('creating a check', () => {
  it('answers 201 with the full entity, defaults and nulls said', async () => {
    const answer = await create();
    expect(answer.statusCode).toBe(201);
    expect(CheckEntity.parse(answer.json())).toEqual(answer.json());
    expect(answer.json()).toMatchObject({
      checkType: 'TCP', name: 'redis', description: null, activated: true, muted: false, shouldFail: false, retryStrategy: null, groupId: null,
      frequency: 10, degradedResponseTime: 3000, maxResponseTime: 5000, runParallel: false, doubleCheck: false, tags: [],
      locations: ['local-1'], privateLocations: [], request: { hostname: 'redis.example', port: 6379, ipFamily: 'IPv4', data: null, assertions: [] },
      created_at: '2026-01-01T00:00:00.000Z', updated_at: '2026-01-01T00:00:00.000Z', revision: 1,
    });
    expect([answer.headers['etag'], answer.headers['location']]).toEqual(['"1"', `/v1/checks/${answer.json().id}`]);
  });

  it('accepts what the Go SDK sends', async () => {
    const answer = await create(aDefinition({
      checkType: 'TCP', doubleCheck: false, groupId: null, privateLocations: [], retryStrategy: null, alertChannelSubscriptions: [],
      request: { hostname: 'redis.example', port: 6379, ipFamily: 'IPv4', assertions: [{ source: 'RESPONSE_TIME', comparison: 'LESS_THAN', property: '', target: '100', regex: '' }] },
    }));
    expect(answer.json().request.assertions).toEqual([{ source: 'RESPONSE_TIME', comparison: 'LESS_THAN', property: '', target: '100', regex: null }]);
  });

  it('tells every problem at once, unknown locations among them', async () => {
    const answer = await create(aDefinition({ request: { hostname: 'redis.example', port: 70_000 }, frequency: 0, frequencyOffset: 9, locations: ['local-1', 'mars'], privateLocations: ['dc-9'] }));
    expect(answer.statusCode).toBe(400);
    const { error, message, errors } = answer.json();
    expect(error).toBe('Bad Request');
    expect(errors.map((problem: { path: string }) => problem.path).sort()).toEqual(['frequencyOffset', 'locations.1', 'privateLocations.0', 'request.port']);
    expect(errors).toContainEqual(expect.objectContaining({ path: 'request.port', value: 70_000, limit: expect.anything() }));
    expect(errors).toContainEqual({ path: 'locations.1', value: 'mars', limit: 'local-1 | local-2', message: "locations.1: no location 'mars'; there is local-1, local-2" });
    expect(message).toMatch(/^4 problems: /);
  });

  it('does not take a private location for a public one', async () => {
    expect((await create(aDefinition({ locations: ['dc-1'] }))).json().errors[0]).toMatchObject({ path: 'locations.0', value: 'dc-1' });
    expect((await create(aDefinition({ locations: [], privateLocations: ['dc-1'] }))).statusCode).toBe(201);
  });

  it('never echoes the data that was to be sent', async () => {
    const answer = await create(aDefinition({ request: { hostname: 'redis.example', port: 6379, dataFormat: 'hex', data: 'AUTH hunter2' } }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors[0]).toMatchObject({ path: 'request.data', value: '[redacted]' });
    expect(answer.body).not.toContain('hunter2');
  });

  it.each(['null', '7', '"text"', '[]', '[[]]', '{}', ''])('refuses a body that is %s with a sentence', async (payload) => {
    const answer = await app.inject({ method: 'POST', url: '/v1/checks/tcp', headers: { ...headers, 'content-type': 'application/json' }, payload });
    expect([answer.statusCode, answer.json().statusCode]).toEqual([400, 400]);
    expect(answer.json().errors.length).toBeGreaterThan(0);
  });

  it('answers a repeated Idempotency-Key with the first check, and refuses it for another one', async () => {
    const key = { 'idempotency-key': 'deploy-42' };
    const [first, second] = [await create(aDefinition({ name: 'once' }), key), await create(aDefinition({ name: 'once' }), key)];
    expect([second.statusCode, second.json().id, second.headers['idempotent-replayed']]).toEqual([201, first.json().id, 'true']);
    const other = await create(aDefinition({ name: 'twice' }), key);
    expect([other.statusCode, other.json().message]).toEqual([409, 'this Idempotency-Key was used to create another check; use a new key']);
  });

  it('refuses an Idempotency-Key that is too long or not visible ASCII', async () => {
    for (const key of ['x'.repeat(256), 'with space']) {
      expect((await create(aDefinition(), { 'idempotency-key': key })).json().errors[0]).toMatchObject({ path: 'idempotency-key' });
    }
  });
});

describe('a check', () => {
  it.each(['/v1/checks', '/v1/checks/tcp'])('is read, replaced and deleted under %s', async (prefix) => {
    const { id } = (await create()).json();
    const url = `${prefix}/${id}`;
    expect((await app.inject({ url, headers })).json()).toMatchObject({ id, name: 'redis' });
    const replaced = await app.inject({ method: 'PUT', url, headers, payload: aDefinition({ name: 'valkey' }) });
    expect([replaced.statusCode, replaced.json().name, replaced.json().revision, replaced.headers['etag']]).toEqual([200, 'valkey', 2, '"2"']);
    const gone = await app.inject({ method: 'DELETE', url, headers: { ...headers, 'content-type': 'application/json' } });
    expect([gone.statusCode, gone.body]).toEqual([204, '']);
    for (const method of ['GET', 'DELETE'] as const) expect((await app.inject({ method, url, headers })).statusCode).toBe(404);
    expect((await app.inject({ method: 'PUT', url, headers, payload: aDefinition() })).statusCode).toBe(404);
  });

  it('is found by its id in capitals too', async () => {
    const { id } = (await create()).json();
    expect((await app.inject({ url: `/v1/checks/${id.toUpperCase()}`, headers })).statusCode).toBe(200);
  });

  it('may be sent back as it was read', async () => {
    const created = (await create(aDefinition({ retryStrategy: { type: 'FIXED', baseBackoffSeconds: 5, maxRetries: 2, maxDurationSeconds: 600, sameRegion: true } }))).json();
    const { revision, updated_at: _updated, ...same } = (await app.inject({ method: 'PUT', url: `/v1/checks/${created.id}`, headers, payload: created })).json();
    const { revision: before, updated_at: _before, ...expected } = created;
    expect([same, revision]).toEqual([expected, before + 1]);
  });

  it('is replaced only at the revision of If-Match', async () => {
    const { id } = (await create()).json();
    const put = (match: string) => app.inject({ method: 'PUT', url: `/v1/checks/${id}`, headers: { ...headers, 'if-match': match }, payload: aDefinition() });
    expect((await put('"1"')).statusCode).toBe(200);
    const stale = await put('"1"');
    expect([stale.statusCode, stale.json().message]).toEqual([412, 'the check was changed meanwhile: read it again and repeat the change']);
    expect((await put('W/"2"')).statusCode).toBe(200);
    expect((await put('*')).statusCode).toBe(200);
    expect((await put('"x"')).json()).toMatchObject({ statusCode: 400, errors: [{ path: 'if-match' }] });
  });

  it('is 404 when unknown, whatever is wrong with the body', async () => {
    const answer = await app.inject({ method: 'PUT', url: `/v1/checks/${UNKNOWN_ID}`, headers, payload: {} });
    expect(answer.json()).toEqual({ statusCode: 404, error: 'Not Found', message: `the check ${UNKNOWN_ID} does not exist`, errors: [] });
  });

  it('needs an id that is a UUID', async () => {
    expect((await app.inject({ url: '/v1/checks/12', headers })).json()).toMatchObject({ statusCode: 400, errors: [{ path: 'id', value: '12' }] });
  });
});

describe('the list of checks', () => {
  it('comes in pages with a Content-Range, filtered by tag and text', async () => {
    const own = anApi();
    const auth = { authorization: `Bearer ${own.token}` };
    const list = (query: string) => own.app.inject({ url: `/v1/checks${query}`, headers: auth });
    expect((await list('')).headers['content-range']).toBe('*/0');
    for (const name of ['a', 'b', 'c']) await own.app.inject({ method: 'POST', url: '/v1/checks/tcp', headers: auth, payload: aDefinition({ name, tags: name === 'a' ? ['team:x'] : [] }) });
    const second = await list('?limit=2&page=2');
    expect([second.headers['content-range'], second.json().map((check: { name: string }) => check.name)]).toEqual(['2-2/3', ['c']]);
    expect((await list('')).headers['content-range']).toBe('0-2/3');
    expect((await list('?page=9')).headers['content-range']).toBe('*/3');
    for (const query of ['?tag=team:x', '?search=a', '?query=a']) expect((await list(query)).json()).toHaveLength(1);
    await own.app.close();
  });

  it('tells every problem of a query in the same shape', async () => {
    const answer = await app.inject({ url: '/v1/checks?limit=101&page=0&tag=', headers });
    expect(answer.json()).toMatchObject({
      statusCode: 400, error: 'Bad Request',
      errors: [{ path: 'limit', value: '101', limit: 'at most 100', message: 'limit: 101 is above 100' }, { path: 'page', value: '0', limit: 'at least 1', message: 'page: 0 is below 1' }, { path: 'tag', value: '' }],
    });
  });
});

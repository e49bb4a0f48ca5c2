import { randomBytes, randomUUID } from 'node:crypto';
import { connect, createServer, type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/open-store.ts';
import { aDatabase, type ADatabase } from '../store/testing/a-database.ts';
import { QUIET } from '../store/testing/quiet.ts';
import { systemClock } from '#shared/time/clock.ts';
import type { ApiApp } from './api-app.ts';
import { createApi } from './create-api.ts';
import { mintToken } from './keys.ts';
import { SCOPES } from './scopes.ts';
import { aDefinition, hashToken } from './testing/api-for-tests.ts';
import { aStoredResult } from './testing/a-stored-result.ts';
import { CheckEntity } from './wire/check-entity-schema.ts';
import { CheckResultEntity } from './wire/result-schema.ts';
import { CheckStatusEntity } from './wire/status-entity.ts';

let database: ADatabase;
let store: Store;
let app: ApiApp;
let accountId = '';
let locationId = '';
const token = mintToken('account', randomBytes);
const headers = { authorization: `Bearer ${token}` };
const get = (url: string) => app.inject({ url, headers });
const create = (changes: Record<string, unknown> = {}, more: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: '/v1/checks/tcp', headers: { ...headers, ...more }, payload: aDefinition(changes) });

beforeAll(async () => {
  database = await aDatabase();
  store = await openStore({ databaseUrl: database.url, applicationName: 'tests', log: QUIET });
  ({ accountId } = await store.ensureFirstAccount({ name: 'mine', keyHash: hashToken(token), keyPrefix: 'sk_', scopes: SCOPES }));
  locationId = (await store.ensureLocations([{ code: 'local-1', name: 'Local 1' }]))[0]?.id ?? '';
  app = createApi({
    store, hashToken, clock: systemClock, ids: randomUUID, version: '0', log: pino({ level: 'silent' }),
    shots: { run: async () => ({ kind: 'no_agent' }) }, health: () => ({ isReady: true, problems: [] }),
  });
});

afterAll(async () => {
  await app?.close();
  await store?.close();
  await database?.drop();
});

describe('checks on a real database', () => {
  it('come back as they were created, with every field', async () => {
    const created = await create({
      name: 'everything', description: '# why', tags: ['team:x'], muted: true, shouldFail: true, frequency: 0, frequencyOffset: 10, runParallel: true,
      retryStrategy: { type: 'LINEAR', baseBackoffSeconds: 5, maxRetries: 3, maxDurationSeconds: 300, sameRegion: false, onlyOn: ['NETWORK_ERROR'] },
      request: {
        hostname: '2001:db8::1', port: 25, ipFamily: 'IPv6', read: { maxBytes: 100, idleMs: 500 }, steps: [{ expect: '^220' }, { send: 'QUIT\\r\\n', dataFormat: 'escaped' }],
        assertions: [{ source: 'RESPONSE_TIME', property: '', comparison: 'LESS_THAN', target: '100' }],
      },
    });
    expect([created.statusCode, created.json().errors]).toEqual([201, undefined]);
    const read = (await get(`/v1/checks/${created.json().id}`)).json();
    expect(read).toEqual(created.json());
    expect(CheckEntity.parse(read)).toEqual(read);
  });

  it('are replaced at their revision by one of two that race', async () => {
    const { id } = (await create({ name: 'raced' })).json();
    const put = (name: string) => app.inject({ method: 'PUT', url: `/v1/checks/${id}`, headers: { ...headers, 'if-match': '"1"' }, payload: aDefinition({ name }) });
    const answers = await Promise.all([put('one'), put('other')]);
    expect(answers.map((answer) => answer.statusCode).sort()).toEqual([200, 412]);
    expect((await get(`/v1/checks/${id}`)).json()).toMatchObject({ revision: 2, name: answers.find((answer) => answer.statusCode === 200)?.json().name });
  });

  it('are created once by requests that race with one Idempotency-Key', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => create({ name: 'raced key' }, { 'idempotency-key': 'race' })));
    expect(answers.map((answer) => answer.statusCode)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1);
    expect((await get('/v1/checks?search=raced%20key')).headers['content-range']).toBe('0-0/1');
    expect((await create({ name: 'another' }, { 'idempotency-key': 'race' })).statusCode).toBe(409);
  });

  it('are listed by page, tag and text, where a wildcard is only a character', async () => {
    for (const name of ['list a', 'list b', 'list 100%']) await create({ name, tags: ['list'] });
    const page = await get('/v1/checks?tag=list&limit=2&page=2');
    expect([page.headers['content-range'], page.json()]).toEqual(['2-2/3', [expect.objectContaining({ name: 'list 100%' })]]);
    expect((await get('/v1/checks?search=%25')).json()).toEqual([expect.objectContaining({ name: 'list 100%' })]);
  });

  it('are gone when deleted, twice is 404', async () => {
    const { id } = (await create({ name: 'short-lived' })).json();
    const remove = () => app.inject({ method: 'DELETE', url: `/v1/checks/tcp/${id}`, headers });
    expect([(await remove()).statusCode, (await remove()).statusCode, (await get(`/v1/checks/${id}`)).statusCode]).toEqual([204, 404, 404]);
    expect((await get(`/v1/check-statuses/${id}`)).statusCode).toBe(404);
  });
});

describe('results on a real database', () => {
  it('are paged to the end without a gap or a double, and read one by one', async () => {
    const { id } = (await create({ name: 'seen' })).json();
    const nowMs = Date.now();
    const { agentId, accountId: _account, isSurplus, receivedAtMs: _received, locationOwedCode: _owed, locationExecutedCode: _executed, check: _check, ...result } = aStoredResult();
    const rows = Array.from({ length: 25 }, (_, slot) => ({
      kind: 'result' as const, accountId, agentId, isSurplus,
      result: { ...result, runId: randomUUID(), checkId: id as string, checkRevision: 1, assertions: [], locationOwed: locationId, locationExecuted: locationId, dueAtMs: nowMs - slot * 10_000, startedAtMs: nowMs - slot * 10_000 + 1, outcome: slot === 3 ? 'failed' as const : 'passed' as const },
    }));
    await store.ingest(rows);
    const seen: string[] = [];
    for (let nextId: string | null = ''; nextId !== null;) {
      const page: { length: number; entries: { id: string }[]; nextId: string | null } = (await get(`/v2/check-results/${id}?limit=10${nextId === '' ? '' : `&nextId=${nextId}`}`)).json();
      seen.push(...page.entries.map((entry) => entry.id));
      ({ nextId } = page);
    }
    expect(seen).toEqual(rows.map((row) => row.result.runId));
    const third = (await get(`/v1/check-results/${id}?limit=10&page=3`)).json();
    expect(third.map((entry: { id: string }) => entry.id)).toEqual(seen.slice(20));
    expect(CheckResultEntity.array().parse(third)).toEqual(third);
    expect((await get(`/v1/check-results/${id}/${seen[3]}`)).json()).toMatchObject({ id: seen[3], hasFailures: true, runLocation: 'local-1' });
    expect((await get(`/v1/check-results/${id}?hasFailures=true`)).json()).toHaveLength(1);
    const status = (await get(`/v1/check-statuses/${id}`)).json();
    expect(CheckStatusEntity.parse(status)).toEqual(status);
    expect(status).toMatchObject({ status: 'noData', lastCheckRunId: seen[0], lastRunLocation: 'local-1' });
  });

  it('refuse a nextId that no answer gave', async () => {
    const { id } = (await create({ name: 'no cursor' })).json();
    expect((await get(`/v2/check-results/${id}?nextId=made-up`)).json()).toMatchObject({ statusCode: 400, errors: [{ path: 'nextId' }] });
  });
});

describe('a location made by the operator', () => {
  it('is there, and its key opens no account', async () => {
    const created = await app.inject({ method: 'POST', url: '/v1/locations', headers, payload: { code: 'eu-west-9', name: 'Ireland' } });
    const { rawKey } = created.json().keys[0];
    expect((await app.inject({ url: '/v1/locations', headers: { authorization: `Bearer ${rawKey}` } })).statusCode).toBe(401);
    expect((await get('/v1/locations')).json()).toContainEqual(expect.objectContaining({ code: 'eu-west-9', name: 'Ireland', available: false }));
    const again = await app.inject({ method: 'POST', url: '/v1/locations', headers, payload: { code: 'eu-west-9' } });
    expect(again.statusCode).toBe(409);
  });
});

describe('a database that goes away', () => {
  const apiOver = (over: Store): ApiApp => createApi({
    store: over, hashToken, clock: systemClock, ids: randomUUID, version: '0', log: pino({ level: 'silent' }),
    shots: { run: async () => ({ kind: 'no_agent' }) }, health: () => ({ isReady: true, problems: [] }),
  });

  it('is 503 with Retry-After, not a bug', async () => {
    const doomed = await aDatabase();
    const over = await openStore({ databaseUrl: doomed.url, applicationName: 'tests', log: QUIET });
    await over.ensureFirstAccount({ name: 'x', keyHash: hashToken(token), keyPrefix: 'sk_', scopes: SCOPES });
    const orphan = apiOver(over);
    expect((await orphan.inject({ url: '/v1/checks', headers })).statusCode).toBe(200);
    await doomed.drop();
    for (let request = 0; request < 3; request += 1) {
      const answer = await orphan.inject({ url: '/v1/checks', headers });
      expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5']);
    }
    await orphan.close();
    await over.close();
  });

  it('in the middle of a query is 503, and 200 again as soon as it is back', async () => {
    const link = await aLink(new URL(database.url));
    const over = await openStore({ databaseUrl: link.url, applicationName: 'tests', log: QUIET });
    const cut = apiOver(over);
    expect((await cut.inject({ url: '/v1/checks', headers })).statusCode).toBe(200);
    link.cutAtNextQuery();
    expect((await cut.inject({ url: '/v1/checks', headers })).statusCode).toBe(503);
    expect(link.cuts()).toBe(1);
    expect((await cut.inject({ url: '/v1/checks', headers })).statusCode).toBe(200);
    await cut.close();
    await over.close();
    await link.close();
  });
});

/** A wire to Postgres that can be cut while a query is on its way. */
async function aLink(target: URL): Promise<{ url: string; cutAtNextQuery(): void; cuts(): number; close(): Promise<void> }> {
  let armed = false;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const end = (): void => { client.destroy(); upstream.destroy(); };
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
    upstream.pipe(client);
    client.on('data', (chunk) => {
      if (!armed) { upstream.write(chunk); return; }
      armed = false;
      cuts += 1;
      end();
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return { url: url.href, cutAtNextQuery: () => { armed = true; }, cuts: () => cuts, close: () => new Promise((resolve) => { server.close(() => resolve()); }) };
}

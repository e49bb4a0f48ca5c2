import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultFilter } from './ports.ts';
import { anApi, aDefinition, MY_ACCOUNT } from './testing/api-for-tests.ts';
import { A_RUN_ID, aStoredResult } from './testing/a-stored-result.ts';
import { CheckResultEntity } from './wire/result-schema.ts';
import { CheckStatusEntity } from './wire/status-entity.ts';

const api = anApi();
const { app, store } = api;
const headers = { authorization: `Bearer ${api.token}` };
const get = (url: string) => app.inject({ url, headers });
const asked: ResultFilter[] = [];
let id = '';

beforeAll(async () => {
  const listResults = store.listResults.bind(store);
  store.listResults = (accountId, filter) => { asked.push(filter); return listResults(accountId, filter); };
  id = (await app.inject({ method: 'POST', url: '/v1/checks/tcp', headers, payload: aDefinition() })).json().id;
  store.results.push(
    aStoredResult({ checkId: id, attempt: 2, report: { ...aStoredResult().report, response: Buffer.alloc(10_000, 'x'), bytesReceived: 10_000 } }),
    aStoredResult({ checkId: id, attempt: 1, isFinal: false }),
  );
});
afterAll(() => app.close());

describe('results', () => {
  it('come as an array in version 1 and as a page in version 2', async () => {
    const [one, two] = [(await get(`/v1/check-results/${id}`)).json(), (await get(`/v2/check-results/${id}?limit=1`)).json()];
    expect(CheckResultEntity.array().parse(one)).toEqual(one);
    expect(one).toHaveLength(2);
    expect(two).toEqual({ length: 1, entries: [one[0]], nextId: 'more' });
  });

  it('are filtered by what the query says, seconds becoming ms', async () => {
    asked.length = 0;
    await get(`/v1/check-results/${id}?limit=5&page=3&from=1767225600&to=1767225700.5&location=local-1&hasFailures=false&checkType=TCP`);
    await get(`/v2/check-results/${id}?nextId=abc&resultType=ALL&trigger=manual`);
    expect(asked).toEqual([
      { checkId: id, limit: 5, page: 3, fromMs: 1_767_225_600_000, toMs: 1_767_225_700_500, locationCode: 'local-1', hasFailures: false, resultType: 'FINAL' },
      { checkId: id, limit: 10, cursor: 'abc', resultType: 'ALL', trigger: 'manual' },
    ]);
  });

  it('have only the fields that were asked for', async () => {
    const { entries } = (await get(`/v2/check-results/${id}?fields=id,%20responseTime&limit=1`)).json();
    expect(entries).toEqual([{ id: A_RUN_ID, responseTime: 9 }]);
    expect((await get(`/v2/check-results/${id}?fields=id,nope`)).json()).toMatchObject({ statusCode: 400, errors: [{ path: 'fields', value: 'nope' }] });
  });

  it('show a glimpse of the response in a list and all of it in one', async () => {
    const [listed] = (await get(`/v1/check-results/${id}`)).json();
    const { tcpCheckResult } = (await get(`/v1/check-results/${id}/${A_RUN_ID}`)).json();
    expect([listed.tcpCheckResult.response.text.length, listed.tcpCheckResult.response.isTruncated]).toEqual([4096, true]);
    expect([tcpCheckResult.response.text.length, tcpCheckResult.response.isTruncated]).toEqual([10_000, false]);
  });

  it('are found one by one by their own ids', async () => {
    for (const entry of (await get(`/v1/check-results/${id}`)).json()) {
      const found = (await get(`/v1/check-results/${id}/${entry.id}`)).json();
      expect([found.id, found.attempts, found.resultType]).toEqual([entry.id, entry.attempts, entry.resultType]);
    }
    for (const unknown of [`${A_RUN_ID}-7`, 'x', 'ffffffff-ffff-4fff-8fff-ffffffffffff']) expect((await get(`/v1/check-results/${id}/${unknown}`)).statusCode).toBe(404);
  });

  it.each([
    ['limit=101', 'limit'], ['limit=0', 'limit'], ['limit=x', 'limit'], ['limit=1.5', 'limit'], ['from=yesterday', 'from'], ['from=20&to=10', 'from'],
    ['hasFailures=maybe', 'hasFailures'], ['resultType=BEST', 'resultType'], ['checkType=API', 'checkType'], ['limit=1&limit=2', 'limit'],
  ])('are not listed for ?%s', async (query, path) => {
    expect((await get(`/v2/check-results/${id}?${query}`)).json()).toMatchObject({ statusCode: 400, errors: [{ path }] });
  });

  it('of an unknown check are 404', async () => {
    for (const version of ['v1', 'v2']) expect((await get(`/${version}/check-results/ffffffff-ffff-4fff-8fff-ffffffffffff`)).statusCode).toBe(404);
  });
});

describe('statuses', () => {
  it('say no data where nothing was seen, and raise flags where it was', async () => {
    const common = { name: 'redis', revision: 1, createdAtMs: 0, updatedAtMs: 0 };
    store.extremes.set(id, { longestMs: 8.75, shortestMs: 1.2 });
    store.statuses.push({ ...common, checkId: id, last: null, status: 'noData', sinceMs: null, locations: [] });
    const [none] = (await get('/v1/check-statuses')).json();
    expect(CheckStatusEntity.parse(none)).toEqual(none);
    expect(none).toMatchObject({ checkId: id, status: 'noData', since: null, locations: [], hasFailures: false, lastRunLocation: null, longestRun: 9, shortestRun: 1 });
    store.statuses[0] = {
      ...common, checkId: id, last: { runId: A_RUN_ID, dueAtMs: 0, locationCode: 'local-1', outcome: 'failed' },
      status: 'failing', sinceMs: 0, locations: [{ code: 'local-1', status: 'failing', sinceMs: 0 }],
    };
    expect((await get(`/v1/check-statuses/${id}`)).json()).toMatchObject({
      status: 'failing', since: '1970-01-01T00:00:00.000Z', hasFailures: true, lastCheckRunId: A_RUN_ID, lastRunLocation: 'local-1',
      locations: [{ location: 'local-1', status: 'failing', since: '1970-01-01T00:00:00.000Z' }],
    });
  });

  it('of an unknown check are 404', async () => {
    expect((await get('/v1/check-statuses/ffffffff-ffff-4fff-8fff-ffffffffffff')).statusCode).toBe(404);
  });
});

describe('locations', () => {
  it('are listed with their codes, those of other accounts left out', async () => {
    store.locations.push({ id: 'x', code: 'theirs', name: 'x', kind: 'private', accountId: 'another', liveAgents: 0, available: false });
    expect((await get('/v1/locations')).json().map((location: { code: string }) => location.code)).toEqual(['local-1', 'local-2', 'dc-1']);
    expect(store.locations.find((location) => location.code === 'dc-1')?.accountId).toBe(MY_ACCOUNT);
  });

  it('are created by the operator with a key that is shown once and stored as its HMAC', async () => {
    const post = (payload: object) => app.inject({ method: 'POST', url: '/v1/locations', headers, payload });
    const created = await post({ code: 'eu-west-9' });
    const { keys: [key], ...location } = created.json();
    expect([created.statusCode, location]).toMatchObject([201, { code: 'eu-west-9', region: 'eu-west-9', name: 'eu-west-9', kind: 'public', liveAgents: 0, available: false }]);
    expect(key.rawKey).toMatch(/^pl_[0-9A-Za-z]{49}$/);
    expect(key.maskedKey).toBe(`pl_...${key.rawKey.slice(-4)}`);
    expect(JSON.stringify(store.keys)).not.toContain(key.rawKey);
    expect((await post({ code: 'eu-west-9' })).json()).toMatchObject({ statusCode: 409, message: "there is a location 'eu-west-9' already" });
    expect((await post({ code: 'No Good', extra: 1 })).json()).toMatchObject({ statusCode: 400, errors: [{ path: 'code', value: 'No Good' }, { path: 'extra' }] });
  });

  it('take another key, so that keys can be rotated', async () => {
    const add = (code: string) => app.inject({ method: 'POST', url: `/v1/locations/${code}/keys`, headers });
    expect((await add('local-1')).json().rawKey).toMatch(/^pl_/);
    expect(store.keys.at(-1)?.locationId).toBe('loc-1');
    expect((await add('mars')).statusCode).toBe(404);
  });
});

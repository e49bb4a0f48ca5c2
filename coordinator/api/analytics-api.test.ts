import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { RUN_OF_TOTAL } from '../analytics/packed-times.ts';
import { NOTHING } from '../analytics/tally.ts';
import { aDefinition, anApi } from './testing/api-for-tests.ts';

const HOUR_MS = 3_600_000;
const api = anApi();
let checkId = '';

const get = async (path: string) => api.app.inject({ url: path, headers: { authorization: `Bearer ${api.token}` } });
const post = async (path: string, payload: object) => api.app.inject({ method: 'POST', url: path, payload, headers: { authorization: `Bearer ${api.token}` } });

function packed(...totals: readonly number[]): Buffer {
  return Buffer.concat(totals.map((us) => Buffer.from([RUN_OF_TOTAL, us >>> 24, us >>> 16, us >>> 8, us])));
}

beforeEach(async () => {
  checkId = (await post('/v1/checks/tcp', aDefinition())).json().id;
  const atMs = Math.floor(api.clock.nowMs() / HOUR_MS) * HOUR_MS - 30 * HOUR_MS;
  api.store.pieces.splice(0, Infinity, {
    checkId, locationCode: 'local-1', atMs, correctedAtMs: null, total: packed(1_000, 3_000), phases: null,
    tally: { ...NOTHING, passed: 2, failed: 2, established: 3, attempts: 5, gaps: 1, gapReasons: { agent_lost: 1 } },
  });
});
afterAll(() => api.app.close());

describe('analytics', () => {
  it('of a check are the metrics asked for, with what they mean', async () => {
    const answer = await get(`/v1/analytics/tcp-checks/${checkId}?metrics=availability,reachability,total_avg,dns_p95,retries&quickRange=last7Days&groupBy=runLocation`);
    expect([answer.statusCode, answer.json()]).toMatchObject([200, {
      checkId, checkType: 'TCP', series: [{ runLocation: 'local-1', data: [{ availability: 50, reachability: 75, total_avg: 2, dns_p95: 0, retries: 1 }] }],
      metadata: { availability: { unit: 'percentage' }, total_avg: { unit: 'milliseconds', aggregation: 'avg' } },
    }]);
  });

  it('tell every metric there is when one is asked for that is not', async () => {
    const answer = await get(`/v1/analytics/tcp-checks/${checkId}?metrics=availability,total_p42,x`);
    expect([answer.statusCode, answer.json().errors.map(({ value }: { value: string }) => value)]).toEqual([400, ['total_p42', 'x']]);
    expect(answer.json().errors[0].limit).toContain('total_p99');
  });

  it.each([
    ['metrics=total,total_p95', 'asks for single results and for aggregations at once'],
    ['filterByStatus=failure&quickRange=last90Days', 'at most 31 days'],
    ['quickRange=last24Hours&from=2026-01-01T00:00:00Z', 'cannot be combined'],
    ['from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'must be before to'],
  ])('with %s are refused: %s', async (query, words) => {
    const answer = await get(`/v1/analytics/tcp-checks/${checkId}?${query}`);
    expect([answer.statusCode, answer.json().message]).toEqual([400, expect.stringContaining(words)]);
  });

  it('of many checks are one answer, and what is wrong with the question is told at its field', async () => {
    const answer = await post('/v1/analytics/checks', { checkIds: [checkId], metrics: ['availability', 'total_max'] });
    expect(answer.json()).toMatchObject([{ checkId, metrics: { availability: 50, total_max: 3 } }]);
    expect((await post('/v1/analytics/checks', { checkIds: ['x'] })).json().errors[0].path).toBe('checkIds.0');
  });

  it('as a report have success ratio and times, and a time zone must be one', async () => {
    expect((await get('/v1/reporting?quickRange=last7Days')).json()).toContainEqual(expect.objectContaining({ checkId, aggregate: { successRatio: 50, unseenMinutes: 1, noData: 1, impaired: 0, maintenance: 0, avg: 2, p95: 3, p99: 3 } }));
    expect((await get('/v1/reporting?granularity=day&timezone=Mars/Base')).statusCode).toBe(400);
  });
});

describe('a series', () => {
  it('has every bucket of its range, also those in which nothing ran, and gaps by reason', async () => {
    const answer = (await get(`/v1/checks/${checkId}/series?range=7d&bucket=60`)).json();
    expect([answer.source, answer.bucketSeconds, answer.buckets.length]).toEqual(['rollups', 3_600, 168]);
    const busy = answer.buckets.filter(({ runs }: { runs: number }) => runs > 0);
    expect(busy).toEqual([expect.objectContaining({ runs: 4, availability: 0.5, reachability: 0.75, gaps: { agent_lost: 1 }, unseen: 1, unseenMinutes: 1, phases: { total: expect.objectContaining({ avgMs: 2, maxMs: 3 }) } })]);
    expect(answer.whole.availability).toBe(0.5);
  });

  it('of rows adds up what its locations saw in a bucket, and what a location saw in its buckets', async () => {
    const [piece] = api.store.pieces;
    const startMs = Math.floor(api.clock.nowMs() / HOUR_MS) * HOUR_MS - 2 * HOUR_MS;
    const seen = (locationCode: string, atMs: number) => ({ ...piece!, locationCode, atMs });
    api.store.pieces.splice(0, Infinity, seen('local-1', startMs), seen('local-1', startMs + HOUR_MS / 4), { ...seen('local-2', startMs), total: packed(9_000), correctedAtMs: startMs + HOUR_MS });
    const answer = (await get(`/v1/checks/${checkId}/series?range=24h&bucket=15`)).json();
    const busy = answer.buckets.filter(({ runs }: { runs: number }) => runs > 0);
    expect([answer.source, answer.whole.runs, busy.map(({ runs, correctedAt, phases }: { runs: number; correctedAt: string | null; phases: { total: { maxMs: number } } }) => [runs, correctedAt !== null, phases.total.maxMs])])
      .toEqual(['rows', 12, [[8, true, 9], [4, false, 3]]]);
    expect(answer.locations.map(({ location, runs }: { location: string; runs: number }) => [location, runs])).toEqual([['local-1', 8], ['local-2', 4]]);
  });

  it('of too many buckets is refused with what would do', async () => {
    expect((await get(`/v1/checks/${checkId}/series?range=30d&bucket=1`)).json().errors[0]).toMatchObject({ path: 'bucket', limit: 'at least 44 minutes' });
  });
});

describe('the home page', () => {
  it('is asked of the store once, however many look at once, and again when it is old', async () => {
    let asked = 0;
    api.store.summariseChecks = async () => { asked += 1; return { entries: [], total: 0 }; };
    await Promise.all([get('/v1/checks/summary?range=24h'), get('/v1/checks/summary?range=24h'), get('/v1/checks/summary')]);
    expect(asked).toBe(1);
    await get('/v1/checks/summary?range=7d');
    expect(asked).toBe(2);
    await api.clock.advance(11_000);
    await get('/v1/checks/summary?range=24h');
    expect(asked).toBe(3);
  });
});

it('results as CSV and badges are what they say', async () => {
  api.store.statuses.push({
    checkId, name: '=cmd|<x>', revision: 1, createdAtMs: 0, updatedAtMs: 0, last: { runId: 'r', dueAtMs: 1, locationCode: 'local-1', outcome: 'failed' },
    status: 'failing', sinceMs: 0, locations: [],
  } as (typeof api.store.statuses)[number]);
  const [csv, svg] = [await get(`/v1/checks/${checkId}/results.csv`), await get(`/v1/badges/checks/${checkId}`)];
  expect([csv.statusCode, csv.headers['content-type'], csv.body.split('\r\n')[0]]).toEqual([200, 'text/csv; charset=utf-8', expect.stringMatching(/^dueAt,startedAt,runId,/)]);
  expect([svg.statusCode, svg.headers['content-type']]).toEqual([200, expect.stringContaining('image/svg+xml')]);
  expect(svg.body).toContain('failing');
  expect(svg.body).not.toContain('<x>');
});

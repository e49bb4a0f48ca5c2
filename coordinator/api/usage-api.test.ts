import { describe, expect, it } from 'vitest';
import { aDefinition, anApi } from './testing/api-for-tests.ts';

const HOUR_MS = 3_600_000;

async function setting() {
  const api = anApi();
  await api.clock.advance(3 * HOUR_MS);
  const ask = (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) => api.app.inject({ method, url, headers: { authorization: `Bearer ${api.token}` }, ...(payload ? { payload } : {}) });
  const today = Math.floor(api.clock.nowMs() / (24 * HOUR_MS)) * 24 * HOUR_MS;
  const day = new Date(today).toISOString().slice(0, 10);
  const own = (runs: number, kind: 'scheduled' | 'retry' = 'scheduled'): void => { api.store.usage.push({ atMs: today, source: null, checkType: 'TCP', pool: 'runs', kind, runs, degraded: 1, failed: 2, overMax: 3 }); };
  return { ...api, ask, own, day, today };
}

describe('usage over the API', () => {
  it('is summed by check type and source, with its price', async () => {
    const { ask, own, day } = await setting();
    own(9_000);
    own(1_000, 'retry');
    await ask('POST', '/v1/usage/external', { source: 'uptime', entries: [{ date: day, checkType: 'API', runs: 5_000 }] });
    const summary = (await ask('GET', '/v1/usage/summary?range=365d')).json();
    expect(summary).toMatchObject({
      pricePer10000: 2, currency: 'USD', quotas: [],
      total: { totalRuns: 15_000, scheduledRuns: 9_000, retryRuns: 1_000, externalRuns: 5_000, degradedRuns: 2, failedRuns: 4, overMaxResponseTimeRuns: 6, cost: 3 },
      byCheckType: [{ checkType: 'TCP', source: null, totalRuns: 10_000, cost: 2 }, { checkType: 'API', source: 'uptime', totalRuns: 5_000, cost: 1 }],
    });
    const { series } = (await ask('GET', '/v1/usage/series?range=7d')).json();
    expect(series).toHaveLength(8);
    expect(series.map(({ totalRuns }: { totalRuns: number }) => totalRuns).filter((runs: number) => runs > 0)).toEqual([15_000]);
  });

  it('tells every problem of what is posted in', async () => {
    const { ask } = await setting();
    const answer = await ask('POST', '/v1/usage/external', { source: '', entries: [{ date: 'yesterday', checkType: 'API', runs: -1 }] });
    expect([answer.statusCode, answer.json().errors.map(({ path }: { path: string }) => path).sort()]).toEqual([400, ['entries.0.date', 'entries.0.runs', 'source']]);
  });

  it('at a quota that says so refuses new checks and manual runs, and says why; without that it does not', async () => {
    const { ask, own } = await setting();
    own(10);
    const put = await ask('PUT', '/v1/usage/quota', { runsPerMonth: 10, policy: 'refuse_new' });
    expect(put.json().quotas).toMatchObject([{ pool: 'runs', used: 10, remaining: 0, percent: 100, state: 'exceeded', isDefault: false }]);
    const refused = await ask('POST', '/v1/checks/tcp', aDefinition());
    expect([refused.statusCode, refused.json().message]).toEqual([402, expect.stringContaining('the quota of 10 runs')]);
    await ask('PUT', '/v1/usage/quota', { runsPerMonth: 10 });
    expect((await ask('POST', '/v1/checks/tcp', aDefinition())).statusCode).toBe(201);
  });
});

import { randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/time/clock.ts';
import { aStore, type AStore } from '../store/testing/a-store.ts';
import type { ApiApp } from './api-app.ts';
import { createApi } from './create-api.ts';
import { mintToken } from './keys.ts';
import { SCOPES } from './scopes.ts';
import { aDefinition, hashToken } from './testing/api-for-tests.ts';

const DAY_MS = 86_400_000;
const key = mintToken('account', randomBytes);
let at: AStore;
let app: ApiApp;

const ask = async (method: 'GET' | 'PUT' | 'POST', url: string, payload?: object, token: string | null = key) => {
  const answer = await app.inject({ method, url, headers: token === null ? {} : { authorization: `Bearer ${token}` }, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, type: String(answer.headers['content-type']), text: answer.body, body: answer.headers['content-type']?.toString().includes('json') ? answer.json() : null };
};

beforeAll(async () => {
  at = await aStore();
  await at.store.ensureFirstAccount({ name: 'mine', keyHash: hashToken(key), keyPrefix: 'sk_', scopes: SCOPES });
  await at.store.ensureLocations([{ code: 'local-1', name: 'Local 1' }]);
  await at.store.ensurePartitions();
  app = createApi({
    store: at.store, hashToken, clock: systemClock, ids: randomUUID, version: '0', log: pino({ level: 'silent' }), retention: { raw: 30, hourly: 100, daily: 200 },
    shots: { run: async () => ({ kind: 'no_agent' }) }, health: () => ({ isReady: true, problems: [] }),
  });
});
afterAll(async () => {
  await app?.close();
  await at?.end();
});

describe('an account keeps its results', () => {
  it('as long as the installation does, until it says otherwise, and again when it takes that back', async () => {
    const most = { rawDays: 30, hourlyDays: 100, dailyDays: 200 };
    expect((await ask('GET', '/v1/account/retention')).body).toEqual({ ...most, isDefault: true, most });
    expect((await ask('PUT', '/v1/account/retention', { rawDays: 7, dailyDays: 50 })).body).toEqual({ rawDays: 7, hourlyDays: 50, dailyDays: 50, isDefault: false, most });
    expect((await ask('GET', '/v1/account/retention')).body).toMatchObject({ rawDays: 7, hourlyDays: 50, dailyDays: 50 });
    expect((await ask('PUT', '/v1/account/retention', {})).body).toEqual({ ...most, isDefault: true, most });
  });

  it('never longer than the installation, and figures never shorter than results: every problem at once', async () => {
    const { status, body } = await ask('PUT', '/v1/account/retention', { rawDays: 31, hourlyDays: 20, dailyDays: 10 });
    expect([status, body.errors.map(({ path }: { path: string }) => path)]).toEqual([400, ['rawDays', 'hourlyDays', 'dailyDays']]);
  });

  it('and what is beyond goes', async () => {
    const { rows: [account] } = await at.client.query('select id from accounts limit 1');
    const cell = (days: number) => at.client.query(`insert into rollups_daily (account_id, check_id, location_id, at, passed, degraded, failed, agent_faults, egress_denied, impaired, established, over_max, attempts, gaps)
      values ($1, $1, $1, $2, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0)`, [account.id, new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - days * DAY_MS)]);
    await at.store.ensurePartitions(Date.now() - 12 * DAY_MS, Date.now());
    await cell(2);
    await cell(9);
    await ask('PUT', '/v1/account/retention', { rawDays: 3, hourlyDays: 3, dailyDays: 5 });
    while (await at.store.deleteExpired(Date.now()) > 0);
    expect((await at.client.query('select count(*)::int as n from rollups_daily')).rows).toEqual([{ n: 1 }]);
  });
});

describe('a badge', () => {
  it('is for everybody only while the account has said so', async () => {
    const { body: check } = await ask('POST', '/v1/checks/tcp', aDefinition({ name: 'shop' }));
    const open = `/v1/public/badges/checks/${check.id}`;
    expect((await ask('GET', open, undefined, null)).status).toBe(404);
    expect((await ask('GET', '/v1/account/badges')).body).toEqual({ public: false });
    expect((await ask('PUT', '/v1/account/badges', { public: true })).body).toEqual({ public: true });
    const badge = await ask('GET', open, undefined, null);
    expect([badge.status, badge.type, badge.text]).toEqual([200, expect.stringContaining('image/svg+xml'), expect.stringContaining('shop: no data')]);
    expect((await ask('GET', `/v1/public/badges/checks/${randomUUID()}`, undefined, null)).status).toBe(404);
    await ask('PUT', '/v1/account/badges', { public: false });
    expect((await ask('GET', open, undefined, null)).status).toBe(404);
  });
});

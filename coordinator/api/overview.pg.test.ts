import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/time/clock.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { TENANT_ROLE } from '../store/provision.ts';
import { aDatabase, type ADatabase } from '../store/testing/a-database.ts';
import { QUIET } from '../store/testing/quiet.ts';
import type { ApiApp } from './api-app.ts';
import { createApi } from './create-api.ts';
import { mintToken } from './keys.ts';
import { SCOPES } from './scopes.ts';
import { aDefinition, hashToken } from './testing/api-for-tests.ts';

let database: ADatabase;
let store: Store;
let app: ApiApp;
let client: Client;
const key = mintToken('account', randomBytes);
const ask = async (method: 'GET' | 'POST', url: string, payload?: object) => {
  const answer = await app.inject({ method, url, headers: { authorization: `Bearer ${key}` }, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, body: answer.json() };
};
const make = async (changes: Record<string, unknown>): Promise<string> => (await ask('POST', '/v1/checks/tcp', aDefinition(changes))).body.id;
const ids = { passing: '', failing: '' };

beforeAll(async () => {
  database = await aDatabase();
  store = await openStore({ databaseUrl: database.url, applicationName: 'tests', log: QUIET });
  await store.ensureFirstAccount({ name: 'mine', keyHash: hashToken(key), keyPrefix: 'sk_', scopes: SCOPES });
  await store.ensureLocations([{ code: 'local-1', name: 'Local 1' }]);
  await store.ensurePartitions();
  app = createApi({
    store, hashToken, clock: systemClock, ids: randomUUID, version: '0', log: pino({ level: 'silent' }),
    shots: { run: async () => ({ kind: 'no_agent' }) }, health: () => ({ isReady: true, problems: [] }), people: { store, reached: 'plain', publicUrl: null },
  });
  client = new Client({ connectionString: database.superUrl });
  await client.connect();
  ids.passing = await make({ name: 'shop', tags: ['prod'] });
  ids.failing = await make({ name: 'api', muted: true });
  await make({ name: 'old', activated: false });
  for (const [id, status] of [[ids.passing, 'passing'], [ids.failing, 'failing']]) {
    await client.query('update check_states set status = $2, head = $3 where check_id = $1', [id, status, JSON.stringify({ lastVerdictMs: Date.UTC(2026, 10, 22, 12) })]);
  }
});
afterAll(async () => {
  await client?.end();
  await app?.close();
  await store?.close();
  await database?.drop();
});

describe('the home page', () => {
  it('shows what the judge last said, and when', async () => {
    const { status, body } = await ask('GET', '/v1/checks/overview');
    expect(status).toBe(200);
    expect(body).toMatchObject({ counts: { failing: 1, degraded: 0, noData: 0, passing: 1, inactive: 1 }, agents: { online: 0, total: 0 }, tags: ['prod'], total: 3 });
    expect(body.entries.map((row: { name: string; status: string; muted: boolean; lastRunAt: string | null }) => [row.name, row.status, row.muted, row.lastRunAt])).toEqual([
      ['api', 'failing', true, '2026-11-22T12:00:00.000Z'], ['shop', 'passing', false, '2026-11-22T12:00:00.000Z'], ['old', 'inactive', false, null],
    ]);
    expect((await ask('GET', '/v1/checks/overview?tag=prod&limit=1')).body).toMatchObject({ total: 1, entries: [{ name: 'shop', target: expect.stringContaining(':'), bar: expect.any(Array) }] });
  });

  it('never reads a result or a gap, whatever it is asked for', async () => {
    await client.query(`revoke select on results, gaps from ${TENANT_ROLE}`);
    const history = await ask('GET', `/v1/check-results/${ids.passing}`);
    const questions = ['/v1/session', '/v1/setup', ...['6h', '24h', '7d', '30d', '90d'].map((range) => `/v1/checks/overview?range=${range}&status=failing&search=a&location=local-1`)];
    const answers = await Promise.all(questions.map((question) => ask('GET', question)));
    await client.query(`grant select on results, gaps to ${TENANT_ROLE}`);
    expect([history.status, ...answers.map(({ status }) => status)]).toEqual([500, ...questions.map(() => 200)]);
  });
});

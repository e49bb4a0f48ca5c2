import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '#shared/settings/secret.ts';
import { keyRing } from '../secrets/key-ring.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { aDatabase, type ADatabase } from '../store/testing/a-database.ts';
import { anotherAccount } from '../store/testing/another-account.ts';
import { QUIET } from '../store/testing/quiet.ts';
import { systemClock } from '#shared/time/clock.ts';
import type { ApiApp } from './api-app.ts';
import { createApi } from './create-api.ts';
import { mintToken } from './keys.ts';
import { SCOPES, type RegisteredRoute } from './scopes.ts';
import { aDefinition, hashToken } from './testing/api-for-tests.ts';
import { aStoredResult } from './testing/a-stored-result.ts';

let database: ADatabase;
let store: Store;
let app: ApiApp;
const mine = mintToken('account', randomBytes);
const theirs = mintToken('account', randomBytes);
/** What the other account has. */
const their = { accountId: '', checkId: '', runId: randomUUID(), privateLocationId: '', keyId: '', agentId: randomUUID(), userId: randomUUID(), invitationId: randomUUID(), apiKeyId: '', channelId: '', groupId: 0, windowId: 0, statusPageId: 0, variable: 'THEIR_VARIABLE', deliveryId: randomUUID(), alertId: randomUUID() };

const A_WINDOW = { name: 'their secret sunday', startsAt: '2026-11-22T02:00:00Z', endsAt: '2026-11-22T04:00:00Z', repeatUnit: 'WEEK' };

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
const ask = (token: string, method: Method, url: string, payload?: object) =>
  app.inject({ method, url, headers: { authorization: `Bearer ${token}` }, ...(payload ? { payload } : {}) });

/** A body that would do, where the route takes one: nothing but the id may be what is wrong. */
function bodyFor(route: RegisteredRoute): object | undefined {
  if (route.url.includes('/users/')) return { role: 'viewer' };
  if (route.method === 'PUT') {
    if (route.url.includes('check-groups')) return { name: 'renamed' };
    if (route.url.endsWith('/subscriptions')) return { checkId: their.checkId };
    if (route.url.includes('alert-channels')) return { type: 'EMAIL', config: { address: 'ops@example.com' } };
    if (route.url.includes('maintenance-windows')) return A_WINDOW;
    if (route.url.includes('status-pages')) return { slug: 'their-page', title: 'Status' };
    if (route.url.includes('variables')) return { value: 'changed' };
  }
  if (route.method === 'PUT') return route.url.includes('private-locations') ? { name: 'renamed', slugName: 'theirs-2' } : aDefinition();
  if (route.url.endsWith('/snooze')) return { minutes: 5 };
  if (route.url.endsWith('/run')) return { location: 'local-1' };
  return undefined;
}

const parametersOf = (url: string): Record<string, string> => ({
  ':key': their.variable,
  ':id': url.includes('/check-groups/') ? String(their.groupId) : url.includes('/maintenance-windows/') ? String(their.windowId) : url.includes('/status-pages/') ? String(their.statusPageId)
     : url.startsWith('/accounts/') ? their.accountId : url.includes('/users/') ? their.userId : url.includes('/invitations/') ? their.invitationId : url.includes('/api-keys/') ? their.apiKeyId
    : url.includes('/private-locations/') ? their.privateLocationId : url.includes('/agents/') ? their.agentId
    : url.includes('/alert-channels/') ? their.channelId : url.includes('/alert-notifications/') ? their.deliveryId : url.includes('/alerts/') ? their.alertId : their.checkId,
  ':keyId': their.keyId, ':checkId': their.checkId, ':resultId': their.runId,
});
/** Whose parameters name what all accounts share. */
const SHARED_BY_ALL = new Set(['/v1/presets/:name/request', '/v1/locations/:code/keys', '/v1/locations/:code/keys/:keyId']);

/** Straight into the table: the API makes users by invitations alone. */
async function aUserOf(accountId: string): Promise<void> {
  const client = new Client({ connectionString: database.superUrl });
  await client.connect();
  await client.query(`insert into users (id, email, name) values ($1, 'their-owner@example.com', 'their secret owner')`, [their.userId]);
  await client.query(`insert into memberships (account_id, user_id, role) values ($1, $2, 'owner')`, [accountId, their.userId]);
  await client.end();
}

beforeAll(async () => {
  database = await aDatabase();
  store = await openStore({ databaseUrl: database.url, applicationName: 'tests', log: QUIET, sealer: keyRing([new Secret<Uint8Array>(randomBytes(32))]) });
  await store.ensureFirstAccount({ name: 'mine', keyHash: hashToken(mine), keyPrefix: 'sk_', scopes: SCOPES });
  const [location] = await store.ensureLocations([{ code: 'local-1', name: 'Local 1' }]);
  their.accountId = await anotherAccount(database.superUrl, { hash: hashToken(theirs), scopes: SCOPES });
  app = createApi({
    store, hashToken, clock: systemClock, ids: randomUUID, version: '0', log: pino({ level: 'silent' }),
    shots: { run: async () => ({ kind: 'no_agent' }) }, health: () => ({ isReady: true, problems: [] }),
    people: { store, reached: 'plain', publicUrl: null },
    channels: {
      testSaved: async (accountId, id) => await store.findDeliveryChannel(accountId, id) && { verdict: { kind: 'refused' }, answer: { kind: 'unanswered', code: 'NOT_CONFIGURED', message: 'no' } },
      testUnsaved: async () => ({ missing: ['url'] }),
    },
  });
  await aUserOf(their.accountId);
  their.apiKeyId = (await store.listApiKeys(their.accountId))[0]!.id;
  await store.invite(their.accountId, { id: their.invitationId, email: 'their-secret@example.com', role: 'viewer', invitedBy: 'them', tokenHash: Buffer.from('theirs'), lastsMs: 60_000 });
  const created = await ask(theirs, 'POST', '/v1/checks/tcp', aDefinition({ name: 'their secret check', tags: ['theirs'] }));
  their.checkId = created.json().id;
  their.groupId = (await ask(theirs, 'POST', '/v2/check-groups', { name: 'their secret group' })).json().id;
  their.windowId = (await ask(theirs, 'POST', '/v1/maintenance-windows', A_WINDOW)).json().id;
  their.statusPageId = (await ask(theirs, 'POST', '/v1/status-pages', { slug: 'their-page', title: 'their secret status' })).json().id;
  await ask(theirs, 'POST', '/v1/variables', { key: their.variable, value: 'their secret value' });
  const { agentId, accountId: _accountId, isSurplus, receivedAtMs: _receivedAtMs, locationOwedCode: _owed, locationExecutedCode: _executed, check: _check, ...result } = aStoredResult();
  const { id: privateLocationId, keys: [key] } = (await ask(theirs, 'POST', '/v1/private-locations', { name: 'their secret place', slugName: 'theirs-2' })).json();
  Object.assign(their, { privateLocationId, keyId: key.id });
  const at = { id: privateLocationId, code: 'theirs-2', name: '', kind: 'private', accountId: their.accountId } as const;
  await store.enrol(
    { agentId: their.agentId, instanceId: randomUUID(), name: 'their secret agent', version: '1', capacity: 1, publicKey: new Uint8Array(32), keyHash: hashToken(key.rawKey) },
    () => ({ kind: 'enrol', location: at, keyId: key.id, isNew: true, isApproved: false }),
  );
  their.channelId = await aDeadLetter();
  await store.ingest([{
    kind: 'result', accountId: their.accountId, agentId, isSurplus,
    result: { ...result, runId: their.runId, checkId: their.checkId, checkRevision: 1, locationOwed: location?.id ?? '', locationExecuted: location?.id ?? '' },
  }]);
});

/** Of theirs; answers the id of its channel. */
async function aDeadLetter(): Promise<string> {
  const client = new Client({ connectionString: database.superUrl });
  await client.connect();
  const { rows: [channel] } = await client.query<{ id: number }>(`insert into alert_channels (account_id, type, config) values ($1, 'EMAIL', '{"address":"secret@theirs.example"}') returning id`, [their.accountId]);
  const { rows: [notice] } = await client.query<{ id: string }>(`insert into notices (account_id, id, kind, payload) values ($1, gen_random_uuid(), 'failure', '{"title":"their secret trouble"}') returning id`, [their.accountId]);
  await client.query(
    `insert into notice_deliveries (account_id, id, notice_id, channel_id, channel_type, channel_name, state) values ($1, $2, $3, $4, 'EMAIL', 'theirs', 'dead')`,
    [their.accountId, their.deliveryId, notice?.id, channel?.id],
  );
  await client.query(`insert into alerts (account_id, id, check_id, kind, opened_at) values ($1, $2, $3, 'failure', now())`, [their.accountId, their.alertId, their.checkId]);
  await client.end();
  return String(channel?.id);
}

afterAll(async () => {
  await app?.close();
  await store?.close();
  await database?.drop();
});

describe("another tenant's ids", () => {
  it('answer 404 on every route that takes one, and to their owner they do not', async () => {
    await app.ready();
    const walked = app.registeredRoutes.filter((route) => route.scope !== 'public' && route.url.includes(':') && !SHARED_BY_ALL.has(route.url));
    expect(walked.length).toBeGreaterThan(12);
    // DELETE comes last: after it the ids are nobody's.
    for (const route of walked.toSorted((one, other) => Number(one.method === 'DELETE') - Number(other.method === 'DELETE'))) {
      const url = route.url.replace(/:\w+/g, (name) => parametersOf(route.url)[name] ?? expect.fail(`no id to walk ${route.url} with`));
      const method = route.method as Method;
      const answer = await ask(mine, method, url, bodyFor(route));
      expect([method, route.url, answer.statusCode]).toEqual([method, route.url, 404]);
      expect(answer.body).not.toContain('secret');
      if (method === 'DELETE') continue;
      const owner = await ask(theirs, method, url, bodyFor(route));
      expect([method, route.url, owner.statusCode === 404]).toEqual([method, route.url, false]);
    }
    expect((await ask(theirs, 'GET', `/v1/checks/${their.checkId}`)).statusCode).toBe(200);
  });

  it('are in no list', async () => {
    const lists = app.registeredRoutes.filter((route) => route.method === 'GET' && route.scope !== 'public' && !route.url.includes(':'));
    expect(lists.length).toBeGreaterThan(4);
    for (const { url } of lists) {
      const answer = await ask(mine, 'GET', url);
      expect([url, answer.statusCode]).toEqual([url, 200]);
      expect(answer.body).not.toContain(their.accountId);
      expect(answer.body).not.toContain(their.checkId);
      expect(answer.body).not.toContain(their.agentId);
      expect(answer.body).not.toContain(their.privateLocationId);
      expect(answer.body).not.toMatch(/their secret|theirs/);
    }
    expect((await ask(theirs, 'GET', '/v1/checks')).body).toContain(their.checkId);
    expect((await ask(theirs, 'GET', '/v1/locations')).body).toContain('theirs-1');
    expect((await ask(theirs, 'GET', '/v1/agents')).body).toContain(their.agentId);
    expect((await ask(mine, 'GET', '/v1/checks?tag=theirs')).headers['content-range']).toBe('*/0');
  });

  it('cannot be used in a check: their private location does not exist', async () => {
    const answer = await ask(mine, 'POST', '/v1/checks/tcp', aDefinition({ locations: [], privateLocations: ['theirs-1'] }));
    expect(answer.json()).toMatchObject({ statusCode: 400, errors: [{ path: 'privateLocations.0', value: 'theirs-1' }] });
    const run = await ask(mine, 'POST', '/v1/checks/tcp/run', { location: 'theirs-1', request: { hostname: '127.0.0.1', port: 1 } });
    expect(run.json()).toMatchObject({ statusCode: 400, errors: [{ path: 'location' }] });
  });

  it('do not collide with an Idempotency-Key of ours', async () => {
    const post = (token: string) => app.inject({ method: 'POST', url: '/v1/checks/tcp', headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'same' }, payload: aDefinition() });
    const [one, other] = [await post(mine), await post(theirs)];
    expect([one.statusCode, other.statusCode, one.json().id === other.json().id]).toEqual([201, 201, false]);
  });
});

import { randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '#shared/settings/secret.ts';
import { systemClock } from '#shared/time/clock.ts';
import { planCheck } from '../planning/plan-check.ts';
import { keyRing } from '../secrets/key-ring.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { aDatabase, type ADatabase } from '../store/testing/a-database.ts';
import { QUIET } from '../store/testing/quiet.ts';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import type { ApiApp } from './api-app.ts';
import { createApi } from './create-api.ts';
import { mintToken } from './keys.ts';
import { SCOPES } from './scopes.ts';
import { aDefinition, hashToken } from './testing/api-for-tests.ts';
import { AlertChannelEntity } from './wire/alert-channel-entity.ts';
import { CheckEntity } from './wire/check-entity-schema.ts';
import { GroupEntity } from './wire/group-entity.ts';
import { MaintenanceWindowEntity } from './wire/maintenance-window-entity.ts';
import { VariableEntity } from './wire/variable-entity.ts';

const CANARY = 'canary-7d1e0b42';
const masterKey = new Secret<Uint8Array>(randomBytes(32));
const token = mintToken('account', randomBytes);
const log: string[] = [];
const answers: string[] = [];
let database: ADatabase;
let store: Store;
let app: ApiApp;

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
async function ask(method: Method, url: string, payload?: object) {
  const answer = await app.inject({ method, url, headers: { authorization: `Bearer ${token}` }, ...(payload ? { payload } : {}) });
  answers.push(answer.body);
  return { status: answer.statusCode, body: answer.body === '' ? null : answer.json() };
}
const saved = async (changes: Record<string, unknown> = {}) => (await ask('POST', '/v1/checks/tcp', aDefinition(changes))).body;
const planned = async (checkId: string) => (await store.loadConfig(0)).checks.find((check) => check.checkId === checkId)!;
const specOf = async (checkId: string) => [...planCheck(await planned(checkId), availabilityIndex([]), Date.now()).values()][0];

beforeAll(async () => {
  database = await aDatabase();
  await open([masterKey]);
});
afterAll(async () => {
  await close();
  await database?.drop();
});

async function open(keys: readonly Secret<Uint8Array>[]): Promise<void> {
  store = await openStore({ databaseUrl: database.url, applicationName: 'tests', log: QUIET, sealer: keyRing(keys) });
  await store.ensureFirstAccount({ name: 'mine', keyHash: hashToken(token), keyPrefix: 'sk_', scopes: SCOPES });
  await store.ensureLocations([{ code: 'local-1', name: 'Local 1' }, { code: 'local-2', name: 'Local 2' }]);
  app = createApi({
    store, hashToken, clock: systemClock, ids: randomUUID, version: '0', log: pino({ level: 'trace' }, { write: (line: string) => { log.push(line); } }),
    shots: { run: async () => ({ kind: 'no_agent' }) }, health: () => ({ isReady: true, problems: [] }),
  });
}
async function close(): Promise<void> {
  await app?.close();
  await store?.close();
}

describe('variables', () => {
  it('are created, read, changed and deleted, and a secret is never read', async () => {
    const created = await ask('POST', '/v1/variables', { key: 'REDIS_PASSWORD', value: CANARY, secret: true, locked: true });
    expect([created.status, created.body]).toEqual([201, VariableEntity.parse(created.body)]);
    expect(created.body).toMatchObject({ key: 'REDIS_PASSWORD', value: '[redacted]', secret: true, locked: true });
    expect((await ask('POST', '/v1/variables', { key: 'HOST', value: 'redis.example' })).body).toMatchObject({ value: 'redis.example', secret: false });
    expect((await ask('POST', '/v1/variables', { key: 'HOST', value: 'x' })).status).toBe(409);
    expect((await ask('GET', '/v1/variables')).body.map(({ key }: { key: string }) => key)).toEqual(['HOST', 'REDIS_PASSWORD']);
    expect((await ask('PUT', '/v1/variables/HOST', { key: 'HOST', value: 'redis-2.example' })).body.value).toBe('redis-2.example');
    expect((await ask('POST', '/v1/variables', { key: '1x', value: CANARY.slice(0, 3), secret: true })).body.errors.map(({ path }: { path: string }) => path)).toEqual(['key', 'value']);
    const tooLong = await ask('POST', '/v1/variables', { key: 'X', value: CANARY.repeat(1_000), secret: true });
    expect(tooLong.body.errors).toMatchObject([{ path: 'value', value: '[redacted]' }]);
    expect((await ask('POST', '/v1/variables', { key: 'X', value: 'abc', secret: true })).body.message).toContain('at least 4 characters');
    expect((await ask('DELETE', '/v1/variables/NOT_THERE')).status).toBe(404);
  });

  it('are filled in when agents are told, and told as secrets where they are', async () => {
    const check = await saved({ name: 'with variables', request: { hostname: '{{HOST}}', port: 6379, data: 'AUTH {{REDIS_PASSWORD}}\\r\\n', dataFormat: 'escaped' } });
    const assignment = (await specOf(check.id))!;
    expect(assignment.spec).toMatchObject({ hostname: 'redis-2.example', secrets: [CANARY] });
    expect(Buffer.from(assignment.spec.payload!).toString()).toBe(`AUTH ${CANARY}\r\n`);
    expect(assignment.needs).toEqual(['redaction']);
    const before = await store.configRevision();
    await ask('PUT', '/v1/variables/HOST', { value: 'redis-3.example' });
    expect((await specOf(check.id))!.spec.hostname).toBe('redis-3.example');
    expect((await store.loadConfig(before)).checks.map(({ checkId }) => checkId)).toEqual([check.id]);
    expect((await ask('GET', `/v1/checks/${check.id}`)).body.request).toMatchObject({ hostname: '{{HOST}}', data: 'AUTH {{REDIS_PASSWORD}}\\r\\n' });
  });

  it('that are not there, or would be shown, are refused at the field with what to try', async () => {
    const answer = await ask('POST', '/v1/checks/tcp', aDefinition({ request: { hostname: '{{REDIS_PASSWORD}}', port: 1, data: '{{REDIS_PASSWRD}}' } }));
    expect(answer.body.errors.map(({ path, value }: { path: string; value: unknown }) => [path, value])).toEqual([['request.hostname', '{{REDIS_PASSWORD}}'], ['request.data', '[redacted]']]);
    expect(answer.body.message).toContain('did you mean {{REDIS_PASSWORD}}?');
    expect((await ask('POST', '/v1/checks/tcp/run', { ...aDefinition({ request: { hostname: '{{NO}}', port: 1 } }), location: 'local-1' })).body.errors).toMatchObject([{ path: 'request.hostname' }]);
  });

  it('in use are neither deleted nor made into what does not work', async () => {
    expect((await ask('DELETE', '/v1/variables/HOST')).body.message).toContain("is used by 'with variables'");
    for (const change of [{ value: 'not a host' }, { value: 'redis.example', secret: true }]) {
      expect((await ask('PUT', '/v1/variables/HOST', change)).status).toBe(409);
    }
    expect((await ask('GET', '/v1/variables/HOST')).body).toMatchObject({ value: 'redis-3.example', secret: false });
  });
});

describe('a check group', () => {
  it('moves the schedules of its checks together, and they go back to their own', async () => {
    const group = await ask('POST', '/v2/check-groups', { name: 'Shop', locations: ['local-2'], frequency: 0, frequencyOffset: 30, runParallel: true, tags: ['shop'], retryStrategy: 'FALLBACK' });
    expect([group.status, group.body]).toEqual([201, GroupEntity.parse(group.body)]);
    const check = await saved({ name: 'in a group', groupId: group.body.id, locations: [], tags: ['own'] });
    expect((await planned(check.id)).epochs.at(-1)).toMatchObject({ intervalMs: 30_000, strategy: 'parallel', active: true });
    const effective = (await ask('GET', `/v1/checks/${check.id}/effective`)).body;
    expect(effective).toMatchObject({
      check: { locations: ['local-2'], tags: ['own', 'shop'], runParallel: true }, group: { name: 'Shop' },
      origins: { locations: 'group', frequency: 'group', tags: 'check and group', retryStrategy: 'check', activated: 'check' },
      alertSettingsOrigins: { escalation: 'default' },
    });
    expect(CheckEntity.parse(effective.check)).toEqual(effective.check);
    expect((await ask('PUT', `/v2/check-groups/${group.body.id}`, { name: 'Shop' })).body.message).toContain("'in a group' would run nowhere");
    await ask('PUT', `/v2/check-groups/${group.body.id}`, { name: 'Shop', locations: ['local-1'], activated: false });
    expect((await planned(check.id)).epochs).toHaveLength(2);
    expect((await planned(check.id)).epochs.at(-1)).toMatchObject({ intervalMs: 600_000, strategy: 'round_robin', active: false });
    expect((await ask('GET', `/v2/check-groups/${group.body.id}/checks`)).body.map(({ id }: { id: string }) => id)).toEqual([check.id]);
    expect((await ask('DELETE', `/v1/check-groups/${group.body.id}`)).body.message).toContain("'in a group'");
    await ask('DELETE', `/v1/checks/${check.id}`);
    expect((await ask('DELETE', `/v1/check-groups/${group.body.id}`)).status).toBe(204);
    expect((await ask('POST', '/v1/checks/tcp', aDefinition({ groupId: group.body.id }))).body.errors).toMatchObject([{ path: 'groupId' }]);
  });

  it('has variables of its own, before those of the account', async () => {
    const group = await ask('POST', '/v1/check-groups', { name: 'EU', environmentVariables: [{ key: 'HOST', value: 'eu.example', locked: false }, { key: 'PIN', value: CANARY, secret: true }] });
    expect(group.body).toMatchObject({ locations: [], runParallel: false, retryStrategy: null, environmentVariables: [{ key: 'HOST', value: 'eu.example' }, { key: 'PIN', value: '[redacted]' }] });
    const check = await saved({ name: 'of the group', groupId: group.body.id, request: { hostname: '{{HOST}}', port: 6379, data: '{{PIN}}' } });
    expect((await specOf(check.id))!.spec).toMatchObject({ hostname: 'eu.example', secrets: [CANARY] });
    // What was read, written back, changes nothing.
    expect((await ask('PUT', `/v1/check-groups/${group.body.id}`, group.body)).body.environmentVariables).toEqual(group.body.environmentVariables);
    expect((await specOf(check.id))!.spec.secrets).toEqual([CANARY]);
    expect((await ask('PUT', `/v1/check-groups/${group.body.id}`, { name: 'EU', environmentVariables: [] })).body.message).toContain("break 'of the group'");
  });
});

describe('an alert channel', () => {
  it('keeps its secrets to itself, and them when they come back as they were shown', async () => {
    const created = await ask('POST', '/v1/alert-channels', { type: 'WEBHOOK', config: { url: 'https://example.com/hook', webhookSecret: CANARY }, sendDegraded: true });
    expect([created.status, created.body]).toEqual([201, AlertChannelEntity.parse(created.body)]);
    expect(created.body.config.webhookSecret).toBe('[redacted]');
    const replaced = await ask('PUT', `/v1/alert-channels/${created.body.id}`, { ...created.body, sendDegraded: false });
    expect([replaced.status, replaced.body.sendDegraded]).toEqual([200, false]);
    expect((await ask('POST', '/v1/alert-channels', { type: 'PAGERDUTY', config: { serviceKey: '[redacted]' } })).body.errors).toMatchObject([{ path: 'config.serviceKey' }]);
    const wrong = await ask('POST', '/v1/alert-channels', { type: 'WEBHOOK', config: { url: `ftp://${CANARY}` }, sendFailure: 'yes' });
    expect(wrong.body.errors.map(({ path }: { path: string }) => path)).toEqual(['sendFailure', 'config.url']);
    expect((await ask('POST', '/v1/alert-channels', { type: 'OPSGENIE', config: { apiKey: '{{NOT_THERE}}' } })).body.message).toContain("no variable 'NOT_THERE'");
    expect((await ask('POST', '/v1/alert-channels', { type: 'OPSGENIE', config: { apiKey: '{{REDIS_PASSWORD}}' } })).status).toBe(201);
    expect((await ask('DELETE', '/v1/variables/REDIS_PASSWORD')).body.message).toContain('alert channel');
  });

  it('is subscribed from both sides: by checks, by groups, and by itself', async () => {
    const { id } = (await ask('POST', '/v1/alert-channels', { type: 'EMAIL', config: { address: 'ops@example.com' }, autoSubscribe: true })).body;
    const all = (await ask('GET', '/v1/alert-channels?limit=100')).body.map((channel: { id: number }) => channel.id);
    const subscriptionsOf = (check: { alertChannelSubscriptions: { alertChannelId: number }[] }) => check.alertChannelSubscriptions.map(({ alertChannelId }) => alertChannelId);
    expect(subscriptionsOf(await saved({ name: 'for all' }))).toEqual(all);
    const check = (await ask('POST', '/v1/checks/tcp?autoAssignAlerts=false', aDefinition({ alertChannelSubscriptions: [] }))).body;
    expect(subscriptionsOf(check)).toEqual([]);
    expect(subscriptionsOf((await ask('POST', '/v1/checks/tcp?autoAssignAlerts=false', aDefinition())).body)).toEqual([id]);
    const put = await ask('PUT', `/v1/alert-channels/${id}/subscriptions`, { checkId: check.id, activated: false });
    expect([put.status, put.body]).toMatchObject([200, { checkId: check.id, groupId: null, activated: false }]);
    expect((await ask('GET', `/v1/checks/${check.id}`)).body.alertChannelSubscriptions).toEqual([{ alertChannelId: id, activated: false }]);
    const kept = await ask('PUT', `/v1/checks/tcp/${check.id}`, aDefinition({ name: 'renamed' }));
    expect(kept.body.alertChannelSubscriptions).toEqual([{ alertChannelId: id, activated: false }]);
    expect((await ask('PUT', `/v1/checks/tcp/${check.id}?autoAssignAlerts=false`, aDefinition({ alertChannelSubscriptions: [] }))).body.alertChannelSubscriptions).toEqual([]);
    expect((await ask('PUT', `/v1/alert-channels/${id}/subscriptions`, [])).body).toEqual([]);
    expect((await ask('PUT', `/v1/alert-channels/${id}/subscriptions`, { checkId: randomUUID() })).status).toBe(400);
    expect((await ask('POST', '/v1/checks/tcp', aDefinition({ alertChannelSubscriptions: [{ alertChannelId: 999_999 }] }))).body.errors).toMatchObject([{ path: 'alertChannelSubscriptions.0.alertChannelId' }]);
    expect((await ask('DELETE', `/v1/alert-channels/${id}`)).status).toBe(204);
  });
});

describe('a maintenance window', () => {
  it('takes the slots of its checks away from agents while it lasts, and from no others', async () => {
    const [inside, outside] = [await saved({ name: 'maintained', tags: ['db'], frequency: 1 }), await saved({ name: 'not maintained', frequency: 1 })];
    const startsAt = new Date(Date.now() - 3_600_000).toISOString();
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    const created = await ask('POST', '/v1/maintenance-windows', { name: 'now', startsAt, endsAt, tags: ['db'], timeZone: 'Europe/Berlin', repeatUnit: 'WEEK', repeatInterval: 1 });
    expect([created.status, created.body]).toEqual([201, MaintenanceWindowEntity.parse(created.body)]);
    expect(created.body).toMatchObject({ status: 'IN_PROGRESS', action: 'pause', startsAt, endsAt });
    const turnsOf = async (checkId: string) => (await specOf(checkId))!.turns;
    const paused = await turnsOf(inside.id);
    expect(paused.at(-1)!.fromAtMs).toBe(Date.parse(endsAt));
    expect(paused.every(({ fromAtMs, untilMs }) => fromAtMs >= Date.parse(endsAt) || untilMs! < Date.parse(endsAt))).toBe(true);
    expect((await turnsOf(outside.id)).at(-1)!.untilMs).toBeNull();
    expect((await ask('PUT', `/v1/maintenance-windows/${created.body.id}`, { ...created.body, action: 'silence' })).body).toMatchObject({ action: 'silence', tags: ['db'] });
    expect((await planned(inside.id)).windows).toMatchObject([{ untilMs: expect.any(Number) }, { untilMs: null, window: { pausing: { kind: 'none' } } }]);
    expect((await ask('DELETE', `/v1/maintenance-windows/${created.body.id}`)).status).toBe(204);
    expect((await planned(inside.id)).windows!.every(({ untilMs }) => untilMs !== null)).toBe(true);
    const wrong = await ask('POST', '/v1/maintenance-windows', { name: '', startsAt: endsAt, endsAt: startsAt, timeZone: 'Europe/Berln' });
    expect(wrong.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual(expect.arrayContaining(['name', 'timeZone']));
  });
});

describe("the account's alert settings", () => {
  it('hold for a check that has none of its own', async () => {
    expect((await ask('GET', '/v1/account/alert-settings')).body).toMatchObject({ escalationType: 'RUN_BASED', reminders: { amount: 0 } });
    const put = await ask('PUT', '/v1/account/alert-settings', { escalationType: 'TIME_BASED', timeBasedEscalation: { minutesFailingThreshold: 10 } });
    expect([put.status, put.body.timeBasedEscalation]).toEqual([200, { minutesFailingThreshold: 10 }]);
    const check = await saved({ name: 'follows the account' });
    expect((await ask('GET', `/v1/checks/${check.id}/effective`)).body).toMatchObject({ alertSettings: { escalationType: 'TIME_BASED' }, alertSettingsOrigins: { escalation: 'account' } });
    expect((await ask('PUT', '/v1/account/alert-settings', { escalationType: 'SOMETIMES' })).status).toBe(400);
  });
});

describe('secrets', () => {
  it('are sealed in a shot on its way between coordinators, and whole where it arrives', async () => {
    const [location] = await store.listLocations(randomUUID());
    const delivery = { runId: randomUUID(), locationId: location!.id, shot: Buffer.from(`\n${CANARY}`), isSecret: true, timeoutMs: 60_000, answerTo: 'c1' };
    await store.orderShots([{ delivery, owed: null }]);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ shot: Buffer }>('select shot from shot_deliveries');
    await client.end();
    expect(rows.map(({ shot }) => shot.includes(CANARY))).toEqual([false]);
    expect((await store.claimShots('c1', [location!.id], 9)).map(({ shot }) => Buffer.from(shot).toString())).toEqual([`\n${CANARY}`]);
  });

  it('are sealed anew by the next master key, and open afterwards without the one before', async () => {
    const next = new Secret<Uint8Array>(randomBytes(32));
    await close();
    await open([next, masterKey]);
    expect((await ask('GET', '/v1/secrets/sealing')).body.byOlderKeys).toBeGreaterThan(3);
    while ((await ask('POST', '/v1/secrets/sealing/rotate')).body.resealed > 0);
    expect((await ask('GET', '/v1/secrets/sealing')).body).toMatchObject({ byOlderKeys: 0, unreadable: 0, keyIds: [expect.any(String), expect.any(String)] });
    await close();
    await open([next]);
    const check = (await store.loadConfig(0)).checks.find(({ check: { name } }) => name === 'with variables')!;
    expect((await specOf(check.checkId))!.spec.secrets).toEqual([CANARY]);
  });

  it('that cannot be opened leave their checks to be rejected, not run with a hole in them', async () => {
    await close();
    await open([new Secret<Uint8Array>(randomBytes(32))]);
    const check = (await store.loadConfig(0)).checks.find(({ check: { name } }) => name === 'with variables')!;
    expect((await specOf(check.checkId))!.needs).toEqual(['variables of request.hostname', 'variables of request.data']);
  });

  it('are in no answer, no line of the log and no text of the database', async () => {
    expect(answers.length).toBeGreaterThan(50);
    expect([...answers, ...log].filter((text) => text.includes(CANARY))).toEqual([]);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows: tables } = await client.query<{ name: string }>(`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`);
    expect(tables.length).toBeGreaterThan(15);
    for (const { name } of tables) {
      const { rows } = await client.query(`select 1 from ${name} as t where t::text like $1 or t::text like $2`, [`%${CANARY}%`, `%${Buffer.from(CANARY).toString('hex')}%`]);
      expect([name, rows.length]).toEqual([name, 0]);
    }
    await client.end();
  });
});

import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '#shared/settings/secret.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { keyRing } from '../secrets/key-ring.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { aDatabase, type ADatabase } from '../store/testing/a-database.ts';
import { QUIET } from '../store/testing/quiet.ts';
import type { ApiApp } from './api-app.ts';
import { createApi } from './create-api.ts';
import { mintToken } from './keys.ts';
import { SCOPES } from './scopes.ts';
import { aDefinition, hashToken } from './testing/api-for-tests.ts';

const key = mintToken('account', randomBytes);
const OWNER = { name: 'Olga', email: 'olga@example.com', password: 'correct horse battery' };
const ORIGIN = { origin: 'http://localhost:8080', host: 'localhost:8080' };
let database: ADatabase;
let store: Store;
let app: ApiApp;
let owner: Client;
/** Lines that were written after the change, apart from it. */
let apart = 0;

beforeAll(async () => {
  database = await aDatabase();
  store = await openStore({ databaseUrl: database.url, applicationName: 'tests', log: QUIET, sealer: keyRing([new Secret<Uint8Array>(randomBytes(32))]) });
  await store.ensureFirstAccount({ name: 'mine', keyHash: hashToken(key), keyPrefix: 'sk_', scopes: SCOPES });
  await store.ensureLocations([{ code: 'local-1', name: 'Local 1' }]);
  await store.offerSetup(hashToken('setup'));
  const watched: Store = { ...store, recordAudit: async (entry) => { apart += 1; await store.recordAudit(entry); } };
  app = createApi({
    store, hashToken, clock: new FakeClock(), ids: randomUUID, version: '0', log: pino({ level: 'silent' }),
    shots: { run: async () => ({ kind: 'no_agent' }) }, health: () => ({ isReady: true, problems: [] }),
    people: { store: watched, reached: 'plain', publicUrl: null },
  });
  owner = new Client({ connectionString: database.url });
  await owner.connect();
});
afterAll(async () => {
  await app?.close();
  await store?.close();
  await owner?.end();
  await database?.drop();
});

type Method = 'POST' | 'PUT' | 'DELETE';
type Line = { readonly action: string; readonly target: string | null; readonly status: number; readonly actor_name: string; readonly details: Record<string, unknown> };

async function ask(method: Method, url: string, body?: object, cookie?: string) {
  const answer = await app.inject({ method, url, headers: { ...ORIGIN, ...(cookie === undefined ? { authorization: `Bearer ${key}` } : { cookie }) }, ...(body ? { payload: body } : {}) });
  return { status: answer.statusCode, body: answer.body === '' ? null : answer.json(), cookie: String(answer.headers['set-cookie'] ?? '').split(';')[0]! };
}

async function linesSince(id: number): Promise<{ readonly lines: readonly Line[]; readonly last: number }> {
  const { rows } = await owner.query<Line & { id: string }>('select * from audit_log where id > $1 order by id', [id]);
  return { lines: rows, last: Number(rows.at(-1)?.id ?? id) };
}

/** A write that succeeds leaves one line, with the status of its answer, and not apart from what it changed. */
async function leavesOneLine(method: Method, url: string, body?: object, cookie?: string) {
  const [before, apartBefore] = [(await linesSince(0)).last, apart];
  const answer = await ask(method, url, body, cookie);
  const { lines } = await linesSince(before);
  expect({ url, answered: answer.status < 300, body: answer.status < 300 ? null : answer.body }).toEqual({ url, answered: true, body: null });
  expect({ url, lines: lines.map(({ action, status }) => [action.split(' ')[0], status]), apart: apart - apartBefore }).toEqual({ url, lines: [[method, answer.status]], apart: 0 });
  return { ...answer, line: lines[0]! };
}

describe('a change', () => {
  it('is in the audit log by its own transaction, whatever it is of', async () => {
    const setUp = await leavesOneLine('POST', '/v1/setup', { ...OWNER, token: 'setup' }, '');
    expect(setUp.line.actor_name).toBe(OWNER.email);
    const signedIn = await leavesOneLine('POST', '/v1/session', { email: OWNER.email, password: OWNER.password }, '');
    await leavesOneLine('PUT', '/v1/session/password', { currentPassword: OWNER.password, password: 'another long one' }, signedIn.cookie);
    const invited = await leavesOneLine('POST', '/v1/invitations', { email: 'vera@example.com', role: 'viewer' });
    const joined = await leavesOneLine('POST', '/v1/invitations/accept', { token: invited.body.link.split('#token=')[1], name: 'Vera', password: 'a long enough one' }, '');
    expect(joined.line.actor_name).toBe('vera@example.com');
    await leavesOneLine('PUT', `/v1/users/${joined.body.user.id}`, { role: 'editor' });
    expect((await leavesOneLine('DELETE', '/v1/session', undefined, joined.cookie)).line.actor_name).toBe('vera@example.com');
    await leavesOneLine('DELETE', `/v1/users/${joined.body.user.id}`);

    for (const [create, body, change] of [
      ['/v1/checks/tcp', aDefinition(), aDefinition({ name: 'changed' })],
      ['/v2/check-groups', { name: 'Shop' }, { name: 'Stores' }],
      ['/v1/alert-channels', { type: 'WEBHOOK', config: { name: 'hook', url: 'https://example.com/hook' } }, { type: 'WEBHOOK', config: { name: 'hook 2', url: 'https://example.com/hook' } }],
      ['/v1/maintenance-windows', { name: 'upgrade', startsAt: '2030-01-01T10:00:00Z', endsAt: '2030-01-01T11:00:00Z' }, { name: 'the upgrade', startsAt: '2030-01-01T10:00:00Z', endsAt: '2030-01-01T11:00:00Z' }],
      ['/v1/status-pages', { title: 'Acme', slug: 'acme', sections: [] }, { title: 'Acme Inc', slug: 'acme', sections: [] }],
      ['/v1/private-locations', { name: 'Berlin', slugName: 'berlin' }, { name: 'Berlin office' }],
    ] as const) {
      const made = await leavesOneLine('POST', create, body);
      expect(made.line.target).toBe(String(made.body.id));
      await leavesOneLine('PUT', `${create}/${made.body.id}`, change);
      if (create === '/v1/private-locations') {
        const { body: second } = await leavesOneLine('POST', `${create}/${made.body.id}/keys`, {});
        await leavesOneLine('DELETE', `${create}/${made.body.id}/keys/${second.id}`);
      }
      await leavesOneLine('DELETE', `${create.replace('/tcp', '')}/${made.body.id}`);
    }

    const made = await leavesOneLine('POST', '/v1/api-keys', { name: 'ci', scopes: ['checks:read'] });
    expect(made.line).toMatchObject({ target: made.body.id, details: { name: 'ci', masked: made.body.masked } });
    await leavesOneLine('DELETE', `/v1/api-keys/${made.body.id}`);
    const secret = await leavesOneLine('POST', '/v1/variables', { key: 'PASSWORD', value: 'hunter2 hunter2', secret: true });
    expect(JSON.stringify(secret.line)).not.toContain('hunter2');
    await leavesOneLine('PUT', '/v1/variables/PASSWORD', { value: 'hunter3 hunter3', secret: true });
    await leavesOneLine('DELETE', '/v1/variables/PASSWORD');
    await leavesOneLine('PUT', '/v1/account/alert-settings', { escalationType: 'RUN_BASED', runBasedEscalation: { failedRunThreshold: 2 } });
    await leavesOneLine('PUT', '/v1/usage/quota', { runsPerMonth: 1_000 });
    await leavesOneLine('POST', '/v1/locations', { code: 'fra-1', name: 'Frankfurt' });
    await leavesOneLine('POST', '/v1/locations/fra-1/keys', {});
  });

  it('that is refused leaves no line that says it was done', async () => {
    const { last } = await linesSince(0);
    const answers = [
      await ask('POST', '/v1/locations', { code: 'fra-1', name: 'again' }),
      await ask('PUT', `/v1/private-locations/${randomUUID()}`, { name: 'nowhere' }),
      await ask('DELETE', `/v1/checks/${randomUUID()}`),
      await ask('DELETE', `/v1/maintenance-windows/4711`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([409, 404, 404, 404]);
    expect((await linesSince(last)).lines).toEqual([]);
  });

  it('that is none, but a question too long for an address, leaves no line', async () => {
    const { last } = await linesSince(0);
    const answers = [await ask('POST', '/v1/checks/tcp/validate', aDefinition()), await ask('POST', '/v1/analytics/checks', { checkIds: [randomUUID()] })];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await linesSince(last)).lines).toEqual([]);
  });

  it('whose line cannot be written is not made', async () => {
    await owner.query(`create function no_room() returns trigger language plpgsql as $$ begin raise exception 'no room left'; end $$; create trigger no_room before insert on audit_log for each row execute function no_room()`);
    const before = (await owner.query(`select (select count(*) from checks) as checks, (select count(*) from api_keys) as keys, (select count(*) from user_sessions) as sessions`)).rows;
    try {
      expect((await ask('POST', '/v1/checks/tcp', aDefinition({ name: 'unheard of' }))).status).toBe(500);
      expect((await ask('POST', '/v1/api-keys', { name: 'unheard of', scopes: ['checks:read'] })).status).toBe(500);
      expect((await ask('POST', '/v1/session', { email: OWNER.email, password: 'another long one' }, '')).status).toBe(500);
    } finally {
      await owner.query('drop trigger no_room on audit_log');
    }
    expect((await owner.query(`select (select count(*) from checks) as checks, (select count(*) from api_keys) as keys, (select count(*) from user_sessions) as sessions`)).rows).toEqual(before);
  });
});

import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { aDatabase, type ADatabase } from '../store/testing/a-database.ts';
import { anotherAccount } from '../store/testing/another-account.ts';
import { QUIET } from '../store/testing/quiet.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { ApiApp } from './api-app.ts';
import { createApi } from './create-api.ts';
import { mintToken } from './keys.ts';
import { SCOPES } from './scopes.ts';
import { aDefinition, hashToken } from './testing/api-for-tests.ts';

const OWNER = { name: 'Olga', email: 'Olga@Example.com', password: 'correct horse battery' };
const SETUP = 'the one-time setup token';
const ORIGIN = { origin: 'http://localhost:8080', host: 'localhost:8080' };

let database: ADatabase;
let store: Store;
let app: ApiApp;
let wasSetUp = 0;
/** A new app has counted nobody's attempts. */
const clock = new FakeClock();
const rootKey = mintToken('account', (size) => crypto.getRandomValues(new Uint8Array(size)));

function open(reached: 'plain' | 'tls' | 'plain_refused' = 'plain'): ApiApp {
  return createApi({
    store, hashToken, clock, ids: randomUUID, version: '0', log: pino({ level: 'silent' }),
    shots: { run: async () => ({ kind: 'no_agent' }) }, health: () => ({ isReady: true, problems: [] }),
    people: { store, reached, publicUrl: null, onSetUp: async () => { wasSetUp += 1; } },
  });
}

type Reply = { readonly status: number; readonly body: any; readonly cookie: string; readonly setCookie: string };

async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, options: { body?: object; cookie?: string; key?: string; headers?: Record<string, string> } = {}): Promise<Reply> {
  const answer = await app.inject({
    method, url, ...(options.body ? { payload: options.body } : {}),
    headers: {
      ...ORIGIN, ...(options.cookie ? { cookie: options.cookie } : {}), ...(options.key ? { authorization: `Bearer ${options.key}` } : {}), ...options.headers,
    },
  });
  const setCookie = String(answer.headers['set-cookie'] ?? '');
  return { status: answer.statusCode, body: answer.body === '' ? null : answer.json(), setCookie, cookie: setCookie.split(';')[0] ?? '' };
}

const signIn = (email: string, password: string): Promise<Reply> => ask('POST', '/v1/session', { body: { email, password } });
const ownersCookie = async (): Promise<string> => (await signIn(OWNER.email, OWNER.password)).cookie;

/** Invited by the owner and in. */
async function join(role: string): Promise<{ cookie: string; email: string; id: string }> {
  const email = `${role}-${randomUUID().slice(0, 8)}@example.com`;
  const { body: { link } } = await ask('POST', '/v1/invitations', { cookie: await ownersCookie(), body: { email, role } });
  const joined = await ask('POST', '/v1/invitations/accept', { body: { token: link.split('#token=')[1], name: role, password: 'a long enough one' } });
  return { cookie: joined.cookie, email, id: joined.body.user.id };
}

async function asSuper(statement: string, values: readonly unknown[]): Promise<void> {
  const client = new Client({ connectionString: database.superUrl });
  await client.connect();
  await client.query(statement, [...values]).finally(() => client.end());
}

beforeAll(async () => {
  database = await aDatabase();
  store = await openStore({ databaseUrl: database.url, applicationName: 'tests', log: QUIET });
  await store.ensureFirstAccount({ name: 'First account', keyHash: hashToken(rootKey), keyPrefix: 'sk_', scopes: SCOPES });
  await store.ensureLocations([{ code: 'local-1', name: 'Local 1' }]);
  await store.offerSetup(hashToken(SETUP));
});
beforeEach(async () => {
  await app?.close();
  app = open();
});
afterAll(async () => {
  await app?.close();
  await store?.close();
  await database?.drop();
});

describe('the first run', () => {
  it('opens with the one-time token alone, and every problem of the form is told at its field', async () => {
    expect((await ask('GET', '/v1/setup')).body).toEqual({ isNeeded: true });
    const wrong = await ask('POST', '/v1/setup', { body: { token: 'guess', name: ' ', email: 'x', password: 'short' } });
    expect([wrong.status, wrong.body.errors.map((one: { path: string }) => one.path).sort()]).toEqual([400, ['email', 'name', 'password']]);
    expect(JSON.stringify(wrong.body)).not.toMatch(/short"|guess/);
    const guessed = await ask('POST', '/v1/setup', { body: { ...OWNER, token: 'guess' } });
    expect([guessed.status, guessed.body.errors[0].path, JSON.stringify(guessed.body).includes('guess')]).toEqual([400, 'token', false]);
    expect(wasSetUp).toBe(0);
  });

  it('makes one owner, of two that come at once, who is signed in', async () => {
    const both = await Promise.all([1, 2].map((n) => ask('POST', '/v1/setup', { body: { ...OWNER, email: n === 1 ? OWNER.email : 'other@example.com', token: SETUP, accountName: 'Acme' } })));
    const won = both.filter(({ status }) => status === 201);
    expect([won.length, wasSetUp, (await ask('GET', '/v1/setup')).body]).toEqual([1, 1, { isNeeded: false }]);
    const session = await ask('GET', '/v1/session', { cookie: won[0]!.cookie });
    expect(session.body).toMatchObject({ account: { name: 'Acme' }, user: { role: 'owner' } });
    expect(session.body.scopes).toContain('operator');
    if (session.body.user.email !== OWNER.email.toLowerCase()) OWNER.email = 'other@example.com';
    await store.offerSetup(hashToken('late'));
    expect((await ask('POST', '/v1/setup', { body: { ...OWNER, token: 'late' } })).status).toBe(400);
  });
});

describe('a session', () => {
  it('opens by address and password, in whatever case the address is written, and closes for good', async () => {
    const { status, cookie, setCookie, body } = await signIn(` ${OWNER.email.toUpperCase()}`, OWNER.password);
    expect([status, body.user.role]).toEqual([200, 'owner']);
    expect(setCookie).toMatch(/^sonde-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
    expect((await ask('GET', '/v1/checks', { cookie })).status).toBe(200);
    expect((await ask('DELETE', '/v1/session', { cookie })).setCookie).toContain('Max-Age=0');
    expect((await ask('GET', '/v1/checks', { cookie })).status).toBe(401);
  });

  it('says the same to an unknown address and to a wrong password', async () => {
    const [wrong, unknown] = [await signIn(OWNER.email, 'wrong password!'), await signIn('nobody@example.com', 'wrong password!')];
    expect([wrong.status, wrong.body]).toEqual([401, unknown.body]);
  });

  it('is refused after ten tries of one user, also with the right password, and again allowed later', async () => {
    for (let n = 0; n < 10; n += 1) await signIn('tried@example.com', 'wrong password!');
    expect((await signIn('tried@example.com', 'wrong password!')).status).toBe(429);
    expect((await signIn(OWNER.email, OWNER.password)).status).toBe(200);
    await clock.advance(5 * 60_000);
    expect((await signIn('tried@example.com', 'wrong password!')).status).toBe(401);
  });

  it('writes nothing for a page of another origin, with the cookie or without', async () => {
    const cookie = await ownersCookie();
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { origin: 'http://localhost:81' }]) {
      expect((await ask('POST', '/v1/invitations', { cookie, headers, body: { email: 'x@example.com', role: 'viewer' } })).status).toBe(403);
      expect((await ask('POST', '/v1/session', { headers, body: { email: OWNER.email, password: OWNER.password } })).status).toBe(403);
      expect((await ask('GET', '/v1/checks', { cookie, headers })).status).toBe(200);
    }
    const silent = await app.inject({ method: 'DELETE', url: '/v1/session', headers: { cookie } });
    expect(silent.statusCode).toBe(403);
  });

  it('travels as a __Host- cookie over TLS, and never in the clear between machines', async () => {
    await app.close();
    app = open('tls');
    const overTls = await signIn(OWNER.email, OWNER.password);
    expect(overTls.setCookie).toMatch(/^__Host-sonde-session=.*; Secure$/);
    expect((await ask('GET', '/v1/session', { cookie: overTls.cookie.replace('__Host-', '') })).status).toBe(401);
    await app.close();
    app = open('plain_refused');
    const refused = await signIn(OWNER.email, OWNER.password);
    expect([refused.status, refused.setCookie, refused.body.message]).toEqual([403, '', expect.stringContaining('SONDE_HTTP_PLAINTEXT')]);
  });

  it('is listed, can be ended from another, and a new password ends the others', async () => {
    const { cookie: one, email } = await join('viewer');
    const two = (await signIn(email, 'a long enough one')).cookie;
    const listed = (await ask('GET', '/v1/session/all', { cookie: one })).body as { id: string; isCurrent: boolean }[];
    expect(listed.map(({ isCurrent }) => isCurrent).sort()).toEqual([false, true]);
    expect((await ask('DELETE', `/v1/session/all/${listed.find(({ isCurrent }) => !isCurrent)!.id}`, { cookie: one })).status).toBe(204);
    expect((await ask('GET', '/v1/session', { cookie: two })).status).toBe(401);
    const three = (await signIn(email, 'a long enough one')).cookie;
    expect((await ask('PUT', '/v1/session/password', { cookie: one, body: { currentPassword: 'wrong', password: 'another long one' } })).status).toBe(400);
    expect((await ask('PUT', '/v1/session/password', { cookie: one, body: { currentPassword: 'a long enough one', password: 'another long one' } })).status).toBe(204);
    expect([(await ask('GET', '/v1/session', { cookie: one })).status, (await ask('GET', '/v1/session', { cookie: three })).status]).toEqual([200, 401]);
    expect((await signIn(email, 'another long one')).status).toBe(200);
  });

  it('ends when it is not used for days, and when it is old however much it is used', async () => {
    const { Client } = await import('pg');
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      for (const change of [`last_seen_at = now() - interval '73 hours'`, `expires_at = now() - interval '1 s'`]) {
        const { cookie } = await join('viewer');
        expect((await ask('GET', '/v1/session', { cookie })).status).toBe(200);
        await client.query(`update user_sessions set ${change}`);
        expect([change, (await ask('GET', '/v1/session', { cookie })).status]).toEqual([change, 401]);
      }
    } finally {
      await client.end();
    }
  });
});

describe('roles', () => {
  it.each([
    ['viewer', { read: 200, write: 403, run: 403, users: 403, keys: 403 }],
    ['runner', { read: 200, write: 403, run: 404, users: 403, keys: 403 }],
    ['editor', { read: 200, write: 400, run: 404, users: 403, keys: 403 }],
    ['admin', { read: 200, write: 400, run: 404, users: 200, keys: 400 }],
  ])('%s', async (role, expected) => {
    const { cookie } = await join(role);
    expect({
      read: (await ask('GET', '/v1/checks', { cookie })).status,
      write: (await ask('POST', '/v1/checks/tcp', { cookie, body: {} })).status,
      run: (await ask('POST', `/v1/checks/${randomUUID()}/run`, { cookie, body: {} })).status,
      users: (await ask('GET', '/v1/users', { cookie })).status,
      keys: (await ask('POST', '/v1/api-keys', { cookie, body: {} })).status,
    }).toEqual(expected);
  });

  it('of owners are made, changed and taken by owners, and the last one stays', async () => {
    const owner = await ownersCookie();
    const [admin, other] = [await join('admin'), await join('viewer')];
    const users = (await ask('GET', '/v1/users', { cookie: owner })).body as { id: string; role: string }[];
    const ownerId = users.find(({ role }) => role === 'owner')!.id;
    expect((await ask('PUT', `/v1/users/${other.id}`, { cookie: admin.cookie, body: { role: 'owner' } })).status).toBe(403);
    expect((await ask('DELETE', `/v1/users/${ownerId}`, { cookie: admin.cookie })).status).toBe(403);
    expect((await ask('PUT', `/v1/users/${ownerId}`, { cookie: owner, body: { role: 'viewer' } })).status).toBe(409);
    expect((await ask('PUT', `/v1/users/${other.id}`, { cookie: admin.cookie, body: { role: 'editor' } })).body.role).toBe('editor');
    expect((await ask('POST', '/v1/checks/tcp', { cookie: other.cookie, body: {} })).status).toBe(400);
    expect((await ask('DELETE', `/v1/users/${other.id}`, { cookie: admin.cookie })).status).toBe(204);
    expect((await ask('GET', '/v1/session', { cookie: other.cookie })).status).toBe(401);
  });
});

describe('an invitation', () => {
  it('can be looked at, accepted once, and taken back', async () => {
    const cookie = await ownersCookie();
    const { body: { link, id, rest } } = await ask('POST', '/v1/invitations', { cookie, body: { email: 'New@Example.com', role: 'runner' } });
    expect([link.startsWith('http://localhost:8080/invitation#token='), rest]).toEqual([true, undefined]);
    const token = link.split('#token=')[1];
    expect((await ask('POST', '/v1/invitations/look', { body: { token } })).body).toEqual({ email: 'new@example.com', role: 'runner', accountName: 'Acme', isUser: false });
    expect((await ask('GET', '/v1/invitations', { cookie })).body).toMatchObject([{ id, email: 'new@example.com' }]);
    expect((await ask('POST', '/v1/invitations/accept', { body: { token, name: 'New', password: 'short' } })).body.errors[0].path).toBe('password');
    const both = await Promise.all([1, 2].map(() => ask('POST', '/v1/invitations/accept', { body: { token, name: 'New', password: 'a long enough one' } })));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 404]);
    expect((await ask('POST', '/v1/invitations', { cookie, body: { email: 'new@example.com', role: 'viewer' } })).status).toBe(409);
    const second = await ask('POST', '/v1/invitations', { cookie, body: { email: 'x@example.com', role: 'viewer' } });
    expect((await ask('DELETE', `/v1/invitations/${second.body.id}`, { cookie })).status).toBe(204);
    expect((await ask('POST', '/v1/invitations/look', { body: { token: second.body.link.split('#token=')[1] } })).status).toBe(404);
  });
});

describe('who is in several accounts', () => {
  it('goes on in another one, and never in one they are not in', async () => {
    const { cookie, id } = await join('viewer');
    const [theirs, others] = [await anotherAccount(database.superUrl, { hash: randomBytes(32), scopes: SCOPES }), await anotherAccount(database.superUrl, { hash: randomBytes(32), scopes: SCOPES })];
    await asSuper('insert into memberships (account_id, user_id, role) values ($1, $2, $3)', [theirs, id, 'editor']);
    const own = (await ask('GET', '/v1/session', { cookie })).body.account.id as string;
    expect((await ask('GET', '/v1/session/accounts', { cookie })).body).toEqual(expect.arrayContaining([
      expect.objectContaining({ id: own, isCurrent: true, role: 'viewer' }), expect.objectContaining({ id: theirs, isCurrent: false, role: 'editor' }),
    ]));
    const ours = (await ask('POST', '/v1/checks/tcp', { cookie: await ownersCookie(), body: aDefinition({ name: 'ours' }) })).body.id as string;
    expect((await ask('GET', `/v1/checks/${ours}`, { cookie })).status).toBe(200);
    for (const accountId of [others, randomUUID()]) expect((await ask('PUT', '/v1/session/account', { cookie, body: { accountId } })).status).toBe(404);
    expect((await ask('PUT', '/v1/session/account', { cookie, body: { accountId: theirs } })).body).toMatchObject({ account: { id: theirs }, user: { role: 'editor' } });
    // The same cookie is another account's now: what is ours is not there, in any form.
    for (const [method, url] of [['GET', `/v1/checks/${ours}`], ['PUT', `/v1/checks/${ours}`], ['DELETE', `/v1/checks/${ours}`], ['GET', `/v1/check-results/${ours}`], ['GET', `/v1/check-statuses/${ours}`]] as const) {
      expect([method, url, (await ask(method, url, { cookie, ...(method === 'PUT' ? { body: aDefinition() } : {}) })).status]).toEqual([method, url, 404]);
    }
    expect((await ask('GET', '/v1/checks/overview', { cookie })).body.total).toBe(0);
  });

  it('is asked for a session, which a key is not', async () => {
    expect((await ask('PUT', '/v1/session/account', { key: rootKey, body: { accountId: randomUUID() } })).status).toBe(409);
    expect((await ask('GET', '/v1/session/accounts', { key: rootKey })).body).toEqual([]);
  });
});

describe('a viewer', () => {
  it('is refused every write of the account, whichever route it is', async () => {
    const { cookie } = await join('viewer');
    // What is about one's own session is everybody's, and some POSTs only ask.
    const writes = app.registeredRoutes.filter(({ method, scope, url }) => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) && scope !== 'public' && !scope.endsWith(':read') && !url.startsWith('/v1/session'));
    expect(writes.length).toBeGreaterThan(30);
    const allowed: string[] = [];
    for (const { method, url } of writes) {
      const { status } = await ask(method as 'POST', url.replace(/:[a-zA-Z]+/g, randomUUID()), { cookie, ...(method === 'DELETE' ? {} : { body: {} }) });
      if (status !== 403) allowed.push(`${method} ${url} ${status}`);
    }
    expect(allowed).toEqual([]);
  });
});

describe('an API key', () => {
  it('is shown once, may do no more than who makes it, and ends', async () => {
    const cookie = await ownersCookie();
    const made = await ask('POST', '/v1/api-keys', { cookie, body: { name: 'ci', scopes: ['checks:read', 'keys:write'], expiresInDays: 1 } });
    const key = made.body.rawKey as string;
    expect((await ask('GET', '/v1/checks', { key })).status).toBe(200);
    expect((await ask('GET', '/v1/api-keys', { cookie })).body.find((one: { name: string }) => one.name === 'ci')).toMatchObject({ masked: `sk_...${key.slice(-4)}` });
    expect(JSON.stringify((await ask('GET', '/v1/api-keys', { cookie })).body)).not.toContain(key);
    const wider = await ask('POST', '/v1/api-keys', { key, body: { name: 'wider', scopes: ['checks:read', 'checks:write'] } });
    expect([wider.status, wider.body.errors.map((one: { path: string }) => one.path)]).toEqual([400, ['scopes.1']]);
    expect((await ask('DELETE', `/v1/api-keys/${made.body.id}`, { cookie })).status).toBe(204);
    expect((await ask('GET', '/v1/checks', { key })).status).toBe(401);
  });

  it('has no session of its own', async () => {
    expect((await ask('GET', '/v1/session', { key: rootKey })).body).toMatchObject({ account: { name: 'Acme' }, user: null });
    expect((await ask('PUT', '/v1/session/password', { key: rootKey, body: {} })).status).toBe(409);
  });
});

describe('the audit log', () => {
  it('says who did what to what from where, never a secret, and nobody can change it', async () => {
    const cookie = await ownersCookie();
    await signIn(OWNER.email, 'wrong password!');
    const { body: key } = await ask('POST', '/v1/api-keys', { cookie, body: { name: 'audited', scopes: ['checks:read'] } });
    const { cookie: viewers, email } = await join('viewer');
    await ask('POST', '/v1/checks/tcp', { cookie: viewers, body: {} });
    const { body } = await ask('GET', '/v1/audit-log?limit=100', { cookie });
    const entries = body.entries as { action: string; status: number; target: string | null; actor: { kind: string; name: string }; address: string; details: Record<string, unknown> }[];
    expect(entries.find(({ action, status }) => action === 'POST /v1/checks/tcp' && status === 403)).toMatchObject({ actor: { kind: 'user', name: email }, address: '127.0.0.1' });
    expect(entries.find(({ action }) => action === 'POST /v1/invitations/accept')).toMatchObject({ actor: { kind: 'user', name: email }, status: 201 });
    expect(entries.find(({ action, status }) => action === 'POST /v1/session' && status === 401)).toMatchObject({ actor: { kind: 'stranger', name: OWNER.email.toLowerCase() } });
    expect(entries.find(({ action, target }) => action === 'POST /v1/api-keys' && target === key.id)).toMatchObject({ details: { name: 'audited', masked: key.masked } });
    for (const secret of [key.rawKey, OWNER.password, 'wrong password!', 'a long enough one', SETUP]) expect(JSON.stringify(entries)).not.toContain(secret);
    expect(JSON.stringify(entries)).not.toMatch(/token=/);
    const page = await ask('GET', '/v1/audit-log?limit=2', { cookie });
    const next = await ask('GET', `/v1/audit-log?limit=2&nextId=${page.body.nextId}`, { cookie });
    expect(Number(next.body.entries[0].id)).toBeLessThan(Number(page.body.entries[1].id));
    const { Client } = await import('pg');
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      for (const statement of ['delete from audit_log', `update audit_log set actor_name = 'somebody'`, 'truncate audit_log']) await expect(client.query(statement)).rejects.toThrow('append-only');
    } finally {
      await client.end();
    }
  });
});

import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { Secret } from '#shared/settings/secret.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { aDatabase, type ADatabase } from '../store/testing/a-database.ts';
import { QUIET } from '../store/testing/quiet.ts';
import type { ApiApp } from './api-app.ts';
import { createApi } from './create-api.ts';
import { mintToken } from './keys.ts';
import { SCOPES } from './scopes.ts';
import type { PeopleOptions } from './sign-in/people.ts';
import { A_CLIENT, AProvider, type Known } from './testing/a-provider.ts';
import { hashToken } from './testing/api-for-tests.ts';

const HOST = { host: 'localhost:8080', origin: 'http://localhost:8080' };
const PASSWORD = 'correct horse battery';

let database: ADatabase;
let store: Store;
let provider: AProvider;
let app: ApiApp;
beforeAll(async () => {
  [database, provider] = await Promise.all([aDatabase(), AProvider.start()]);
  store = await openStore({ databaseUrl: database.url, applicationName: 'tests', log: QUIET });
  const rootKey = mintToken('account', (size) => crypto.getRandomValues(new Uint8Array(size)));
  await store.ensureFirstAccount({ name: 'First account', keyHash: hashToken(rootKey), keyPrefix: 'sk_', scopes: SCOPES });
});
beforeEach(() => reopen({}));
afterAll(async () => {
  await app?.close();
  await store?.close();
  await provider?.close();
  await database?.drop();
});

async function reopen(changes: Partial<NonNullable<PeopleOptions['oidc']>>): Promise<void> {
  await app?.close();
  app = createApi({
    store, hashToken, clock: new FakeClock(), ids: randomUUID, version: '0', log: pino({ level: 'silent' }),
    shots: { run: async () => ({ kind: 'no_agent' }) }, health: () => ({ isReady: true, problems: [] }),
    people: { store, reached: 'plain', publicUrl: null, oidc: { issuer: provider.issuer, clientId: A_CLIENT.clientId, clientSecret: new Secret(A_CLIENT.clientSecret), providerName: 'Acme ID', newUsers: null, ...changes } },
  });
}

type Answer = { readonly status: number; readonly location: string; readonly body: any; readonly cookies: ReadonlyMap<string, string> };

async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, { cookie = '', body }: { cookie?: string; body?: object } = {}): Promise<Answer> {
  const answer = await app.inject({ method, url, headers: { ...HOST, cookie }, ...(body ? { payload: body } : {}) });
  const cookies = new Map([answer.headers['set-cookie'] ?? []].flat().map((one) => one.split(';')[0]!.split('=') as [string, string]));
  return { status: answer.statusCode, location: String(answer.headers.location ?? ''), body: answer.body.startsWith('{') || answer.body.startsWith('[') ? answer.json() : null, cookies };
}

const visitOf = (begun: Answer): string => `sonde-visit=${begun.cookies.get('sonde-visit')}`;

/** A browser at the provider: from where it was sent to the address it is sent back to. */
async function atProvider(start: string, subject: string): Promise<string> {
  const jar = new Map<string, string>();
  let at = start;
  for (let hops = 0; hops < 10; hops += 1) {
    if (at.startsWith('http://localhost:8080/')) return at.slice('http://localhost:8080'.length);
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie: [...jar].map((pair) => pair.join('=')).join('; ') } });
    for (const one of answer.headers.getSetCookie()) jar.set(...(one.split(';')[0]!.split(/=(.*)/s).slice(0, 2) as [string, string]));
    const next = answer.headers.get('location');
    if (next === null && !at.includes('/interaction/')) throw new Error(`the provider answered ${answer.status}: ${await answer.text()}`);
    at = next === null ? `${at}/as/${subject}` : new URL(next, at).href;
  }
  throw new Error('the provider sent us round and round');
}

/** All of it, as `person`; the cookie of a session that was there before travels along. */
async function comeAs(person: Known | null, { cookie = '', next = '' } = {}): Promise<Answer & { readonly session: string }> {
  if (person) provider.people.set(person.subject, person);
  const begun = await ask('GET', `/v1/session/oidc${next === '' ? '' : `?next=${encodeURIComponent(next)}`}`);
  const back = await atProvider(begun.location, person?.subject ?? '');
  const answer = await ask('GET', back, { cookie: [visitOf(begun), cookie].join('; ') });
  return { ...answer, session: `sonde-session=${answer.cookies.get('sonde-session')}` };
}

let ownersCookie = '';
async function invite(email: string, role: string): Promise<void> {
  expect((await ask('POST', '/v1/invitations', { cookie: ownersCookie, body: { email, role } })).status).toBe(201);
}
const meOf = async (cookie: string) => (await ask('GET', '/v1/session', { cookie })).body;
const verified = (subject: string, changes: Partial<Known> = {}): Known => ({ subject, email: `${subject}@Example.com`, email_verified: true, name: `Ms. ${subject}`, ...changes });

describe('signing in at a provider', () => {
  it('makes nobody the owner of an installation that nobody has set up', async () => {
    await reopen({ newUsers: { role: 'viewer', emailDomains: ['example.com'], accountId: null } });
    expect((await comeAs(verified('early'))).location).toBe('/sign-in?problem=not_invited');
    await store.offerSetup(hashToken('setup'));
    const setUp = await ask('POST', '/v1/setup', { body: { token: 'setup', name: 'Olga', email: 'olga@example.com', password: PASSWORD } });
    expect(setUp.status).toBe(201);
    ownersCookie = `sonde-session=${setUp.cookies.get('sonde-session')}`;
  });

  it('lets an invited person in, in the role of the invitation, and knows them again when the address has changed', async () => {
    expect((await ask('GET', '/v1/sign-in')).body).toEqual({ oidc: { name: 'Acme ID' } });
    await invite('ines@example.com', 'editor');
    const came = await comeAs(verified('ines'), { next: '/checks/new?x=1' });
    expect([came.status, came.location]).toEqual([302, '/checks/new?x=1']);
    expect((await meOf(came.session)).user).toMatchObject({ name: 'Ms. ines', email: 'ines@example.com', role: 'editor' });
    expect((await ask('GET', '/v1/invitations', { cookie: ownersCookie })).body).toEqual([]);
    const again = await comeAs(verified('ines', { email: 'married@example.com' }));
    expect((await meOf(again.session)).user).toMatchObject({ email: 'ines@example.com' });
    expect((await ask('GET', '/v1/session/ways', { cookie: again.session })).body).toEqual({ hasPassword: false, oidc: { name: 'Acme ID', isConnected: true } });
    const entries = (await ask('GET', '/v1/audit-log?limit=100', { cookie: ownersCookie })).body.entries as { action: string; actor: { name: string }; status: number }[];
    expect(entries.filter(({ action }) => action === 'GET /v1/session/oidc/callback').map(({ actor, status }) => [actor.name, status])).toEqual([['ines@example.com', 302], ['ines@example.com', 302]]);
  });

  it('lets nobody in without an invitation, nor with an address that nobody verified, nor whom the provider refuses', async () => {
    expect((await comeAs(verified('stranger'))).location).toBe('/sign-in?problem=not_invited');
    await invite('vague@example.com', 'viewer');
    expect((await comeAs(verified('vague', { email_verified: false }))).location).toBe('/sign-in?problem=unverified');
    expect((await comeAs({ subject: 'vague-2' })).location).toBe('/sign-in?problem=unverified');
    const refused = await comeAs(null);
    expect([refused.location, refused.cookies.has('sonde-session')]).toEqual(['/sign-in?problem=refused', false]);
  });

  it('takes people of named domains in a named role, and of no other', async () => {
    await reopen({ newUsers: { role: 'runner', emailDomains: ['example.com'], accountId: null } });
    expect((await meOf((await comeAs(verified('new'))).session)).user).toMatchObject({ role: 'runner' });
    expect((await comeAs(verified('other', { email: 'other@example.com.evil.org' }))).location).toBe('/sign-in?problem=not_invited');
  });

  it('opens nothing that has a password until its owner, signed in, connects it', async () => {
    const olga = verified('olga');
    expect((await comeAs(olga)).location).toBe('/sign-in?problem=has_password');
    const connected = await comeAs(olga, { cookie: ownersCookie, next: '/profile' });
    expect(connected.location).toBe('/profile');
    expect((await meOf((await comeAs(olga)).session)).user).toMatchObject({ email: 'olga@example.com', role: 'owner' });
    // The address went to somebody else.
    expect((await comeAs({ ...olga, subject: 'another-olga' })).location).toBe('/sign-in?problem=has_password');
    expect((await comeAs({ ...verified('ines'), subject: 'another-ines' })).location).toBe('/sign-in?problem=other_person');
  });

  it('gives somebody who was removed nothing back, and neither password nor identity to whoever has the address next', async () => {
    const { id } = ((await ask('GET', '/v1/users', { cookie: ownersCookie })).body as { id: string; email: string }[]).find(({ email }) => email === 'ines@example.com')!;
    expect((await ask('DELETE', `/v1/users/${id}`, { cookie: ownersCookie })).status).toBe(204);
    expect((await comeAs(verified('ines'))).location).toBe('/sign-in?problem=not_invited');
    await invite('ines@example.com', 'viewer');
    expect((await meOf((await comeAs({ ...verified('ines'), subject: 'new-ines' })).session)).user).toMatchObject({ role: 'viewer' });
    expect((await comeAs(verified('ines'))).location).toBe('/sign-in?problem=other_person');
  });

  it('takes no way back that this browser did not begin, none twice, and leads to no other site', async () => {
    await invite('carl@example.com', 'viewer');
    provider.people.set('carl', verified('carl'));
    const [one, other] = [await ask('GET', '/v1/session/oidc'), await ask('GET', '/v1/session/oidc')];
    const back = await atProvider(one.location, 'carl');
    for (const cookie of ['', visitOf(other), 'sonde-visit=bm9uc2Vuc2U']) expect((await ask('GET', back, { cookie })).location).toMatch(/problem=(begin_again|refused)/);
    const spent = await ask('GET', back, { cookie: visitOf(one) });
    expect(spent.location).toBe('/');
    expect((await ask('GET', back, { cookie: visitOf(one) })).location).toBe('/sign-in?problem=refused');
    for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', '/\nx']) expect((await comeAs(verified('carl'), { next })).location).toBe('/');
  });

  it('believes no ID token that somebody else signed', async () => {
    await reopen({});
    provider.isForged = true;
    try {
      expect((await comeAs(verified('carl'))).location).toBe('/sign-in?problem=refused');
    } finally {
      provider.isForged = false;
    }
    await reopen({});
    expect((await comeAs(verified('carl'))).location).toBe('/');
  });

  it('says so when the provider does not answer', async () => {
    await reopen({ issuer: 'http://127.0.0.1:1' });
    expect((await ask('GET', '/v1/session/oidc')).location).toBe('/sign-in?problem=unreachable');
  });
});

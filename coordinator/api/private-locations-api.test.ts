import { afterAll, describe, expect, it } from 'vitest';
import { anApi, aDefinition, hashToken } from './testing/api-for-tests.ts';
import { isWellFormed } from './keys.ts';
import { isOlderVersion } from './wire/older-version.ts';

const api = anApi();
const { app, store } = api;
afterAll(() => app.close());

const ask = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object, token = api.token) =>
  app.inject({ method, url, headers: { authorization: `Bearer ${token}` }, ...(payload ? { payload } : {}) });
let made = 0;
const create = async (changes: object = {}) => {
  made += 1;
  return (await ask('POST', '/v1/private-locations', { name: 'Datacentre', slugName: `place-${made}`, ...changes })).json();
};

describe('private locations', () => {
  it('are created with a key that is shown once, and read without it', async () => {
    const answer = await ask('POST', '/v1/private-locations', { name: 'Rack 7', slugName: 'rack-7' });
    expect([answer.statusCode, answer.json()]).toEqual([201, {
      id: expect.any(String), name: 'Rack 7', slugName: 'rack-7', icon: 'location', proxyUrl: null,
      created_at: expect.any(String), updated_at: expect.any(String),
      keys: [{
        id: expect.any(String), rawKey: expect.stringMatching(/^pl_/), maskedKey: expect.stringMatching(/^pl_\.\.\.\w{4}$/), created_at: expect.any(String),
        oneTime: false, expiresAt: null, maxAgents: null, requireApproval: false,
      }],
      lastSeen: null, agentCount: 0, minAgentVersion: null, runningAgents: [], projectBindings: [],
    }]);
    const { id, keys: [key] } = answer.json();
    expect(isWellFormed(key.rawKey)).toBe(true);
    expect(store.keys.find((stored) => stored.id === key.id)?.hash).toEqual(hashToken(key.rawKey));
    const read = await ask('GET', `/v1/private-locations/${id}`);
    expect([read.statusCode, read.json().keys[0].rawKey]).toEqual([200, undefined]);
    expect((await ask('GET', '/v1/private-locations')).json().map((one: { id: string }) => one.id)).toContain(id);
  });

  it.each(['us-east-1', 'eu-central-2', 'with space', '', 'x'.repeat(31), 'under_score'])('have no slug like %j', async (slugName) => {
    expect((await ask('POST', '/v1/private-locations', { name: 'x', slugName })).json()).toMatchObject({ statusCode: 400, errors: [{ path: 'slugName' }] });
  });

  it('have a slug of their own, for good', async () => {
    const { id, slugName } = await create();
    expect((await ask('POST', '/v1/private-locations', { name: 'x', slugName })).statusCode).toBe(409);
    expect((await ask('PUT', `/v1/private-locations/${id}`, { name: 'x', slugName: 'another' })).json()).toMatchObject({ statusCode: 400, errors: [{ path: 'slugName' }] });
    const changed = await ask('PUT', `/v1/private-locations/${id}`, { name: 'Renamed', slugName, icon: 'server' });
    expect([changed.statusCode, changed.json()]).toEqual([200, expect.objectContaining({ id, slugName, name: 'Renamed', icon: 'server' })]);
  });

  it('take back what clients of the Checkly API send along', async () => {
    const answer = await ask('POST', '/v1/private-locations', { id: '', name: 'sdk', slugName: 'sdk-1', created_at: '', updated_at: '', icon: 'location' });
    expect(answer.statusCode).toBe(201);
    const { id, ...rest } = answer.json();
    expect((await ask('PUT', `/v1/private-locations/${id}`, { ...rest, id, name: 'sdk 2' })).statusCode).toBe(200);
    expect((await ask('PUT', `/v1/private-locations/${id}`, { ...rest, id, naem: 'typo' })).statusCode).toBe(400);
  });

  it('keep no password of a proxy', async () => {
    const answer = await ask('POST', '/v1/private-locations', { name: 'x', slugName: 'proxied', proxyUrl: 'http://user:hunter2@proxy:3128' });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).not.toContain('hunter2');
    expect((await create({ proxyUrl: '{{PROXY_URL}}' })).proxyUrl).toBe('{{PROXY_URL}}');
  });

  it('are not deleted while a check names them', async () => {
    const { id, slugName } = await create();
    store.locations.push({ id, code: slugName, name: 'x', kind: 'private', accountId: (await store.findCaller(hashToken(api.token)))!.accountId, liveAgents: 0, available: false });
    const check = (await ask('POST', '/v1/checks/tcp', aDefinition({ name: 'still here', locations: [], privateLocations: [slugName] }))).json();
    const refused = await ask('DELETE', `/v1/private-locations/${id}`);
    expect([refused.statusCode, refused.json().message]).toEqual([409, expect.stringContaining("'still here'")]);
    await ask('DELETE', `/v1/checks/${check.id}`);
    expect((await ask('DELETE', `/v1/private-locations/${id}`)).statusCode).toBe(204);
    expect((await ask('GET', `/v1/private-locations/${id}`)).statusCode).toBe(404);
  });

  it('tell which agents run which version, and which are outdated', async () => {
    const { id } = await create();
    const seen = { lastSeenAtMs: Date.UTC(2026, 0, 2) };
    store.privateLocations.set(id, { ...store.privateLocations.get(id)!, ...seen, agents: [
      { id: 'a', version: '9.0.0', ...seen }, { id: 'b', version: '0.0.0-a', ...seen }, { id: 'c', version: '9.0.0', ...seen },
    ] });
    expect((await ask('GET', `/v1/private-locations/${id}`)).json()).toMatchObject({
      agentCount: 3, lastSeen: '2026-01-02T00:00:00.000Z',
      runningAgents: [{ version: '9.0.0', isOutdated: false, count: 2, agents: [{ id: 'a', lastSeenAt: '2026-01-02T00:00:00.000Z' }, { id: 'c' }] }, { version: '0.0.0-a', count: 1 }],
    });
    expect([isOlderVersion('1.2.3', '1.10.0'), isOlderVersion('1.10.0', '1.2.3'), isOlderVersion('1.2.3', '1.2.3'), isOlderVersion('dev', '1.0.0')]).toEqual([true, false, false, false]);
  });
});

describe('location keys', () => {
  it('are two at most, and each is ended by its id', async () => {
    const { id, keys: [first] } = await create();
    const second = await ask('POST', `/v1/private-locations/${id}/keys`);
    expect([second.statusCode, second.json()]).toEqual([201, expect.objectContaining({ rawKey: expect.any(String), oneTime: false })]);
    expect((await ask('POST', `/v1/private-locations/${id}/keys`)).statusCode).toBe(409);
    expect((await ask('DELETE', `/v1/private-locations/${id}/keys/${first.id}`)).statusCode).toBe(204);
    expect((await ask('DELETE', `/v1/private-locations/${id}/keys/${first.id}`)).statusCode).toBe(404);
    expect((await ask('POST', `/v1/private-locations/${id}/keys`)).statusCode).toBe(201);
  });

  it('have limits: once, until when, how many, and with approval', async () => {
    const { id } = await create();
    const limits = { oneTime: false, expiresAt: '2099-01-01T00:00:00.000Z', maxAgents: 3, requireApproval: true };
    expect((await ask('POST', `/v1/private-locations/${id}/keys`, limits)).json()).toMatchObject(limits);
  });

  it.each([
    ['expiresAt', { expiresAt: '2001-01-01T00:00:00Z' }], ['expiresAt', { expiresAt: 'tomorrow' }], ['maxAgents', { maxAgents: 0 }],
    ['maxAgents', { oneTime: true, maxAgents: 2 }], ['onetime', { onetime: true }],
  ])('refuse a wrong %s', async (path, body) => {
    const { id } = await create();
    expect((await ask('POST', `/v1/private-locations/${id}/keys`, body)).json()).toMatchObject({ statusCode: 400, errors: [{ path }] });
  });

  it("of public locations are the operator's, listed without the key and ended likewise", async () => {
    const { code, keys: [key] } = (await ask('POST', '/v1/locations', { code: 'public-1' })).json();
    const oneTime = (await ask('POST', `/v1/locations/${code}/keys`, { oneTime: true })).json();
    const listed = (await ask('GET', `/v1/locations/${code}/keys`)).json();
    expect(listed).toMatchObject([{ id: key.id, oneTime: false }, { id: oneTime.id, oneTime: true }]);
    expect(JSON.stringify(listed)).not.toContain('rawKey');
    expect((await ask('DELETE', `/v1/locations/${code}/keys/${key.id}`)).statusCode).toBe(204);
    expect((await ask('GET', `/v1/locations/${code}/keys`)).json()).toHaveLength(1);
  });
});

describe('agents', () => {
  const AGENT = 'dddddddd-dddd-4ddd-8ddd-dddddddddddd';

  it('are approved, drained and revoked by the owner of their location', async () => {
    store.agentsInOwn.add(AGENT);
    const owner = api.tokenWith('locations:write');
    expect((await ask('POST', `/v1/agents/${AGENT}/approve`, undefined, owner)).statusCode).toBe(204);
    expect(store.approved).toEqual([AGENT]);
    for (const isDraining of [true, false]) {
      expect((await ask(isDraining ? 'POST' : 'DELETE', `/v1/agents/${AGENT}/drain`, undefined, owner)).statusCode).toBe(204);
      expect(store.drained.has(AGENT)).toBe(isDraining);
    }
    expect((await ask('DELETE', `/v1/agents/${AGENT}`, undefined, owner)).statusCode).toBe(204);
    expect((await ask('DELETE', `/v1/agents/${AGENT}`, undefined, owner)).statusCode).toBe(404);
  });

  it("of public locations are the operator's", async () => {
    store.agentsInPublic.add(AGENT);
    expect((await ask('DELETE', `/v1/agents/${AGENT}`, undefined, api.tokenWith('locations:write'))).statusCode).toBe(403);
    expect((await ask('DELETE', `/v1/agents/${AGENT}`, undefined, api.tokenWith('locations:write', 'operator'))).statusCode).toBe(204);
  });
});

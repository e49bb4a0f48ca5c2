import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aCheck } from '#shared/testing/builders.ts';
import type { NewLocationKey } from '../api/ports.ts';
import { decideEnrolment, type EnrolmentDecision } from '../fleet/decide-enrolment.ts';
import { isConflict } from '../fleet/detect-conflict.ts';
import type { AgentHello } from '../sessions/enrolment-port.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aWorld, type World } from './testing/rows.ts';

let at: AStore;
let world: World;
beforeAll(async () => {
  at = await aStore();
  world = await aWorld(at.store);
});
afterAll(() => at?.end());

let keys = 0;
function aKey(limits: NonNullable<NewLocationKey['limits']> = {}): NewLocationKey {
  keys += 1;
  const hash = new Uint8Array(32);
  new DataView(hash.buffer).setUint32(0, keys);
  return { id: `key-${keys}`, hash, masked: `pl_...${keys}`, limits };
}
function aHello(changes: Partial<AgentHello> = {}): AgentHello {
  return {
    agentId: randomUUID(), instanceId: randomUUID(), name: 'agent', version: '1.0.0', capacity: 10,
    publicKey: crypto.getRandomValues(new Uint8Array(32)), keyHash: null, ...changes,
  };
}
const wordFor = (decision: EnrolmentDecision) => (decision.kind === 'reject' ? decision.code : decision.kind);
const enrol = async (hello: AgentHello) => wordFor(await at.store.enrol(hello, decideEnrolment));
let places = 0;
/** A private location of the account, and the first key of it. */
async function aPlace(limits: NonNullable<NewLocationKey['limits']> = {}) {
  places += 1;
  const key = aKey(limits);
  const place = { id: randomUUID(), slugName: `place-${places}`, name: 'A place', icon: 'location', proxyUrl: null };
  const created = await at.store.createPrivateLocation(world.accountId, { ...place, key });
  if (created === 'conflict') throw new Error('the slug is taken');
  return { ...place, key };
}
const openSession = (locationId: string, { agentId, instanceId, name, version, capacity }: AgentHello) =>
  at.store.openSession({ agentId, instanceId, name, version, capacity, locationId });

describe('enrolment', () => {
  it('pins the agent\'s own key: with it the agent comes back, with another nobody does', async () => {
    const { id, key } = await aPlace();
    const hello = aHello({ keyHash: key.hash });
    expect(await enrol(hello)).toBe('enrol');
    expect(await enrol(hello)).toBe('admit');
    expect(await at.store.enrol({ ...hello, keyHash: null }, decideEnrolment)).toMatchObject({ kind: 'admit', location: { id, kind: 'private', accountId: world.accountId } });
    expect(await enrol({ ...hello, publicKey: aHello().publicKey })).toBe('agent_key_mismatch');
    expect(await enrol({ ...hello, publicKey: null })).toBe('agent_key_required');
    expect(await enrol(aHello())).toBe('not_enrolled');
    expect(await enrol(aHello({ keyHash: aKey().hash }))).toBe('unknown_key');
  });

  it('with a one-time key is one agent\'s, however many try at once, and survives its restarts', async () => {
    const { key } = await aPlace({ isOneTime: true });
    const hellos = Array.from({ length: 6 }, () => aHello({ keyHash: key.hash }));
    const answers = await Promise.all(hellos.map(enrol));
    expect(answers.toSorted()).toEqual(['enrol', ...Array.from({ length: 5 }, () => 'key_used_up')]);
    const winner = hellos[answers.indexOf('enrol')]!;
    expect(await enrol(winner)).toBe('admit');
    expect(await enrol({ ...winner, keyHash: null })).toBe('admit');
  });

  it('with a maximum takes that many at once; one that is revoked makes room', async () => {
    const { key } = await aPlace({ agentsMax: 2 });
    const hellos = Array.from({ length: 5 }, () => aHello({ keyHash: key.hash }));
    const answers = await Promise.all(hellos.map(enrol));
    expect(answers.toSorted()).toEqual(['agent_limit', 'agent_limit', 'agent_limit', 'enrol', 'enrol']);
    await at.store.revokeAgent(world.accountId, hellos[answers.indexOf('enrol')]!.agentId, { alsoPublic: false });
    expect(await enrol(hellos[answers.indexOf('agent_limit')]!)).toBe('enrol');
  });

  it('ends for newcomers when the key expires, not for those who are in', async () => {
    const { key } = await aPlace({ expiresAtMs: Date.now() + 3_600_000 });
    const hello = aHello({ keyHash: key.hash });
    await enrol(hello);
    await at.client.query(`update location_keys set expires_at = now() - interval '1 second' where id = $1`, [key.id]);
    expect(await enrol(aHello({ keyHash: key.hash }))).toBe('key_expired');
    expect(await enrol(hello)).toBe('admit');
  });

  it('waits for approval where the key asks for it, and is listed meanwhile', async () => {
    const { slugName, key } = await aPlace({ needsApproval: true });
    const hello = aHello({ keyHash: key.hash, name: 'newcomer' });
    expect(await at.store.enrol(hello, decideEnrolment)).toMatchObject({ kind: 'enrol', isApproved: false });
    expect(await enrol(hello)).toBe('pending_approval');
    const listed = async () => (await at.store.listAgents(world.accountId)).find(({ id }) => id === hello.agentId);
    expect(await listed()).toMatchObject({ name: 'newcomer', locationCode: slugName, state: 'pending', connected: false, conflict: false });
    await at.store.approveAgent(world.accountId, hello.agentId, { alsoPublic: false });
    expect(await enrol(hello)).toBe('admit');
    expect(await listed()).toMatchObject({ state: 'active' });
  });
});

describe('a revocation', () => {
  it('of an agent cuts its sessions off and keeps it out; others stay', async () => {
    const { id, key } = await aPlace();
    const [one, other] = [aHello({ keyHash: key.hash }), aHello({ keyHash: key.hash })];
    await Promise.all([enrol(one), enrol(other)]);
    const [first, second] = [await openSession(id, one), await openSession(id, other)];
    expect(await at.store.findCutOff([first.sessionId, second.sessionId])).toEqual([]);
    await at.store.revokeAgent(world.accountId, one.agentId, { alsoPublic: false });
    expect(await at.store.findCutOff([first.sessionId, second.sessionId])).toEqual([{ sessionId: first.sessionId, code: 'agent_revoked' }]);
    expect(await at.store.findSession(first.sessionId)).toBeNull();
    expect(await at.store.findSession(second.sessionId)).not.toBeNull();
    expect([await enrol(one), await enrol(other)]).toEqual(['agent_revoked', 'admit']);
  });

  it('of a key cuts off those who enrolled with it, until they bring another', async () => {
    const { id, key } = await aPlace();
    const next = aKey();
    await at.store.createLocationKey(id, next, world.accountId);
    const [rolled, left] = [aHello({ keyHash: key.hash }), aHello({ keyHash: key.hash })];
    await Promise.all([enrol(rolled), enrol(left)]);
    expect(await enrol({ ...rolled, keyHash: next.hash })).toBe('enrol');
    const [first, second] = [await openSession(id, rolled), await openSession(id, left)];
    expect(await at.store.revokeLocationKey(id, key.id, world.accountId)).toBe(true);
    expect(await at.store.findCutOff([first.sessionId, second.sessionId])).toEqual([{ sessionId: second.sessionId, code: 'key_revoked' }]);
    expect([await enrol({ ...rolled, keyHash: null }), await enrol({ ...left, keyHash: null })]).toEqual(['admit', 'key_revoked']);
    expect(await enrol({ ...left, keyHash: next.hash })).toBe('enrol');
  });

  it('is the owner\'s: another account\'s agents, keys and locations stay as they are', async () => {
    const stranger = randomUUID();
    await at.client.query(`insert into accounts (id, name) values ($1, 'stranger')`, [stranger]);
    const { id, key } = await aPlace();
    const hello = aHello({ keyHash: key.hash });
    await enrol(hello);
    await at.store.revokeAgent(stranger, hello.agentId, { alsoPublic: true });
    expect(await at.store.revokeLocationKey(id, key.id, stranger)).toBe(false);
    expect(await at.store.listLocationKeys(id, stranger)).toEqual([]);
    await expect(at.store.createLocationKey(id, aKey(), stranger)).rejects.toThrow('row-level security');
    expect(await at.store.deletePrivateLocation(stranger, id)).toEqual({ kind: 'not_found' });
    expect(await at.store.updatePrivateLocation(stranger, id, { name: 'taken', icon: 'x', proxyUrl: null })).toBeNull();
    expect(await enrol(hello)).toBe('admit');
    expect(await at.store.findAgent(stranger, hello.agentId)).toEqual({ inPublic: false, inOwn: false });
  });
});

describe('two live copies of an agent', () => {
  it('are seen in its sessions, whichever coordinator they came to, and marked', async () => {
    const { id, key } = await aPlace();
    const hello = aHello({ keyHash: key.hash });
    await enrol(hello);
    const copies: readonly string[] = [randomUUID(), randomUUID()];
    for (let turn = 0; turn < 4; turn += 1) await openSession(id, { ...hello, instanceId: copies[turn % 2]! });
    const openings = await at.store.recentOpenings(id, hello.agentId, 300_000);
    expect(openings.map(({ instanceId }) => copies.indexOf(instanceId))).toEqual([0, 1, 0, 1]);
    expect(isConflict(openings)).toBe(true);
    await at.store.noteConflict(id, hello.agentId);
    const listed = async () => (await at.store.listAgents(world.accountId)).find((agent) => agent.id === hello.agentId)?.conflict;
    expect(await listed()).toBe(true);
    await at.client.query(`update agents set conflict_at = now() - interval '11 minutes' where id = $1`, [hello.agentId]);
    expect(await listed()).toBe(false);
  });
});

describe('location keys', () => {
  it('are two at most, however many are made at once; ended, expired and used-up ones do not count', async () => {
    const { id, key } = await aPlace({ isOneTime: true });
    const make = () => at.store.createLocationKey(id, aKey(), world.accountId);
    expect((await Promise.all([make(), make(), make()])).filter((made) => made === 'too_many')).toHaveLength(2);
    await enrol(aHello({ keyHash: key.hash }));
    expect(await make()).toMatchObject({ isOneTime: false });
    expect(await make()).toBe('too_many');
    const [oldest] = await at.store.listLocationKeys(id, world.accountId);
    await at.client.query(`update location_keys set expires_at = now() where id = $1`, [oldest!.id]);
    expect(await make()).toMatchObject({ isUsed: false });
  });
});

describe('private locations', () => {
  let place: Awaited<ReturnType<typeof aPlace>>;
  beforeEach(async () => { place = await aPlace(); });

  it('tell their agents and when they were last seen', async () => {
    const hello = aHello({ keyHash: place.key.hash, version: '1.2.3' });
    await enrol(hello);
    expect(await at.store.getPrivateLocation(world.accountId, place.id)).toMatchObject({ agents: [], lastSeenAtMs: null, keys: [{ id: place.key.id, isUsed: true }] });
    const { sessionId } = await openSession(place.id, hello);
    expect(await at.store.getPrivateLocation(world.accountId, place.id)).toMatchObject({ agents: [{ id: hello.agentId, version: '1.2.3' }], lastSeenAtMs: expect.any(Number) });
    await at.store.closeSession(sessionId);
    expect(await at.store.getPrivateLocation(world.accountId, place.id)).toMatchObject({ agents: [], lastSeenAtMs: expect.any(Number) });
  });

  it('are a change of the config, which coordinators hear of', async () => {
    const before = await at.store.configRevision();
    const { id } = await aPlace();
    expect((await at.store.loadConfig(before)).locations.map((location) => location.id)).toEqual([id]);
  });

  it('are not deleted while a check runs there; deleted, they free their slug and end their keys', async () => {
    const checkId = randomUUID();
    await at.store.createCheck(world.accountId, checkId, aCheck({ name: 'of here', locations: [], privateLocations: [place.slugName] }), null);
    expect(await at.store.deletePrivateLocation(world.accountId, place.id)).toEqual({ kind: 'in_use', checks: ['of here'] });
    const moved = await at.store.replaceCheck(world.accountId, checkId, aCheck({ name: 'of here' }), null);
    expect(moved).toMatchObject({ revision: 2 });
    const hello = aHello({ keyHash: place.key.hash });
    await enrol(hello);
    const { sessionId } = await openSession(place.id, hello);
    expect(await at.store.deletePrivateLocation(world.accountId, place.id)).toEqual({ kind: 'deleted' });
    expect(await at.store.getPrivateLocation(world.accountId, place.id)).toBeNull();
    expect((await at.store.listLocations(world.accountId)).map(({ id }) => id)).not.toContain(place.id);
    expect(await at.store.findCutOff([sessionId])).toEqual([{ sessionId, code: 'location_deleted' }]);
    expect([await enrol(hello), await enrol({ ...hello, keyHash: null })]).toEqual(['key_revoked', 'location_deleted']);
    await expect(at.store.createCheck(world.accountId, randomUUID(), aCheck({ locations: [], privateLocations: [place.slugName] }), null)).rejects.toThrow(`no private location ${place.slugName}`);
    const again = await at.store.createPrivateLocation(world.accountId, { ...place, id: randomUUID(), key: aKey() });
    expect(again).toMatchObject({ slugName: place.slugName });
  });

  it('have slugs of their own in an account, also when two are made at once', async () => {
    const twin = () => at.store.createPrivateLocation(world.accountId, { ...place, id: randomUUID(), slugName: 'twin', key: aKey() });
    expect((await Promise.all([twin(), twin()])).filter((made) => made === 'conflict')).toHaveLength(1);
  });
});

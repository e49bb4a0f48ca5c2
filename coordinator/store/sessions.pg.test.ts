import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aStore, type AStore } from './testing/a-store.ts';
import { aWorld, NOON, type World } from './testing/rows.ts';

describe('agents and keys', () => {
  let at: AStore;
  let world: World;

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
  });
  afterAll(() => at?.end());

  const open = (agentId: string, locationId = world.locationId) =>
    at.store.openSession({ agentId, instanceId: randomUUID(), name: 'agent', locationId, version: '0.1.0', capacity: 64 });

  it('the newest session wins, and the older one is known as such', async () => {
    const agentId = randomUUID();
    const first = await open(agentId);
    const second = await open(agentId);
    expect([first.generation, second.generation]).toEqual([1, 2]);
    expect(await at.store.findSession(first.sessionId)).toEqual({ agentId, locationId: world.locationId, generation: 1, isNewest: false });
    expect(await at.store.findSession(second.sessionId)).toMatchObject({ generation: 2, isNewest: true });
    expect(await at.store.findSession(randomUUID())).toBeNull();
  });

  it('sessions opened at the same time get different generations', async () => {
    const agentId = randomUUID();
    const opened = await Promise.all(Array.from({ length: 6 }, () => open(agentId)));
    expect(opened.map(({ generation }) => generation).sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('an agent id under another location’s key is another agent', async () => {
    const [other] = await at.store.ensureLocations([{ code: 'local-9', name: 'Local 9' }]);
    const agentId = randomUUID();
    const { sessionId } = await open(agentId);
    expect((await open(agentId, other!.id)).generation).toBe(1);
    expect((await at.store.findSession(sessionId))?.isNewest).toBe(true);
  });

  it('heartbeats are what the list of agents shows, until the session is closed', async () => {
    const agentId = randomUUID();
    const { sessionId } = await open(agentId);
    const beat = {
      sessionId, appliedRevision: 12, rejected: [{ checkId: world.checkId, code: 'bad_regex', reason: 'no' }], inFlight: 3, spoolDepth: 4,
      latenessP99Us: 1500.5, loopDelayP99Us: 900, clockOffsetUs: -12, clockErrorUs: 80, engine: 'plain' as const, engineReason: 'no koffi', heardAgoMs: 0, lastSlotMs: null,
    };
    await at.store.touchSessions('c1', [{ ...beat, inFlight: 99 }, beat]);
    await at.store.appendRosters([{ locationId: world.locationId, fromAtMs: Date.now(), members: [{ agentId, weight: 1 }] }]);
    const shown = async () => (await at.store.listAgents(world.accountId)).find(({ id }) => id === agentId)!;
    expect(await shown()).toMatchObject({
      connected: true, inRoster: true, locationCode: 'local-1', appliedRevision: 12, rejected: beat.rejected, inFlight: 3, capacity: 64, spoolDepth: 4,
      latenessP99Us: 1501, clockOffsetUs: -12, engine: { kind: 'plain', reason: 'no koffi' },
    });
    const here = (await at.store.listLocations(world.accountId)).find(({ code }) => code === 'local-1')!;
    expect(here.liveAgents).toBeGreaterThan(0);
    await at.store.closeSession(sessionId);
    expect((await shown()).connected).toBe(false);
    await at.store.touchSessions('c1', [{ ...beat, inFlight: 77 }]);
    expect(await shown()).toMatchObject({ connected: false, inFlight: 3 });
  });

  it('rosters are appended in order, never before what is there, and are part of the config', async () => {
    const { revision } = await at.store.loadConfig(0);
    const members = [{ agentId: randomUUID(), weight: 2 }];
    const fromAtMs = Date.now() + 60_000;
    await at.store.appendRosters([{ locationId: world.locationId, fromAtMs, members }]);
    await at.store.appendRosters([{ locationId: world.locationId, fromAtMs: fromAtMs - 30_000, members: [] }]);
    const { rosters } = await at.store.loadConfig(revision);
    expect(rosters).toEqual([{ locationId: world.locationId, fromAtMs, members }, { locationId: world.locationId, fromAtMs: fromAtMs + 1, members: [] }]);
  });

  it('an API key is its account until it is revoked, and the first account is made once', async () => {
    const keyHash = new Uint8Array(32).fill(1);
    const again = await Promise.all([1, 2, 3].map(() => at.store.ensureFirstAccount({ name: 'x', keyHash, keyPrefix: 'sk', scopes: ['read'] })));
    expect(new Set(again.map(({ accountId, keyId, isNew }) => `${accountId} ${keyId} ${isNew}`)).size).toBe(1);
    const caller = await at.store.findCaller(keyHash);
    expect(caller).toEqual({ accountId: world.accountId, keyId: again[0]!.keyId, keyName: 'first key', scopes: ['read'] });
    expect(await at.store.getAccount(world.accountId)).toMatchObject({ id: world.accountId, name: 'first' });
    expect(await at.store.findCaller(new Uint8Array(32).fill(2))).toBeNull();
    await at.client.query('update api_keys set revoked_at = now() where key_hash = $1', [Buffer.from(keyHash)]);
    expect(await at.store.findCaller(keyHash)).toBeNull();
  });

  it('a shot of a saved check is found again, and recording it twice is one', async () => {
    const shot = { accountId: world.accountId, runId: randomUUID(), checkId: world.checkId, checkRevision: 1, locationId: world.locationId, trigger: 'deploy', orderedAtMs: NOON } as const;
    await at.store.recordShot(shot);
    await at.store.recordShot(shot);
    const { trigger: _, ...known } = shot;
    expect(await at.store.findShots([shot.runId, randomUUID()])).toEqual([known]);
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyBeat } from '../pipeline/tell-liveness.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aWorld, type World } from './testing/rows.ts';

describe('coordinators on one Postgres', () => {
  let at: AStore;
  let world: World;

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
    for (const id of ['c1', 'c2']) await at.store.joinCoordinators(id);
  });
  afterAll(() => at?.end());

  const open = (agentId: string, coordinatorId: string) =>
    at.store.openSession({ agentId, instanceId: randomUUID(), name: 'agent', locationId: world.locationId, version: '0.1.0', capacity: 64, coordinatorId });
  const sightingOf = async (agentId: string) => (await at.store.observeAgents()).sightings.find((sighting) => sighting.agentId === agentId);
  const heard = (sessionId: string, heardAgoMs: number) => ({ ...emptyBeat(sessionId), heardAgoMs, lastSlotMs: null });

  it('the newest session of an agent displaces the older one, whichever coordinator holds which', async () => {
    const agentId = randomUUID();
    const older = await open(agentId, 'c1');
    expect(await at.store.findCutOff([older.sessionId])).toEqual([]);
    const newer = await open(agentId, 'c2');
    expect(await at.store.findCutOff([older.sessionId, newer.sessionId])).toEqual([{ sessionId: older.sessionId, code: 'superseded' }]);
    await at.store.closeSession(older.sessionId);
    expect(await sightingOf(agentId)).toMatchObject({ closedAgoMs: null });
  });

  it('an agent was heard when it was heard, not when it was told', async () => {
    const agentId = randomUUID();
    const { sessionId } = await open(agentId, 'c1');
    await at.client.query(`update sessions set last_seen_at = clock_timestamp() - interval '20 s' where id = $1`, [sessionId]);
    await at.store.touchSessions('c1', [heard(sessionId, 3_000)]);
    const sighting = (await sightingOf(agentId))!;
    expect(sighting.heardAgoMs).toBeGreaterThanOrEqual(3_000);
    expect(sighting.heardAgoMs - sighting.coordinatorAgoMs!).toBeLessThan(4_000);
  });

  it('a coordinator that is gone is told from an agent that is', async () => {
    const agentId = randomUUID();
    const { sessionId } = await open(agentId, 'c2');
    await at.client.query(`update sessions set last_seen_at = clock_timestamp() - interval '20 s' where id = $1`, [sessionId]);
    await at.client.query(`update coordinators set last_seen_at = clock_timestamp() - interval '19 s' where id = 'c2'`);
    expect((await sightingOf(agentId))!.coordinatorAgoMs).toBeGreaterThanOrEqual(19_000);
    await at.store.touchSessions('c2', []);
    expect((await sightingOf(agentId))!).toMatchObject({ isClosedByCoordinator: false, closedAgoMs: null });
    expect((await sightingOf(agentId))!.coordinatorAgoMs).toBeLessThan(19_000);
    await at.store.closeSession(sessionId, 'coordinator_stops');
    expect(await sightingOf(agentId)).toMatchObject({ isClosedByCoordinator: true });
  });

  it('a goodbye is known to all of them, and hinted at', async () => {
    const agentId = randomUUID();
    const { sessionId } = await open(agentId, 'c1');
    let unsubscribe = (): void => undefined;
    await new Promise<void>((begun) => { unsubscribe = at.store.onFleetHint(begun); });
    unsubscribe();
    const hinted = new Promise<void>((resolve) => { unsubscribe = at.store.onFleetHint(resolve); });
    await at.store.sayGoodbye(sessionId, 1_234_567);
    await hinted;
    unsubscribe();
    expect(await sightingOf(agentId)).toMatchObject({ lastSlotMs: 1_234_567 });
    await at.store.touchSessions('c1', [heard(sessionId, 0)]);
    expect(await sightingOf(agentId)).toMatchObject({ lastSlotMs: 1_234_567 });
  });

  it('an agent that is drained is known to all, and may be stopped when nothing of it is left', async () => {
    const agentId = randomUUID();
    const { sessionId } = await open(agentId, 'c1');
    const stateOf = async () => (await at.store.listAgents(world.accountId)).find(({ id }) => id === agentId)!.state;
    const rosterSince = (ago: string, members: readonly string[]) => at.client.query(
      `insert into rosters (location_id, from_at, members, config_revision) values ($1, clock_timestamp() - $2::interval, $3, 0)`,
      [world.locationId, ago, JSON.stringify(members.map((id) => ({ agentId: id, weight: 1 })))]);
    const beat = async (news: { inFlight: number; spoolDepth: number }) => at.store.touchSessions('c1', [{ ...heard(sessionId, 0), ...news }]);
    await rosterSince('1 minute', [agentId]);
    await at.store.drainAgent(world.accountId, agentId, { isDraining: true, alsoPublic: true });
    expect([(await sightingOf(agentId))!.isDraining, await stateOf()]).toEqual([true, 'draining']);
    await rosterSince('10 seconds', [randomUUID()]);
    await beat({ inFlight: 1, spoolDepth: 0 });
    expect(await stateOf()).toBe('draining');
    await beat({ inFlight: 0, spoolDepth: 3 });
    expect(await stateOf()).toBe('draining');
    await beat({ inFlight: 0, spoolDepth: 0 });
    expect(await stateOf()).toBe('drained');
    await rosterSince('1 second', [agentId]);
    await rosterSince('0 seconds', [randomUUID()]);
    expect(await stateOf()).toBe('draining');
    await at.store.drainAgent(world.accountId, agentId, { isDraining: false, alsoPublic: true });
    expect([(await sightingOf(agentId))!.isDraining, await stateOf()]).toEqual([false, 'active']);
  });

  it('one that slept past its lease writes neither rosters nor availability any more (F28)', async () => {
    const sleeper = (await at.store.acquireLease('roster-keeper', 'c1', 60_000))!;
    const roster = (agentId: string) => ({ locationId: world.locationId, fromAtMs: Date.now(), members: [{ agentId, weight: 1 }] });
    expect(await at.store.appendRosters([roster(randomUUID())], sleeper)).toBe(true);
    await at.client.query(`update leases set expires_at = clock_timestamp() - interval '1 s' where name = 'roster-keeper'`);
    const successor = (await at.store.acquireLease('roster-keeper', 'c2', 60_000))!;
    const revision = await at.store.configRevision();
    expect(await at.store.appendRosters([roster(randomUUID())], sleeper)).toBe(false);
    expect(await at.store.appendAvailability([{ locationId: world.locationId, fromAtMs: 0, available: true }], sleeper)).toBe(false);
    expect(await at.store.configRevision()).toBe(revision);
    expect(await at.store.appendAvailability([{ locationId: world.locationId, fromAtMs: 0, available: true }], successor)).toBe(true);
  });
});

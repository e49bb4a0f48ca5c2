import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShotToDeliver } from '../pipeline/shot-port.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aWorld, NOON, type World } from './testing/rows.ts';

describe('a shot', () => {
  let at: AStore;
  let world: World;

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
  });
  afterAll(() => at?.end());

  function aShot({ answerTo = null, timeoutMs = 60_000 }: { answerTo?: string | null; timeoutMs?: number } = {}): ShotToDeliver {
    const runId = randomUUID();
    return {
      delivery: { runId, locationId: world.locationId, shot: Uint8Array.of(0x0a, 2, 3), isSecret: false, timeoutMs, answerTo },
      owed: { accountId: world.accountId, runId, checkId: world.checkId, checkRevision: 1, locationId: world.locationId, trigger: 'confirm', orderedAtMs: NOON },
    };
  }
  const claim = (coordinatorId: string) => at.store.claimShots(coordinatorId, [world.locationId], 100);
  const deliveries = async () => Number((await at.client.query('select count(*) from shot_deliveries')).rows[0].count);

  it('is taken by one of the coordinators that have an agent there, and its result is owed', async () => {
    const shots = Array.from({ length: 12 }, () => aShot());
    await at.store.orderShots(shots);
    const claimed = await Promise.all(['c1', 'c2', 'c3', 'c4'].map(claim));
    expect(claimed.flat().map(({ runId }) => runId).sort()).toEqual(shots.map(({ delivery }) => delivery.runId).sort());
    expect(claimed.flat()[0]).toMatchObject({ locationId: world.locationId, shot: Buffer.of(0x0a, 2, 3) });
    expect(claimed.flat()[0]!.leftMs).toBeLessThanOrEqual(60_000);
    expect(await at.store.findShots(shots.map(({ delivery }) => delivery.runId))).toHaveLength(12);
    for (const { runId } of claimed.flat()) await at.store.answerShot(runId, { kind: 'timeout' });
    expect(await deliveries()).toBe(0);
  });

  it('brings its answer back to who waits, once', async () => {
    const { delivery } = aShot({ answerTo: 'c1' });
    await at.store.orderShots([{ delivery, owed: null }]);
    expect(await at.store.findShots([delivery.runId])).toEqual([]);
    expect(await at.store.takeAnswers([delivery.runId])).toEqual([]);
    await claim('c2');
    const answer = { kind: 'done', agentId: world.agentId, result: Buffer.of(9) } as const;
    await at.store.answerShot(delivery.runId, answer);
    expect(await at.store.takeAnswers([delivery.runId])).toEqual([{ runId: delivery.runId, answer }]);
    expect(await at.store.takeAnswers([delivery.runId])).toEqual([]);
  });

  it('whose agent has gone is somebody else’s, and nobody’s when its time is over', async () => {
    const { delivery } = aShot();
    await at.store.orderShots([{ delivery, owed: null }]);
    expect(await claim('c1')).toHaveLength(1);
    expect(await claim('c2')).toHaveLength(0);
    await at.store.releaseShot(delivery.runId);
    await at.client.query(`update shot_deliveries set expires_at = clock_timestamp() - interval '1 hour'`);
    expect(await claim('c2')).toHaveLength(0);
    await at.store.forgetShots();
    expect(await deliveries()).toBe(0);
  });

  it('of a deploy is ordered once for a revision, whoever sees the change, and again for the next', async () => {
    const order = (revision: number) => {
      const { delivery, owed } = aShot();
      return { accountId: world.accountId, checkId: world.checkId, revision, shots: [{ delivery, owed: { ...owed!, trigger: 'deploy' as const } }] };
    };
    await Promise.all(Array.from({ length: 6 }, () => at.store.orderDeploys([order(1)])));
    expect(await claim('c1')).toHaveLength(1);
    await at.store.orderDeploys([order(1)]);
    expect(await claim('c1')).toHaveLength(0);
    await at.client.query(`insert into check_revisions (account_id, check_id, revision, definition) values ($1, $2, 2, '{}')`, [world.accountId, world.checkId]);
    await at.store.orderDeploys([{ ...order(2), shots: order(1).shots }]);
    expect(await claim('c1')).toHaveLength(1);
  });

  it('that is a retry of another location’s run is known as that', async () => {
    const shot = aShot();
    const retryOf = { runId: randomUUID(), dueAtMs: NOON - 5_000, locationOwed: world.locationId, attempt: 2, isLast: true };
    await at.store.orderShots([{ ...shot, owed: { ...shot.owed!, trigger: 'retry', retryOf } }]);
    expect(await at.store.findShots([shot.delivery.runId])).toMatchObject([{ retryOf }]);
  });

  it('has an agent where one is connected that means to stay', async () => {
    const [place] = await at.store.ensureLocations([{ code: 'lonely', name: 'Lonely' }]);
    expect(await at.store.hasAgent(place!.id)).toBe(false);
    const { sessionId } = await at.store.openSession({ agentId: randomUUID(), instanceId: randomUUID(), name: 'a', locationId: place!.id, version: '1', capacity: 1, coordinatorId: 'c1' });
    expect(await at.store.hasAgent(place!.id)).toBe(true);
    await at.store.sayGoodbye(sessionId, NOON);
    expect(await at.store.hasAgent(place!.id)).toBe(false);
  });
});

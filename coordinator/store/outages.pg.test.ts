import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aCheck } from '#shared/testing/builders.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { OutageWatch } from '../pipeline/watch-outages.ts';
import type { PlannedCheck } from '../pipeline/ports.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { QUIET } from './testing/quiet.ts';
import { aWorld, type World } from './testing/rows.ts';

describe('a location that goes dark', () => {
  let at: AStore;
  let world: World;
  const agentId = randomUUID();
  const checks: PlannedCheck[] = [];

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
    for (const [index, muted] of [false, false, true].entries()) {
      const checkId = randomUUID();
      const check = aCheck({ name: `check ${index}`, muted });
      await at.store.createCheck(world.accountId, checkId, check, null);
      checks.push({ accountId: world.accountId, checkId, revision: 1, check, isDeleted: false, epochs: [{ fromAtMs: 0, intervalMs: 60_000, strategy: 'parallel', order: [world.locationId], active: true }] });
    }
    const { rows: [channel] } = await at.client.query(`insert into alert_channels (account_id, type, config) values ($1, 'EMAIL', '{"address":"ops@example.com"}') returning id`, [world.accountId]);
    await at.client.query('insert into alert_subscriptions (account_id, channel_id, check_id) values ($1, $2, $3)', [world.accountId, channel.id, checks[0]!.checkId]);
  });
  afterAll(() => at?.end());
  beforeEach(() => at.client.query('delete from availability; delete from impaired_windows; delete from rosters; delete from location_outages; delete from notices; delete from leases'));

  const look = (holder = 'this') => new OutageWatch({
    config: { checks: () => checks, location: (id) => (id === world.locationId ? { id, code: 'dc-1', name: 'Datacentre', kind: 'public', accountId: null } : undefined) },
    store: at.store, clock: new FakeClock(), log: QUIET, ids: randomUUID, holder,
  }).look();
  const available = (isAvailable: boolean, secondsAgo: number) => at.client.query(
    `insert into availability (location_id, from_at, available, config_revision) values ($1, now() - $2 * interval '1 second', $3, 0)`, [world.locationId, secondsAgo, isAvailable]);
  const told = async () => (await at.client.query(
    'select n.kind, n.payload, (select count(*)::int from notice_deliveries d where d.notice_id = n.id) as deliveries from notices n order by n.created_at')).rows;

  it('is told once, with its checks, to those who subscribe to them, and so is its return', async () => {
    await available(true, 3_600);
    await look();
    await available(false, 65);
    await Promise.all([look('one'), look('another')]);
    await look();
    const [down, ...rest] = await told();
    expect([rest, down.kind, down.deliveries]).toEqual([[], 'location_down', 1]);
    expect(down.payload).toMatchObject({ title: expect.stringMatching(/^2 checks unseen from dc-1 since \d\d:\d\d UTC$/), affected: { count: 2, names: ['check 0', 'check 1'] }, location: { code: 'dc-1' } });
    await available(true, 1);
    await look();
    await look();
    expect((await told()).map(({ kind, payload }) => [kind, payload.alertId === down.payload.alertId])).toEqual([['location_down', true], ['location_up', true]]);
  });

  it('is given a minute to come back, and one that never had an agent is no outage', async () => {
    await available(false, 3_600);
    await look();
    await available(true, 1_800);
    await available(false, 30);
    await look();
    expect(await told()).toEqual([]);
  });

  it('whose every agent is cut off is told as that, and not while one of them sees', async () => {
    const other = randomUUID();
    await available(true, 3_600);
    const roster = (...ids: string[]) => at.client.query(`insert into rosters (location_id, from_at, members, config_revision) values ($1, now() - interval '1 minute', $2, 0)
      on conflict (location_id, from_at) do update set members = excluded.members`, [world.locationId, JSON.stringify(ids.map((id) => ({ agentId: id, weight: 1 })))]);
    await at.client.query(`insert into impaired_windows (location_id, agent_id, from_at, reason) values ($1, $2, now() - interval '40 seconds', '{}')`, [world.locationId, agentId]);
    await roster(agentId, other);
    await look();
    expect(await told()).toEqual([]);
    await at.client.query('delete from rosters');
    await roster(agentId);
    await look();
    expect((await told()).map(({ kind, payload }) => [kind, /cut off/.test(payload.text)])).toEqual([['location_down', true]]);
    await at.client.query('update impaired_windows set to_at = now()');
    await look();
    expect((await told()).map(({ kind }) => kind)).toEqual(['location_down', 'location_up']);
  });
});

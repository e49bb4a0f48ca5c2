import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Notice } from '../alerting/notice.ts';
import { aNotice } from '../alerting/testing/a-notice.ts';
import { asAccount } from './account-scope.ts';
import { connectKysely, connectPool, type Db } from './connect.ts';
import { enqueueNotices } from './outbox.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { QUIET } from './testing/quiet.ts';
import { aWorld, type World } from './testing/rows.ts';

let at: AStore;
let world: World;
let db: Db;

beforeAll(async () => {
  at = await aStore();
  world = await aWorld(at.store);
  db = connectKysely(connectPool({ databaseUrl: at.database.url, applicationName: 'judge', connectionsMax: 2, statementTimeoutMs: 5_000, log: QUIET }));
});
afterAll(async () => {
  await db?.destroy();
  await at?.end();
});
beforeEach(() => at.client.query('delete from notices; delete from alert_channels; delete from check_groups; select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))'));

async function aChannel(columns: Record<string, unknown> = {}): Promise<number> {
  const row = { account_id: world.accountId, type: 'EMAIL', config: '{"address":"ops@example.com"}', ...columns };
  const { rows } = await at.client.query(
    `insert into alert_channels (${Object.keys(row).join(', ')}) values (${Object.keys(row).map((_, n) => `$${n + 1}`).join(', ')}) returning id`, Object.values(row));
  return rows[0].id;
}
const subscribe = (channelId: number, to: { check?: string; group?: number }, activated = true) => at.client.query(
  'insert into alert_subscriptions (account_id, channel_id, check_id, group_id, activated) values ($1, $2, $3, $4, $5)', [world.accountId, channelId, to.check ?? null, to.group ?? null, activated]);
const ofCheck = (changes: Partial<Notice> = {}): Notice => aNotice({ id: randomUUID(), accountId: world.accountId, ...changes, check: { ...aNotice().check!, id: world.checkId } });
const ofAccount = (changes: Partial<Notice>): Notice => aNotice({ id: randomUUID(), accountId: world.accountId, alertType: null, check: null, result: null, ...changes });
const enqueue = (...notices: Notice[]) => db.transaction().execute((trx) => enqueueNotices(trx, notices));
const told = async (notice: Notice): Promise<number[]> =>
  (await at.client.query('select channel_id from notice_deliveries where notice_id = $1 order by 1', [notice.id])).rows.map((row) => row.channel_id);

describe('the outbox', () => {
  it('has a delivery and a job for each subscriber that wants the kind, of the check or of its group', async () => {
    const group = (await at.client.query(`insert into check_groups (account_id, name, definition) values ($1, 'Shop', '{}') returning id`, [world.accountId])).rows[0].id;
    await at.client.query('update checks set group_id = $1', [group]);
    const [direct, byGroup, , noFailures, off, disabled] = [
      await aChannel(), await aChannel({ send_degraded: true }), await aChannel(), await aChannel({ send_failure: false }), await aChannel(), await aChannel({ disabled_at: new Date() }),
    ];
    for (const channel of [direct, noFailures, disabled]) await subscribe(channel, { check: world.checkId });
    await subscribe(byGroup, { group });
    await subscribe(off, { check: world.checkId }, false);
    const [failure, degraded] = [ofCheck(), ofCheck({ kind: 'degraded', alertType: 'ALERT_DEGRADED' })];
    expect(await enqueue(failure, degraded)).toEqual({ notices: 2, deliveries: 3 });
    expect([await told(failure), await told(degraded)]).toEqual([[direct, byGroup], [byGroup]]);
    const { rows } = await at.client.query('select j.key from graphile_worker.jobs j join notice_deliveries d on d.id::text = j.key');
    expect(rows).toHaveLength(3);
  });

  it('takes a notice once, however often it is replayed', async () => {
    await subscribe(await aChannel(), { check: world.checkId });
    const notice = ofCheck();
    expect(await enqueue(notice)).toEqual({ notices: 1, deliveries: 1 });
    expect(await enqueue(notice)).toEqual({ notices: 0, deliveries: 0 });
    expect((await at.client.query('select from graphile_worker.jobs')).rowCount).toBe(1);
  });

  it('forgets everything with the transaction', async () => {
    await subscribe(await aChannel(), { check: world.checkId });
    await expect(db.transaction().execute(async (trx) => { await enqueueNotices(trx, [ofCheck()]); throw new Error('crashed'); })).rejects.toThrow('crashed');
    expect((await at.client.query('select from notices')).rowCount).toBe(0);
    expect((await at.client.query('select from graphile_worker.jobs')).rowCount).toBe(0);
  });

  it('tells the end of an alert to whoever was told of it, subscribed or not by now', async () => {
    const channel = await aChannel();
    await subscribe(channel, { check: world.checkId });
    const alertId = randomUUID();
    await enqueue(ofCheck({ alertId }));
    await at.client.query('delete from alert_subscriptions');
    const [recovery, another] = [ofCheck({ kind: 'recovery', alertId }), ofCheck({ kind: 'recovery', alertId: randomUUID() })];
    await enqueue(recovery, another);
    expect([await told(recovery), await told(another)]).toEqual([[channel], []]);
  });

  it('tells what is of the account to channels that subscribe by themselves, else to all, and never a channel of its own trouble', async () => {
    const [one, other] = [await aChannel(), await aChannel()];
    const [down, failing] = [ofAccount({ kind: 'location_down' }), ofAccount({ kind: 'channel_failing', channel: { id: one, name: 'ops' } })];
    await enqueue(down, failing);
    expect([await told(down), await told(failing)]).toEqual([[one, other], [other]]);
    const auto = await aChannel({ auto_subscribe: true });
    const next = ofAccount({ kind: 'location_down' });
    await enqueue(next);
    expect(await told(next)).toEqual([auto]);
  });

  it('tells what is of listed checks to their subscribers', async () => {
    const [subscriber] = [await aChannel(), await aChannel({ auto_subscribe: true })];
    await subscribe(subscriber!, { check: world.checkId });
    const digest = ofAccount({ kind: 'digest', affected: { names: ['Redis'], count: 1, checkIds: [world.checkId] } });
    await enqueue(digest);
    expect(await told(digest)).toEqual([subscriber]);
  });

  it('tells each of many at once whom it would tell of each alone', async () => {
    const group = (await at.client.query(`insert into check_groups (account_id, name, definition) values ($1, 'Shop', '{}') returning id`, [world.accountId])).rows[0].id;
    await at.client.query('update checks set group_id = $1', [group]);
    const [direct, both, auto] = [await aChannel(), await aChannel({ send_degraded: true }), await aChannel({ auto_subscribe: true, send_recovery: false })];
    for (const channel of [direct, both]) await subscribe(channel, { check: world.checkId });
    for (const channel of [both, auto]) await subscribe(channel, { group });
    const alertId = randomUUID();
    const batch = (): Notice[] => [
      ofCheck({ alertId }), ofCheck({ kind: 'degraded', alertType: 'ALERT_DEGRADED' }), ofCheck({ kind: 'recovery', alertId }), ofAccount({ kind: 'location_down' }), ofAccount({ kind: 'location_up' }),
      ofAccount({ kind: 'channel_failing', channel: { id: auto, name: 'ops' } }), ofAccount({ kind: 'digest', affected: { names: ['Redis', 'Redis'], count: 2, checkIds: [world.checkId, world.checkId] } }),
    ];
    const [together, alone] = [batch(), batch()];
    await enqueue(...together);
    for (const notice of alone) await enqueue(notice);
    const toldOf = async (notices: readonly Notice[]): Promise<number[][]> => {
      const channels: number[][] = [];
      for (const notice of notices) channels.push(await told(notice));
      return channels;
    };
    const expected = [[direct, both, auto], [both], [direct, both], [auto], [direct, both], [direct, both], [direct, both, auto]];
    expect([await toldOf(together), await toldOf(alone)]).toEqual([expected, expected]);
    const { rows } = await at.client.query('select from graphile_worker.jobs j join notice_deliveries d on d.id::text = j.key');
    expect(rows).toHaveLength(2 * expected.flat().length);
  });

  it('can be filled within one account’s own transaction, which cannot see the queue', async () => {
    await subscribe(await aChannel(), { check: world.checkId });
    expect(await asAccount(db, world.accountId, (trx) => enqueueNotices(trx, [ofCheck()]))).toEqual({ notices: 1, deliveries: 1 });
    await expect(asAccount(db, world.accountId, (trx) => trx.selectFrom('graphile_worker.jobs' as never).selectAll().execute())).rejects.toThrow('permission denied');
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aTestAuthority } from '#shared/testing/test-certificates.ts';
import { systemClock } from '#shared/time/clock.ts';
import type { Notice } from '../alerting/notice.ts';
import { aNotice } from '../alerting/testing/a-notice.ts';
import type { ChannelSender } from '../channels/channel-sender.ts';
import { guardedHttp } from '../channels/http/guarded-request.ts';
import { aSender, loopbackGuard } from '../channels/testing/a-sender.ts';
import { type HttpSink, OK, startHttpSink } from '../channels/testing/http-sink.ts';
import { connectKysely, connectPool, type Db } from '../store/connect.ts';
import { enqueueNotices } from '../store/outbox.ts';
import { aStore, type AStore } from '../store/testing/a-store.ts';
import { QUIET } from '../store/testing/quiet.ts';
import { aWorld, type World } from '../store/testing/rows.ts';
import { NoticeDelivery } from './deliver-notices.ts';
import { ATTEMPTS_MAX } from './delivery-step.ts';

let at: AStore;
let world: World;
let db: Db;
let sink: HttpSink;
let sender: ChannelSender;
let delivery: NoticeDelivery;

beforeAll(async () => {
  at = await aStore();
  world = await aWorld(at.store);
  db = connectKysely(connectPool({ databaseUrl: at.database.url, applicationName: 'judge', connectionsMax: 2, statementTimeoutMs: 5_000, log: QUIET }));
  sender = aSender({ http: guardedHttp(loopbackGuard({ timeoutMs: 300 })) });
});
afterAll(async () => {
  await sender?.close();
  await db?.destroy();
  await at?.end();
});
beforeEach(async () => {
  await at.client.query('delete from notices; delete from alert_channels; select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))');
  sink = await startHttpSink();
  delivery = aDelivery();
});
afterEach(() => sink.close());

function aDelivery(through: Pick<ChannelSender, 'send'> = sender): NoticeDelivery {
  return new NoticeDelivery({ store: at.store, sender: through, openSecrets: () => ({}), clock: systemClock, log: QUIET as never, ids: randomUUID, random: () => 0.5 });
}
async function aWebhook(url = `${sink.url}/hook`, columns: Record<string, unknown> = {}): Promise<number> {
  const row = { account_id: world.accountId, type: 'WEBHOOK', config: JSON.stringify({ name: 'hook', url }), ...columns };
  const { rows } = await at.client.query(
    `insert into alert_channels (${Object.keys(row).join(', ')}) values (${Object.keys(row).map((_, n) => `$${n + 1}`).join(', ')}) returning id`, Object.values(row));
  await at.client.query('insert into alert_subscriptions (account_id, channel_id, check_id) values ($1, $2, $3)', [world.accountId, rows[0].id, world.checkId]);
  return rows[0].id;
}
const notice = (changes: Partial<Notice> = {}): Notice => aNotice({ id: randomUUID(), alertId: randomUUID(), accountId: world.accountId, ...changes, check: { ...aNotice().check!, id: world.checkId } });
const enqueue = (...notices: Notice[]) => db.transaction().execute((trx) => enqueueNotices(trx, notices));
type Row = { id: string; state: string; attempts: number; answer: { status?: number; code?: string; message?: string } | null; is_rate_limited: boolean; wait_ms: number; kind: string; channel_id: number };
const rows = async (): Promise<Row[]> => (await at.client.query(`
  select d.id, d.state, d.attempts, d.answer, d.is_rate_limited, extract(epoch from d.due_at - now())::float8 * 1000 as wait_ms, n.kind, d.channel_id
  from notice_deliveries d join notices n on n.id = d.notice_id order by d.created_at, n.created_at, d.channel_id`)).rows;
const row = async (): Promise<Row> => (await rows())[0]!;
/** The wait for a next attempt is over. */
const itIsTime = () => at.client.query(`update notice_deliveries set due_at = now() - interval '1 ms' where state = 'pending'`);
const attempt = async (): Promise<Row> => {
  await itIsTime();
  await delivery.deliver((await row()).id);
  return row();
};
const idsSeen = (): Set<string> => new Set(sink.requests.flatMap(({ headers, body }) => [String(headers['webhook-id']), JSON.parse(body).id]));

describe('a delivery', () => {
  it('is made by the queue as soon as its transaction commits, and once', async () => {
    await aWebhook();
    const stopping = new AbortController();
    delivery.start(stopping.signal);
    await enqueue(notice());
    await expect.poll(async () => (await row()).state, { timeout: 10_000 }).toBe('delivered');
    stopping.abort();
    await delivery.settled();
    expect(sink.requests).toHaveLength(1);
    expect(idsSeen()).toEqual(new Set([(await row()).id]));
    expect(JSON.parse(sink.requests[0]!.body)).toMatchObject({ type: 'alert.failure', data: { check: { name: 'Redis EU' }, result: { failure: { code: 'ECONNREFUSED', phase: 'connect' } } } });
  });

  it('that meets a 500, a hang, a redirect, an eaten answer and a refused connection is tried again later each time, with one id', async () => {
    await aWebhook();
    await enqueue(notice());
    sink.script.push(
      { do: 'answer', status: 500, body: 'oops' }, { do: 'hang' }, { do: 'answer', status: 302, headers: { location: `${sink.url}/elsewhere` } }, { do: 'eat' }, OK,
    );
    const seen: unknown[] = [];
    for (let n = 1; n <= 5; n += 1) {
      const { state, answer, wait_ms: waitMs } = await attempt();
      seen.push([state, answer?.status ?? answer?.code, state === 'delivered' || waitMs > 1_000]);
    }
    expect(seen).toEqual([['pending', 500, true], ['pending', 'TIMEOUT', true], ['pending', 302, true], ['pending', 'ECONNRESET', true], ['delivered', 200, true]]);
    expect(idsSeen()).toEqual(new Set([(await row()).id]));
    expect(sink.requests.map(({ url }) => url)).toEqual(Array.from({ length: 5 }, () => '/hook'));
  });

  it('that is asked to wait waits for as long, shows it, and so do the others of its channel', async () => {
    await aWebhook();
    await enqueue(notice());
    sink.script.push({ do: 'answer', status: 429, headers: { 'retry-after': '600' } });
    const { state, is_rate_limited: isLimited, wait_ms: waitMs } = await attempt();
    expect([state, isLimited, waitMs > 590_000 && waitMs < 610_000]).toEqual(['pending', true, true]);
    await enqueue(notice());
    for (const { id } of await rows()) await delivery.deliver(id);
    const [, other] = await rows();
    expect([sink.requests.length, other?.state, other!.wait_ms > 590_000]).toEqual([1, 'pending', true]);
    await itIsTime();
    for (const { id } of await rows()) await delivery.deliver(id);
    expect((await rows()).map((each) => each.state)).toEqual(['delivered', 'delivered']);
  });

  it('that meets 410 is dead, its channel is disabled, and another channel is told', async () => {
    const gone = await aWebhook(`${sink.url}/gone`);
    const other = await aWebhook(`${sink.url}/other`, { send_failure: true });
    await at.client.query('delete from alert_subscriptions where channel_id = $1', [other]);
    await enqueue(notice());
    sink.script.push({ do: 'answer', status: 410 });
    await attempt();
    const [dead, told] = await rows();
    expect([dead?.state, dead?.answer?.status, told?.kind, told?.channel_id]).toEqual(['dead', 410, 'channel_failing', other]);
    expect((await at.client.query('select disabled_reason from alert_channels where id = $1 and disabled_at is not null', [gone])).rows).toEqual([{ disabled_reason: 'its address answered 410' }]);
    await delivery.deliver(told!.id);
    expect(JSON.parse(sink.requests[1]!.body).data.title).toBe("The channel 'hook' is gone and was disabled");
  });

  it('whose other side has a certificate nobody vouches for sends nothing, and says why', async () => {
    const strange = await startHttpSink({ tls: aTestAuthority().issue() });
    await aWebhook(strange.url);
    await enqueue(notice());
    const { state, answer } = await attempt();
    expect([state, answer?.code, strange.requests]).toEqual(['pending', expect.stringMatching(/CERT|SELF_SIGNED|UNABLE/), []]);
    await strange.close();
  });

  it('is a dead letter after its last attempt; the channel is told of once, through another, and never in a circle', async () => {
    const [one, other] = [await aWebhook(`${sink.url}/one`), await aWebhook(`${sink.url}/other`)];
    await at.client.query('delete from alert_subscriptions where channel_id = $1', [other]);
    await sink.close();
    await enqueue(notice());
    const [{ id }] = await rows() as [Row];
    for (let n = 1; n <= ATTEMPTS_MAX; n += 1) {
      await itIsTime();
      await delivery.deliver(id);
    }
    const [dead, ...told] = await rows();
    expect([dead?.state, dead?.attempts, dead?.channel_id]).toEqual(['dead', ATTEMPTS_MAX, one]);
    expect(told.map(({ kind, channel_id: channel }) => [kind, channel])).toEqual([['channel_failing', other]]);
    for (let n = 1; n <= ATTEMPTS_MAX; n += 1) {
      await itIsTime();
      await delivery.deliver(told[0]!.id);
    }
    expect((await rows()).map(({ kind, state }) => [kind, state])).toEqual([['failure', 'dead'], ['channel_failing', 'dead']]);
    sink = await startHttpSink();
  });

  it('of the end of an alert waits for its beginning', async () => {
    await aWebhook();
    const failure = notice();
    const recovery = notice({ kind: 'recovery', alertId: failure.alertId, createdAtMs: failure.createdAtMs + 1 });
    await enqueue(failure);
    await enqueue(recovery);
    const [first, second] = await rows();
    await delivery.deliver(second!.id);
    expect(sink.requests).toHaveLength(0);
    await delivery.deliver(first!.id);
    await itIsTime();
    await delivery.deliver(second!.id);
    expect(sink.requests.map(({ body }) => JSON.parse(body).type)).toEqual(['alert.failure', 'alert.recovery']);
  });

  it('waits for its turn when there are many, shows that, and is not sent twice by two coordinators', async () => {
    await aWebhook();
    await enqueue(...Array.from({ length: 30 }, () => notice()));
    const all = await rows();
    await Promise.all([delivery, aDelivery()].map(async (each) => { for (const { id } of all) await each.deliver(id); }));
    const after = await rows();
    expect(sink.requests).toHaveLength(20);
    expect(new Set(sink.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(20);
    expect(after.filter(({ state, is_rate_limited: isLimited }) => state === 'pending' && isLimited)).toHaveLength(10);
    // Each has its own turn.
    await at.client.query(`update notice_deliveries set due_at = now() - interval '1 ms' where state = 'pending'`);
    for (const { id } of all) await delivery.deliver(id);
    expect((await rows()).every(({ state }) => state === 'delivered')).toBe(true);
    expect(sink.requests).toHaveLength(30);
  });

  it('whose coordinator died in the middle is found, and made again with the same id', async () => {
    await aWebhook();
    await enqueue(notice());
    const { id } = await row();
    // A coordinator took the job and the claim, sent, and died.
    await at.client.query(`update graphile_worker._private_jobs set locked_at = now(), locked_by = 'dead', attempts = 1`);
    const dying = aDelivery({ send: async (...told) => { await sender.send(...told); return new Promise(() => {}); } });
    void dying.deliver(id);
    await expect.poll(() => sink.requests.length).toBe(1);
    expect(await at.store.requeueStuck(10)).toBe(0);
    await at.client.query(`update notice_deliveries set attempting_since = now() - interval '2 minutes', due_at = now() - interval '2 minutes'`);
    expect(await at.store.requeueStuck(10)).toBe(1);
    const stopping = new AbortController();
    delivery.start(stopping.signal);
    await expect.poll(async () => (await row()).state, { timeout: 10_000 }).toBe('delivered');
    stopping.abort();
    await delivery.settled();
    expect([sink.requests.length, idsSeen()]).toEqual([2, new Set([id])]);
  });

  it('of a channel that was deleted or disabled meanwhile is not sent', async () => {
    const [deleted, disabled] = [await aWebhook(), await aWebhook()];
    await enqueue(notice());
    await at.client.query('delete from alert_channels where id = $1', [deleted]);
    await at.client.query(`update alert_channels set disabled_at = now(), disabled_reason = 'by hand' where id = $1`, [disabled]);
    for (const { id } of await rows()) await delivery.deliver(id);
    expect((await rows()).map(({ state, answer }) => [state, answer?.code])).toEqual([['dropped', 'CHANNEL_DELETED'], ['dead', 'CHANNEL_DISABLED']]);
    expect(sink.requests).toEqual([]);
  });
});

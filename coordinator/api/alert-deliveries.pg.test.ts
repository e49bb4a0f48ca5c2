import { randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/time/clock.ts';
import { parseCidrList } from '#shared/net/parse-cidrs.ts';
import { aNotice } from '../alerting/testing/a-notice.ts';
import { type HttpSink, startHttpSink } from '../channels/testing/http-sink.ts';
import { NoticeSide } from '../notice-side.ts';
import { connectKysely, connectPool, type Db } from '../store/connect.ts';
import { enqueueNotices } from '../store/outbox.ts';
import { aStore, type AStore } from '../store/testing/a-store.ts';
import { QUIET } from '../store/testing/quiet.ts';
import { aWorld, type World } from '../store/testing/rows.ts';
import type { ApiApp } from './api-app.ts';
import { createApi } from './create-api.ts';
import { mintToken } from './keys.ts';
import { SCOPES } from './scopes.ts';
import { hashToken } from './testing/api-for-tests.ts';

const token = mintToken('account', randomBytes);
const KEY = 'https-key-of-the-channel';
let at: AStore;
let world: World;
let db: Db;
let app: ApiApp;
let notices: NoticeSide;
let sink: HttpSink;

beforeAll(async () => {
  at = await aStore();
  world = await aWorld(at.store);
  await at.client.query('insert into api_keys (account_id, id, name, prefix, key_hash, scopes) values ($1, $2, $3, $4, $5, $6)', [world.accountId, randomUUID(), 'k', 'sk_', Buffer.from(hashToken(token)), [...SCOPES]]);
  db = connectKysely(connectPool({ databaseUrl: at.database.url, applicationName: 'judge', connectionsMax: 2, statementTimeoutMs: 5_000, log: QUIET }));
  const loopback = parseCidrList('127.0.0.0/8');
  notices = new NoticeSide({
    store: at.store, clock: systemClock, log: QUIET as never, ids: randomUUID, random: () => 0.5, publicUrl: () => 'https://sonde.example', readVariables: async () => ({}),
    settings: { smtpUrl: null, smtpFrom: 'sonde@localhost', twilio: null, webhooks: { allowHttp: true, allowNetworks: loopback.ok ? loopback.list : [] } },
    // Sealed here by nothing at all.
    openSecrets: ({ sealed }) => (sealed === null ? {} : JSON.parse(Buffer.from(sealed).toString('utf8')) as Record<string, string>),
  });
  app = createApi({
    store: at.store, hashToken, clock: systemClock, ids: randomUUID, version: '0', log: pino({ level: 'silent' }), channels: notices,
    shots: { run: async () => ({ kind: 'no_agent' }) }, health: () => ({ isReady: true, problems: [] }),
  });
  sink = await startHttpSink();
});
afterAll(async () => {
  await app?.close();
  await notices?.settled();
  await sink?.close();
  await db?.destroy();
  await at?.end();
});
beforeEach(async () => {
  await at.client.query('delete from notices; delete from alert_channels');
  sink.requests.length = 0;
});

const ask = (method: 'GET' | 'POST', url: string, payload?: object) => app.inject({ method, url, headers: { authorization: `Bearer ${token}` }, ...(payload ? { payload } : {}) });

/** A webhook with a locked header, and a notice that it got. */
async function aDelivery(): Promise<{ channelId: number; deliveryId: string }> {
  const config = { name: 'ops', url: `${sink.url}/hook`, headers: [{ key: 'X-Key', value: '[redacted]', locked: true }] };
  const { rows: [channel] } = await at.client.query(
    `insert into alert_channels (account_id, type, config, sealed, auto_subscribe) values ($1, 'WEBHOOK', $2, $3, true) returning id`,
    [world.accountId, JSON.stringify(config), Buffer.from(JSON.stringify({ 'headers.0.value': KEY }))],
  );
  await db.transaction().execute((trx) => enqueueNotices(trx, [aNotice({ id: randomUUID(), accountId: world.accountId, check: null, kind: 'location_down' })]));
  const { rows: [delivery] } = await at.client.query('select id from notice_deliveries');
  return { channelId: channel.id, deliveryId: delivery.id };
}

describe('the log of deliveries', () => {
  it('shows each on its way and when it has arrived, without secrets', async () => {
    const { channelId, deliveryId } = await aDelivery();
    expect((await ask('GET', '/v1/alert-notifications')).json()).toMatchObject([{ id: deliveryId, status: 'IN_PROGRESS', notificationResult: null, canBeResent: false }]);
    await notices.delivery.deliver(deliveryId);
    const answer = await ask('GET', `/v1/alert-notifications?alertChannelId=${channelId}&hasFailures=false`);
    expect(answer.json()).toMatchObject([{
      id: deliveryId, type: 'WEBHOOK', status: 'SUCCESS', alertChannelId: channelId, channelName: 'ops', kind: 'location_down', attempts: 1,
      notificationResult: '200 OK\nok', answer: { status: 200, code: null }, alertConfig: { headers: [{ key: 'X-Key', value: '[redacted]' }] }, nextAttemptAt: null,
    }]);
    expect(answer.headers['content-range']).toBe('0-0/1');
    expect(sink.requests[0]?.headers['x-key']).toBe(KEY);
    expect(answer.body).not.toContain(KEY);
    expect((await ask('GET', '/v1/alert-notifications?hasFailures=true')).json()).toEqual([]);
  });

  it('lets a dead letter be sent again, with the id it had', async () => {
    const { deliveryId } = await aDelivery();
    expect((await ask('POST', `/v1/alert-notifications/${deliveryId}/resend`)).statusCode).toBe(409);
    sink.script.push({ do: 'answer', status: 410, body: `no such key ${KEY}` });
    await notices.delivery.deliver(deliveryId);
    const [dead] = (await ask('GET', '/v1/alert-notifications?hasFailures=true')).json();
    expect([dead.status, dead.canBeResent, dead.notificationResult]).toEqual(['FAILURE', true, '410 Gone\nno such key [redacted]']);
    await at.client.query('update alert_channels set disabled_at = null');
    expect((await ask('POST', `/v1/alert-notifications/${deliveryId}/resend`)).json()).toMatchObject({ id: deliveryId, status: 'IN_PROGRESS' });
    await notices.delivery.deliver(deliveryId);
    expect((await ask('GET', '/v1/alert-notifications')).json()).toMatchObject([{ id: deliveryId, status: 'SUCCESS', attempts: 2 }]);
    expect(sink.requests.map(({ headers }) => headers['webhook-id'])).toEqual([deliveryId, deliveryId]);
  });
});

describe('trying out a channel', () => {
  it('sends a test now and shows what the other side said, 200 whatever that was', async () => {
    const { channelId } = await aDelivery();
    sink.script.push({ do: 'answer', status: 403, body: 'wrong token' });
    const answer = await ask('POST', `/v1/alert-channels/${channelId}/test`);
    expect([answer.statusCode, answer.json()]).toEqual([200, { isDelivered: false, answer: { status: 403, code: null, message: '403 Forbidden\nwrong token' } }]);
    expect([sink.requests[0]?.headers['x-key'], JSON.parse(sink.requests[0]!.body).data.title]).toEqual([KEY, 'Sonde: this channel works']);
    expect((await ask('POST', '/v1/alert-channels/999999/test')).statusCode).toBe(404);
    expect((await ask('POST', '/v1/alert-channels/x/test')).statusCode).toBe(404);
  });

  it('works before the channel is saved, and while it is edited with the secrets it has', async () => {
    const { channelId } = await aDelivery();
    const config = { url: `${sink.url}/new`, headers: [{ key: 'X-Key', value: '[redacted]', locked: true }] };
    expect((await ask('POST', '/v1/alert-channels/test', { type: 'WEBHOOK', config, id: channelId })).json()).toMatchObject({ isDelivered: true, answer: { status: 200 } });
    expect([sink.requests[0]?.url, sink.requests[0]?.headers['x-key']]).toEqual(['/new', KEY]);
    const lost = await ask('POST', '/v1/alert-channels/test', { type: 'WEBHOOK', config });
    expect([lost.statusCode, lost.json().errors[0].path]).toEqual([400, 'config.headers.0.value']);
    const wrong = await ask('POST', '/v1/alert-channels/test', { type: 'EMAIL', config: { address: 'x', adress: 'y' } });
    expect(wrong.json().errors.map(({ path }: { path: string }) => path)).toEqual(['config.address', 'config.adress']);
    expect((await ask('POST', '/v1/alert-channels/test', { type: 'EMAIL', config: { address: 'a@example.com' } })).json())
      .toMatchObject({ isDelivered: false, answer: { status: null, code: 'NOT_CONFIGURED', message: expect.stringContaining('SONDE_SMTP_URL') } });
  });

  it('offers a form for each kind', async () => {
    const forms = (await ask('GET', '/v1/alert-channel-forms')).json();
    expect(forms.map(({ kind }: { kind: string }) => kind)).toEqual(expect.arrayContaining(['EMAIL', 'WEBHOOK', 'SLACK', 'WEBHOOK_MSTEAMS', 'PAGERDUTY', 'CALL']));
  });
});

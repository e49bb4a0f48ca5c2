/**
 * A check as a new user makes it: its port is closed, one email and one signed webhook arrive, with a text to act on;
 * the port is opened again, and one recovery arrives on each. That an agent and the coordinator were killed before
 * is nobody's alert.
 */
import { createHmac } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest';
import { startHttpSink, type HttpSink } from '#coordinator/channels/testing/http-sink.ts';
import { aCheckBody } from './testing/api.ts';
import { eventually } from './testing/eventually.ts';
import { Fleet } from './testing/fleet.ts';
import type { NodeProcess } from './testing/node-process.ts';

const SECRET = 'a secret of the webhook';
const PUBLIC_URL = 'http://sonde.example';
/** A slot every 10 s, and the way to the channel. */
const TOLD = { withinMs: 25_000, everyMs: 100 };

let fleet: Fleet;
let coordinator: NodeProcess;
let agent: NodeProcess;
let sink: HttpSink;
let port: number;
let openTarget: () => Promise<void>;
let closeTarget: () => Promise<void>;
const mails: string[] = [];
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  fleet = await Fleet.open();
  try {
    sink = await startHttpSink();
    fleet.onEnd(() => sink.close());
    env = {
      SONDE_SMTP_URL: `smtp://127.0.0.1:${await startMailServer()}`, SONDE_PUBLIC_URL: PUBLIC_URL, SONDE_WEBHOOK_ALLOW_HTTP: '1', SONDE_WEBHOOK_ALLOW_NETWORKS: '127.0.0.0/8',
    };
    coordinator = await fleet.startCoordinator({ env });
    const key = await fleet.addLocation('loc-1');
    agent = await fleet.startAgent('one', key);
    await startTarget();
  } catch (error) {
    console.error(fleet.logs());
    throw error;
  }
});
beforeEach(() => { onTestFailed(() => { console.error(fleet.logs()); }); });
afterAll(() => fleet?.end());

async function startMailServer(): Promise<number> {
  const server = new SMTPServer({
    authOptional: true, disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => { mails.push(Buffer.concat(parts).toString('utf8')); done(); });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', () => resolve()); });
  fleet.onEnd(() => new Promise((resolve) => { server.close(() => resolve()); }));
  return (server.server.address() as AddressInfo).port;
}

/** On one port, opened and closed at will. */
async function startTarget(): Promise<void> {
  let server: Server | null = null;
  const sockets = new Set<Socket>();
  openTarget = async () => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.on('data', () => socket.write('PONG\r\n'));
    });
    await new Promise<void>((resolve, reject) => { server!.once('error', reject).listen({ host: '127.0.0.1', port: port ?? 0 }, resolve); });
    port = (server.address() as AddressInfo).port;
  };
  closeTarget = async () => {
    const closing = server;
    server = null;
    if (closing) await new Promise<void>((resolve) => { closing.close(() => resolve()); for (const socket of sockets) socket.destroy(); });
  };
  fleet.onEnd(() => closeTarget());
  await openTarget();
}

test('a closed port is told once by each channel, and so is its opening; what happens to agent and coordinator is not', async () => {
  await fleet.api.must('POST', '/v1/alert-channels', { type: 'EMAIL', config: { address: 'ops@example.com' } });
  await fleet.api.must('POST', '/v1/alert-channels', { type: 'WEBHOOK', config: { name: 'hook', url: `${sink.url}/hook`, method: 'POST', webhookSecret: SECRET } });
  const { id } = await fleet.api.must<{ id: string }>('POST', '/v1/checks/tcp', aCheckBody(port, { name: 'Redis EU' }));
  const status = (wanted: string) => eventually(`the check to be ${wanted}`, async () =>
    (await fleet.api.must<{ status: string }>('GET', `/v1/check-statuses/${id}`)).status === wanted, TOLD);
  await status('passing');

  await Promise.all([agent.kill9(), coordinator.kill9()]);
  coordinator = await fleet.startCoordinator({ env });
  agent = await fleet.startAgent('one', 'pl_not_needed_again');
  await closeTarget();
  await eventually('an email and a webhook', async () => mails.length > 0 && sink.requests.length > 0, TOLD);
  const [hook] = sink.requests;
  const { data } = JSON.parse(hook!.body);
  const mail = await PostalMime.parse(mails[0]!);
  expect([hook!.headers['x-checkly-signature'], hook!.headers['webhook-signature']]).toEqual([createHmac('sha256', SECRET).update(hook!.body).digest('hex'), expect.stringMatching(/^v1,/)]);
  expect(data).toMatchObject({ kind: 'failure', alertType: 'ALERT_FAILURE', check: { id, name: 'Redis EU', target: `127.0.0.1:${port}` }, result: { locationCode: 'loc-1', failure: { phase: 'connect', code: 'ECONNREFUSED' } } });
  expect(mail.subject).toContain('Redis EU is failing');
  // What failed, in which phase and how, from where, since when, and where to look.
  for (const words of ['Check: Redis EU', `Target: 127.0.0.1:${port}`, 'connect', 'ECONNREFUSED', 'Seen from loc-1', 'Since 2', `${PUBLIC_URL}/checks/${id}`]) expect(mail.text).toContain(words);
  expect(mail.html).toContain('ECONNREFUSED');
  expect(data.link).toContain(`${PUBLIC_URL}/checks/${id}`);
  const [alert] = await fleet.api.must<readonly { id: string; isOpen: boolean }[]>('GET', '/v1/alerts?isOpen=true');
  expect(alert).toMatchObject({ id: data.alertId, checkId: id, kind: 'failure', lastNotice: { locations: ['loc-1'], failure: { code: 'ECONNREFUSED' } } });

  await openTarget();
  await eventually('both recoveries', async () => mails.length > 1 && sink.requests.length > 1, TOLD);
  await status('passing');
  const kinds = sink.requests.map(({ body }) => [JSON.parse(body).type, JSON.parse(body).data.alertId]);
  expect(kinds).toEqual([['alert.failure', data.alertId], ['alert.recovery', data.alertId]]);
  expect((await Promise.all(mails.map((raw) => PostalMime.parse(raw)))).map(({ subject }) => subject)).toEqual([expect.stringContaining('is failing'), expect.stringContaining('has recovered')]);
  expect(await fleet.api.must('GET', `/v1/check-alerts/${id}`)).toMatchObject([{ alertType: 'ALERT_RECOVERY' }, { alertType: 'ALERT_FAILURE', statusCode: 'ECONNREFUSED' }]);
  expect(await fleet.api.must('GET', '/v1/alerts?isOpen=true')).toEqual([]);
}, 120_000);

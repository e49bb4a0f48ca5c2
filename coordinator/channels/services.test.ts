import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Secret } from '#shared/settings/secret.ts';
import type { Notice } from '../alerting/notice.ts';
import { aNotice } from '../alerting/testing/a-notice.ts';
import type { Channel, ChannelType } from './channel-kinds.ts';
import type { ChannelSender } from './channel-sender.ts';
import { aSender } from './testing/a-sender.ts';
import { type HttpSink, type SinkAnswer, type SinkRequest, startHttpSink } from './testing/http-sink.ts';

/** Each service as its documentation describes it: what it takes, to the letter, and how it answers. */
const json = (status: number, body: unknown): SinkAnswer => ({ do: 'answer', status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const text = (status: number, body: string): SinkAnswer => ({ do: 'answer', status, body });
const parse = <T extends z.ZodType>(schema: T, { body, headers }: SinkRequest): z.ZodSafeParseResult<z.output<T>> =>
  schema.safeParse(headers['content-type'] === 'application/json' ? JSON.parse(body) : body);

const plain = (max: number) => z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(max), emoji: z.boolean() });
const SLACK = z.strictObject({
  text: z.string().max(4_000), link_names: z.literal(false), unfurl_links: z.boolean(), unfurl_media: z.boolean(),
  attachments: z.array(z.strictObject({ color: z.string().regex(/^#[0-9a-f]{6}$/), blocks: z.array(z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('header'), text: plain(150) }),
    z.strictObject({ type: z.literal('section'), text: plain(3_000).optional(), fields: z.array(plain(2_000)).min(1).max(10).optional() }),
    z.strictObject({ type: z.literal('actions'), elements: z.array(z.strictObject({ type: z.literal('button'), text: plain(75), url: z.url().max(3_000) })).max(25) }),
  ])).max(50) })),
});
const SLACK_POST = SLACK.extend({
  channel: z.string().regex(/^(#[a-z0-9_-]{1,80}|[CG][A-Z0-9]{8,})$/), metadata: z.strictObject({ event_type: z.string().regex(/^[a-z_]+$/), event_payload: z.record(z.string(), z.string()) }),
});
/** The Web API says no with 200. */
function slackApp(request: SinkRequest): SinkAnswer {
  if (request.headers.authorization !== 'Bearer xoxb-canary-token') return json(200, { ok: false, error: 'invalid_auth' });
  if (request.headers['content-type'] !== 'application/json; charset=utf-8') return json(200, { ok: false, error: 'missing_charset' });
  const posted = SLACK_POST.safeParse(JSON.parse(request.body));
  if (!posted.success) return json(200, { ok: false, error: 'invalid_arguments' });
  if (posted.data.channel === '#archived') return json(200, { ok: false, error: 'is_archived' });
  if (posted.data.channel === '#busy') return { ...json(429, { ok: false, error: 'ratelimited' }), headers: { 'retry-after': '30' } } as SinkAnswer;
  if (posted.data.channel === '#broken') return json(200, { ok: false, error: 'internal_error' });
  return json(200, { ok: true, channel: 'C012AB3CD', ts: '1503435956.000247', message: { text: posted.data.text } });
}
const textBlock = z.strictObject({ type: z.literal('TextBlock'), text: z.string(), weight: z.literal('Bolder').optional(), size: z.literal('Medium').optional(), wrap: z.boolean() });
const TEAMS = z.strictObject({
  type: z.literal('message'),
  attachments: z.array(z.strictObject({
    contentType: z.literal('application/vnd.microsoft.card.adaptive'), contentUrl: z.null(),
    content: z.strictObject({
      type: z.literal('AdaptiveCard'), $schema: z.string(), version: z.literal('1.4'), msteams: z.strictObject({ width: z.literal('Full') }),
      body: z.array(z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('Container'), style: z.enum(['default', 'emphasis', 'good', 'attention', 'warning', 'accent']), bleed: z.boolean(), items: z.array(textBlock) }),
        textBlock,
        z.strictObject({ type: z.literal('FactSet'), facts: z.array(z.strictObject({ title: z.string(), value: z.string() })) }),
      ])),
      actions: z.array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string(), url: z.url() })).optional(),
    }),
  })).length(1),
});
const DISCORD = z.strictObject({
  allowed_mentions: z.strictObject({ parse: z.array(z.string()).length(0) }),
  embeds: z.array(z.strictObject({
    title: z.string().max(256), description: z.string().max(4_096), color: z.int().min(0).max(0xffffff), url: z.url().optional(), footer: z.strictObject({ text: z.string().max(2_048) }),
    fields: z.array(z.strictObject({ name: z.string().min(1).max(256), value: z.string().min(1).max(1_024), inline: z.boolean() })).max(25),
  })).max(10),
}).refine(({ embeds }) => JSON.stringify(embeds.map(({ title, description, fields, footer }) => [title, description, footer.text, ...fields.flatMap(({ name, value }) => [name, value])])).length <= 6_000);
const TELEGRAM = z.strictObject({
  chat_id: z.string(), message_thread_id: z.int().optional(), text: z.string().min(1).max(4_096), link_preview_options: z.strictObject({ is_disabled: z.literal(true) }),
});
const INCIDENT_IO = z.strictObject({
  title: z.string().min(1), description: z.string(), deduplication_key: z.string().min(1), status: z.enum(['firing', 'resolved']), source_url: z.url().optional(), metadata: z.record(z.string(), z.unknown()),
});
const PAGERDUTY = z.discriminatedUnion('event_action', [
  z.strictObject({ routing_key: z.string().length(32), dedup_key: z.string().max(255), event_action: z.literal('resolve') }),
  z.strictObject({
    routing_key: z.string().length(32), dedup_key: z.string().max(255), event_action: z.literal('trigger'), client: z.string(), client_url: z.url().optional(),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })).optional(),
    payload: z.strictObject({
      summary: z.string().min(1).max(1_024), source: z.string().min(1), severity: z.enum(['critical', 'error', 'warning', 'info']), timestamp: z.iso.datetime(),
      component: z.string().optional(), group: z.string().optional(), class: z.string().optional(), custom_details: z.record(z.string(), z.unknown()),
    }),
  }),
]);
const OPSGENIE_CREATE = z.strictObject({
  message: z.string().min(1).max(130), alias: z.string().max(512), description: z.string().max(15_000), priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']), source: z.string().max(100),
  entity: z.string().max(512).optional(), tags: z.array(z.string().max(50)).max(20).optional(), details: z.record(z.string(), z.string()),
});
const OPSGENIE_CLOSE = z.strictObject({ source: z.string().max(100), note: z.string().max(25_000) });

function judge(request: SinkRequest): SinkAnswer | null {
  const url = new URL(request.url, 'http://service');
  if (url.pathname === '/slack/T0/B0/key') return parse(SLACK, request).success ? text(200, 'ok') : text(400, 'invalid_payload');
  if (url.pathname === '/api/chat.postMessage') return slackApp(request);
  if (url.pathname === '/teams') return parse(TEAMS, request).success && request.body.length < 28_672 ? text(202, '') : json(400, { error: { code: 'TriggerInputSchemaMismatch' } });
  if (url.pathname === '/discord/api/webhooks/1/key') return url.searchParams.get('wait') === 'true' && parse(DISCORD, request).success ? json(200, { id: '1' }) : json(400, { code: 50035, message: 'Invalid Form Body' });
  if (url.pathname === '/bot1:key/sendMessage') return url.search === '' && parse(TELEGRAM, request).success ? json(200, { ok: true, result: {} }) : json(400, { ok: false, error_code: 400, description: 'Bad Request' });
  if (url.pathname === '/v2/alert_events/http/1') {
    if (request.headers.authorization !== 'Bearer incident-key') return json(401, { type: 'authentication_error' });
    return parse(INCIDENT_IO, request).success ? json(202, { status: 'success' }) : json(422, { type: 'validation_error' });
  }
  if (url.pathname === '/v2/enqueue') return parse(PAGERDUTY, request).success ? json(202, { status: 'success', message: 'Event processed', dedup_key: 'x' }) : json(400, { status: 'invalid event', message: 'Event object is invalid' });
  if (url.pathname.startsWith('/v2/alerts')) {
    if (request.headers.authorization !== 'GenieKey genie-key') return json(403, { message: 'Key format is not valid!' });
    const isClose = /^\/v2\/alerts\/[^/]+\/close$/.test(url.pathname) && url.searchParams.get('identifierType') === 'alias';
    return (isClose ? parse(OPSGENIE_CLOSE, request) : parse(OPSGENIE_CREATE, request)).success ? json(202, { result: 'Request will be processed', requestId: '1' }) : json(422, { message: 'Request body is not processable' });
  }
  const twilio = /^\/2010-04-01\/Accounts\/AC1\/(Messages|Calls)\.json$/.exec(url.pathname)?.[1];
  if (twilio) {
    if (request.headers.authorization !== `Basic ${Buffer.from('AC1:twilio-token-0123').toString('base64')}`) return json(401, { code: 20003 });
    const form = Object.fromEntries(new URLSearchParams(request.body));
    const schema = twilio === 'Messages' ? z.strictObject({ To: z.string(), From: z.string(), Body: z.string().min(1).max(1_600) })
      : z.strictObject({ To: z.string(), From: z.string(), Twiml: z.string().max(4_000).regex(/^<Response>(<Say>[^<]*<\/Say>|<Pause length="\d"\/>)+<\/Response>$/) });
    return schema.safeParse(form).success ? json(201, { sid: 'SM1', status: 'queued' }) : json(400, { code: 21_604 });
  }
  return null;
}

/** What a hostile target, and whoever named the check, would like a reader's program to do. */
const HOSTILE = '@everyone <!channel> <@U1> [click](https://evil.example) https://evil.example/x *b* `c` <b>html</b> & "q" \\ \u202egnp.exe\u0007\u0000 </Say><Hangup/>';
const long = (part: string): string => part.repeat(400);

let sink: HttpSink;
let sender: ChannelSender;
beforeAll(async () => {
  sink = await startHttpSink({ judge, otherwise: text(404, 'no such page') });
  sender = aSender({
    twilio: { url: sink.url, account: 'AC1', token: new Secret('twilio-token-0123'), from: '+15005550006' },
    services: { pagerDuty: `${sink.url}/v2/enqueue`, opsgenie: { US: sink.url, EU: sink.url }, slack: `${sink.url}/api` },
    readVariables: async (_account, names) => Object.fromEntries(Object.entries({ PD_KEY: 'f'.repeat(32), SLACK_BOT_TOKEN: 'xoxb-canary-token' }).filter(([name]) => names.includes(name))),
  });
});
afterAll(async () => {
  await sender?.close();
  await sink?.close();
});
beforeEach(() => { sink.requests.length = 0; });

const channel = (type: ChannelType, config: Record<string, unknown>): Channel => ({ id: 1, accountId: 'a', type, config });
const channels = (): Record<string, Channel> => ({
  Slack: channel('SLACK', { url: `${sink.url}/slack/T0/B0/key` }),
  'Slack app': channel('SLACK_APP', { slackChannels: ['#alerts'] }),
  Teams: channel('WEBHOOK', { webhookType: 'WEBHOOK_MSTEAMS', url: `${sink.url}/teams` }),
  Discord: channel('WEBHOOK', { webhookType: 'WEBHOOK_DISCORD', url: `${sink.url}/discord/api/webhooks/1/key` }),
  Telegram: channel('WEBHOOK', { webhookType: 'WEBHOOK_TELEGRAM', url: `${sink.url}/bot1:key/sendMessage?chat_id=-100&message_thread_id=7` }),
  'incident.io': channel('WEBHOOK', { webhookType: 'WEBHOOK_INCIDENTIO', url: `${sink.url}/v2/alert_events/http/1`, headers: [{ key: 'Authorization', value: 'Bearer incident-key' }] }),
  PagerDuty: channel('PAGERDUTY', { serviceKey: '{{PD_KEY}}' }),
  Opsgenie: channel('OPSGENIE', { apiKey: 'genie-key', region: 'EU', priority: 'P1' }),
  SMS: channel('SMS', { number: '+4930123456' }),
  Call: channel('CALL', { number: '+4930123456' }),
});
const NAMES = ['Slack', 'Slack app', 'Teams', 'Discord', 'Telegram', 'incident.io', 'PagerDuty', 'Opsgenie', 'SMS', 'Call'];
const hostile = (): Notice => {
  const notice = aNotice();
  return aNotice({
    title: `Redis is failing: ${HOSTILE}`, text: long(`${HOSTILE}\n`), affected: { names: Array.from({ length: 100 }, (_, n) => `${HOSTILE} ${n}`), count: 500 },
    check: { ...notice.check!, name: long(HOSTILE), groupName: long(HOSTILE), tags: Array.from({ length: 60 }, () => long('tag ')) },
    result: { ...notice.result!, failure: { phase: 'assert', code: 'X', message: long(HOSTILE) } }, failing: { codes: Array.from({ length: 200 }, (_, n) => `location-${n}`), of: 200 },
  });
};

describe('a service, as its documentation describes it,', () => {
  it.each(NAMES)('%s takes a failure and its end', async (name) => {
    for (const notice of [aNotice(), aNotice({ kind: 'recovery', alertType: 'ALERT_RECOVERY', title: 'Redis EU is passing again' }), aNotice({ kind: 'test', check: null, result: null, failing: null, alertId: null, sinceMs: null })]) {
      const { verdict, answer } = await sender.send(channels()[name]!, notice, 'd-1');
      expect([name, notice.kind, verdict.kind, answer]).toEqual([name, notice.kind, 'delivered', expect.objectContaining({ kind: 'answered' })]);
    }
    const [failure] = sink.requests;
    const told = name === 'SMS' || name === 'Call' ? decodeURIComponent(failure!.body.replaceAll('+', ' ')) : failure!.body;
    expect(told).toContain('Redis EU is failing: connection refused by 10.0.0.5:6379');
  });

  it.each(NAMES)('%s takes what a target says as text: within its limits, no mention, no link, no mark, no control', async (name) => {
    const { verdict, answer } = await sender.send(channels()[name]!, hostile(), 'd-1');
    expect([name, verdict.kind, answer]).toEqual([name, 'delivered', expect.anything()]);
    const [{ body }] = sink.requests as [SinkRequest];
    const seen = body.startsWith('{') ? JSON.stringify(JSON.parse(body)) : new URLSearchParams(body).get('Body') ?? new URLSearchParams(body).get('Twiml') ?? '';
    // eslint-disable-next-line no-control-regex
    expect(seen).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]|\\u0000|\\u202e/);
    if (name === 'PagerDuty' || name === 'Opsgenie') return; // They show text as text, and alias and details are not read by people in a chat.
    if (name.startsWith('Slack')) expect(JSON.parse(body).text).not.toMatch(/<!|<@|@everyone|https:\/\/evil/);
    else if (name === 'Call') expect(seen).not.toContain('<Hangup');
    else expect(seen).not.toMatch(name === 'SMS' ? /https:\/\/evil/ : /@everyone|https:\/\/evil/);
    if (['Teams', 'Discord'].includes(name)) expect(seen.replaceAll('\\\\', '\\')).not.toMatch(/[^\\]\[click|[^\\]<!channel/);
  });

  it('PagerDuty, Opsgenie and incident.io are told the end under the key of the beginning', async () => {
    const keyOf: Record<string, (request: SinkRequest) => unknown> = {
      PagerDuty: ({ body }) => [JSON.parse(body).dedup_key, JSON.parse(body).event_action],
      Opsgenie: ({ url, body }) => (url.includes('/close') ? [url.split('/')[3], 'close'] : [JSON.parse(body).alias, 'create']),
      'incident.io': ({ body }) => [JSON.parse(body).deduplication_key, JSON.parse(body).status],
    };
    const { alertId } = aNotice();
    for (const [name, words] of [['PagerDuty', ['trigger', 'resolve']], ['Opsgenie', ['create', 'close']], ['incident.io', ['firing', 'resolved']]] as const) {
      sink.requests.length = 0;
      await sender.send(channels()[name]!, aNotice(), 'd-1');
      await sender.send(channels()[name]!, aNotice({ kind: 'recovery' }), 'd-2');
      expect(sink.requests.map(keyOf[name]!)).toEqual(words.map((word) => [alertId, word]));
    }
  });

  it('Slack as an app is asked for each channel, and believed for what it says in its answer', async () => {
    const of = (...slackChannels: string[]) => sender.send(channel('SLACK_APP', { slackChannels, token: 'xoxb-canary-token' }), aNotice(), 'd-1');
    expect((await of('#alerts', 'C012AB3CD')).verdict.kind).toBe('delivered');
    expect(sink.requests.map(({ body }) => JSON.parse(body)).map(({ channel: to, metadata }) => [to, metadata.event_payload.delivery_id])).toEqual([['#alerts', 'd-1'], ['C012AB3CD', 'd-1']]);
    expect(await of('#archived', '#alerts')).toMatchObject({ verdict: { kind: 'refused' }, answer: { status: 200, body: expect.stringContaining('is_archived') } });
    expect(await of('#alerts', '#busy')).toMatchObject({ verdict: { kind: 'retry', afterMs: 30_000, isRateLimited: true } });
    expect(await of('#broken', '#archived')).toMatchObject({ verdict: { kind: 'retry', afterMs: null } });
    const wrong = await sender.send(channel('SLACK_APP', { slackChannels: ['#alerts'], token: 'xoxb-other-token' }), aNotice(), 'd-1');
    expect([wrong.verdict.kind, JSON.stringify(wrong)]).toEqual(['refused', expect.not.stringContaining('xoxb')]);
  });

  it('that refuses is not asked again, and its words are shown without the key', async () => {
    const wrong = await sender.send(channel('OPSGENIE', { apiKey: 'no-such-key' }), aNotice(), 'd-1');
    expect([wrong.verdict.kind, wrong.answer]).toEqual(['refused', expect.objectContaining({ status: 403 })]);
    const unknown = await sender.send(channel('PAGERDUTY', { serviceKey: '{{NOT_THERE}}' }), aNotice(), 'd-1');
    expect([unknown.verdict.kind, unknown.answer]).toEqual(['refused', { kind: 'unanswered', code: 'VARIABLE_MISSING', message: 'the account has no variable NOT_THERE' }]);
    const nowhere = await sender.send(channel('WEBHOOK', { webhookType: 'WEBHOOK_TELEGRAM', url: `${sink.url}/bot1:key/sendMessage` }), aNotice(), 'd-1');
    expect(nowhere.answer).toMatchObject({ code: 'BAD_ADDRESS' });
    const unset = aSender();
    expect((await unset.send(channels()['SMS']!, aNotice(), 'd-1')).answer).toMatchObject({ code: 'NOT_CONFIGURED', message: expect.stringContaining('SONDE_TWILIO_ACCOUNT') });
  });
});

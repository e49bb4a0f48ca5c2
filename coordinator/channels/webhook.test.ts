import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Notice } from '../alerting/notice.ts';
import { aNotice } from '../alerting/testing/a-notice.ts';
import type { Channel } from './channel-kinds.ts';
import type { ChannelSender } from './channel-sender.ts';
import { aSender } from './testing/a-sender.ts';
import { type HttpSink, startHttpSink } from './testing/http-sink.ts';

let sink: HttpSink;
let sender: ChannelSender;
beforeAll(async () => {
  sink = await startHttpSink();
  sender = aSender({ readVariables: async (_account, names) => (names.includes('TOKEN') ? { TOKEN: 'a token & more' } : {}) });
});
afterAll(async () => {
  await sender?.close();
  await sink?.close();
});
beforeEach(() => { sink.requests.length = 0; });

const webhook = (config: Record<string, unknown>): Channel => ({ id: 1, accountId: 'a', type: 'WEBHOOK', config: { url: `${sink.url}/hook`, ...config } });
const sent = async (config: Record<string, unknown>, notice: Notice = aNotice()) => {
  const attempted = await sender.send(webhook(config), notice, '0190a000-0000-4000-8000-0000000000d1');
  return { ...attempted, request: sink.requests.at(-1) };
};
const rendered = async (template: string, notice?: Notice): Promise<string | undefined> => {
  const { request, answer } = await sent({ template }, notice);
  return request?.body ?? (answer.kind === 'unanswered' ? answer.message : undefined);
};

describe('a webhook', () => {
  it('is signed as clients of the Checkly API and as Standard Webhooks verify it', async () => {
    const { request } = await sent({ webhookSecret: 'a secret of one’s own' });
    expect(request?.headers['x-checkly-signature']).toBe(createHmac('sha256', 'a secret of one’s own').update(request!.body).digest('hex'));
    expect(request?.headers['x-checkly-timestamp']).toMatch(/^\d{13}$/);
    const headers = request!.headers as Record<string, string>;
    expect(new Webhook(Buffer.from('a secret of one’s own') as Uint8Array, { format: 'raw' }).verify(request!.body, headers)).toMatchObject({ id: headers['webhook-id'] });
    const standard = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const { request: other } = await sent({ webhookSecret: standard });
    expect(new Webhook(standard).verify(other!.body, other!.headers as Record<string, string>)).toMatchObject({ type: 'alert.failure' });
    expect(other?.headers['webhook-id']).toBe('0190a000-0000-4000-8000-0000000000d1');
  });

  it('is its method, address, parameters and headers, each with variables of the notice and of the account', async () => {
    const { request } = await sent({
      method: 'put', url: `${sink.url}/hook/{{CHECK_NAME}}?t={{TOKEN}}`, queryParameters: [{ key: 'location', value: '{{REGION}}' }],
      headers: [{ key: 'Authorization', value: 'Bearer {{TOKEN}}' }, { key: 'Content-Type', value: 'text/plain' }], template: '{{ALERT_TYPE}} {{TAGS.[0]}} {{RESPONSE_TIME}} {{UNKNOWN}}.',
    });
    expect([request?.method, request?.url, request?.headers.authorization, request?.headers['content-type'], request?.body])
      .toEqual(['PUT', '/hook/Redis%20EU?t=a+token+%26+more&location=eu-central-1', 'Bearer a token & more', 'text/plain', 'ALERT_FAILURE team:web 3.25 .']);
  });

  it('cannot be made to lie in its headers or to break its JSON by what a target says', async () => {
    const notice = aNotice({ title: 'x", "admin": true, "y": "\\\r\nX-Evil: 1' });
    const { request } = await sent({ headers: [{ key: 'X-Title', value: '{{{ALERT_TITLE}}}' }], template: '{"title": "{{ALERT_TITLE}}", "raw": "{{{json ALERT_TITLE}}}"}' }, notice);
    expect(request?.headers['x-evil']).toBeUndefined();
    const body = JSON.parse(request!.body) as Record<string, string>;
    expect([Object.keys(body), body['raw']]).toEqual([['title', 'raw'], 'x", "admin": true, "y": "\\ X-Evil: 1']);
  });

  it.each([
    ['{{#eq ALERT_TYPE "ALERT_FAILURE"}}down{{else}}up{{/eq}}', 'down'],
    ['{{#if (gt RESPONSE_TIME 3)}}slow{{/if}}', 'slow'],
    ['{{tagValue TAGS "team" "nobody"}} {{tagValue TAGS "tier" "none"}}', 'web none'],
    ['{{#each TAGS}}[{{this}}]{{/each}}', '[team:web][prod]'],
    ['{{#contains TAGS "prod"}}prod{{/contains}} {{#unlessEq REGION "x"}}not x{{/unlessEq}}', 'prod not x'],
    ['{{replace CHECK_NAME " " "-"}} {{#startsWith "Redis" CHECK_NAME}}yes{{/startsWith}} {{default GROUP_NAME "none"}}', 'Redis-EU yes Shop'],
    ['{{date STARTED_AT "YYYY-MM-DD HH:mm"}} {{year}} {{moment STARTED_AT "D MMMM"}}', '2026-11-22 11:59 2026 22 November'],
    ['{{#compare RESPONSE_TIME "<" 4}}fast{{/compare}}{{#and IS_REMINDER true}}again{{else}} first{{/and}} {{REMINDER_SEQUENCE}}', 'fast first 0'],
    ['{{$UUID}} {{#gte $RANDOM_NUMBER 0}}n{{/gte}}', '0190a000-0000-4000-8000-0000000000d1 n'],
  ])('renders %s', async (template, text) => {
    expect(await rendered(template)).toBe(text);
  });

  it('renders the same at every attempt', async () => {
    const template = '{{$UUID}} {{$RANDOM_NUMBER}} {{date "x"}}';
    expect(await rendered(template)).toBe(await rendered(template));
  });

  it.each([
    ['{{constructor.constructor}}'], ['{{#with ALERT_TITLE}}{{constructor.name}}{{/with}}'], ['{{lookup this "constructor"}}'], ['{{__proto__.toString}}'],
    ['{{#with "s" as |s|}}{{#with (lookup s "sub") as |f|}}{{f.constructor}}{{/with}}{{/with}}'], ['{{TAGS.constructor.name}}{{TAGS.length.constructor.name}}'], ['{{#each TAGS}}{{this.constructor.name}}{{/each}}'],
  ])('reaches nothing of the prototype chain by %s', async (template) => {
    expect(await rendered(template)).not.toMatch(/function|native|String|Array|Object|Number/);
  });

  it('that does not end is stopped, is told of at once, and harms no other', async () => {
    // 2 tags a level: 2^40 turns.
    const endless = `${'{{#each ../TAGS}}'.repeat(40).replace('../', '')}x${'{{/each}}'.repeat(40)}`;
    const { answer, verdict } = await sent({ template: endless.replaceAll('../TAGS', '@root.TAGS') });
    expect([verdict.kind, answer]).toEqual(['retry', { kind: 'unanswered', code: 'TEMPLATE_TIMEOUT', message: expect.stringContaining('more than 100 ms') }]);
    expect(sink.requests).toEqual([]);
    expect(await rendered('{{CHECK_NAME}}')).toBe('Redis EU');
  });

  it('that cannot be read says where', async () => {
    expect((await sent({ template: '{{#if x}' })).answer).toMatchObject({ code: 'TEMPLATE', message: expect.stringContaining('the body: Parse error on line 1') });
  });
});

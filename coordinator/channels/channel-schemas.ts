/** What the config of each type of channel may be: the wire names of the API (checkly-api.md §4.3), and which of it is secret. */
import { z } from 'zod';
import { REDACTED } from '#shared/settings/secret.ts';
import { channelKind, type ChannelType } from './channel-kinds.ts';

type Config = Readonly<Record<string, unknown>>;

export type ChannelSchema = {
  readonly config: z.ZodType<Config, unknown>;
  /** Dotted paths in a valid config that are sealed at rest and shown as `[redacted]`: `headers.0.value`. */
  readonly secretPaths: (config: Config) => readonly string[];
};

const TEMPLATE_CHARS_MAX = 32_768;
const HEADERS_MAX = 50;
/** Names of headers that say how the request is sent, which is ours to say. */
const OUR_HEADERS = /^(host|content-length|connection|transfer-encoding|upgrade|expect|te|trailer|keep-alive|proxy-.*|x-checkly-signature|x-checkly-timestamp|webhook-(id|timestamp|signature))$/i;

const text = (max: number) => z.string().trim().max(max);
const optionalText = (max: number) => text(max).nullish().transform((given) => given ?? '');
/** A secret, or `{{NAME}}` of a variable of the account. */
const secret = (max: number) => z.string().trim().min(1).max(max);

/** An address, or one with `{{VARIABLE}}`s, which is looked at when it is known. */
const url = z.string().trim().min(1).max(2048).superRefine((given, context) => {
  if (given.includes('{{') || given === REDACTED) return;
  const parsed = URL.parse(given);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) context.addIssue({ code: 'custom', message: 'must be an address that begins with https://' });
  else if (parsed.username !== '' || parsed.password !== '') context.addIssue({ code: 'custom', message: 'must not hold a user name or password: send a header Authorization instead' });
});

const pair = z.strictObject({
  key: z.string().trim().min(1).max(255), value: z.string().max(4096).default(''), locked: z.boolean().nullish().transform((given) => given ?? false),
});
const header = pair.superRefine(({ key, value }, context) => {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(key)) context.addIssue({ code: 'custom', path: ['key'], message: 'must be the name of a header: letters, digits and hyphens' });
  else if (OUR_HEADERS.test(key)) context.addIssue({ code: 'custom', path: ['key'], message: `the header ${key} is set by the sender` });
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) context.addIssue({ code: 'custom', path: ['value'], message: 'must be one line' });
});
const pairs = <T extends z.ZodType>(entry: T) => z.array(entry).max(HEADERS_MAX).nullish().transform((given) => given ?? []);

/** E.164: checkly-api.md §4.3. */
const phone = z.strictObject({
  number: z.string().transform((given) => given.replace(/[\s().-]/g, '')).refine((given) => /^\+[1-9]\d{4,14}$/.test(given), 'must be a number with its country, like +4930123456'),
  name: optionalText(255),
});

const webhook = z.strictObject({
  name: optionalText(255),
  url,
  webhookType: z.string().refine((given) => /^(WEBHOOK(_[A-Z]+)*)?$/.test(given), 'must be WEBHOOK, WEBHOOK_MSTEAMS, WEBHOOK_DISCORD, WEBHOOK_TELEGRAM, WEBHOOK_INCIDENTIO, or left out').nullish()
    .transform((given) => (given === 'WEBHOOK' || !given ? null : given)),
  method: z.preprocess((given) => (typeof given === 'string' ? given.toUpperCase() : given), z.enum(['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'PATCH']).default('POST')),
  template: z.string().max(TEMPLATE_CHARS_MAX).nullish().transform((given) => given ?? ''),
  headers: pairs(header),
  queryParameters: pairs(pair),
  webhookSecret: optionalText(512),
});

/** So many channels get one notice. */
const SLACK_CHANNELS_MAX = 20;
/** Where clients leave the token out, which they do (checkly-api.md §4.3), the account has it as a variable. */
const SLACK_TOKEN = '{{SLACK_BOT_TOKEN}}';
const slackApp = z.strictObject({
  slackChannels: z.preprocess(
    (given) => (typeof given === 'string' ? given.split(',').map((name) => name.trim()).filter((name) => name !== '') : given),
    z.array(z.string().trim()).min(1).max(SLACK_CHANNELS_MAX)
      .refine((names) => names.every((name) => /^[^\s,]{1,80}$/.test(name)), 'must be names of channels, like #alerts, or their ids')
      .transform((names) => [...new Set(names)]),
  ),
  token: z.string().trim().max(512).nullish().transform((given) => given || SLACK_TOKEN),
});

const SCHEMAS = {
  EMAIL: { config: z.strictObject({ address: z.email().max(254) }), secretPaths: () => [] },
  SLACK: { config: z.strictObject({ url, channel: optionalText(80) }), secretPaths: () => ['url'] },
  SLACK_APP: { config: slackApp, secretPaths: () => ['token'] },
  SMS: { config: phone, secretPaths: () => [] },
  CALL: { config: phone, secretPaths: () => [] },
  PAGERDUTY: {
    config: z.strictObject({ account: optionalText(255), serviceName: optionalText(255), serviceKey: secret(255) }), secretPaths: () => ['serviceKey'],
  },
  OPSGENIE: {
    config: z.strictObject({
      name: optionalText(255), apiKey: secret(255),
      region: z.enum(['US', 'EU']).default('US'), priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']).default('P3'),
    }),
    secretPaths: () => ['apiKey'],
  },
  WEBHOOK: { config: webhook, secretPaths: webhookSecrets },
} as const satisfies Record<ChannelType, { config: z.ZodType; secretPaths: (config: Config) => readonly string[] }>;

export const channelSchemas: Readonly<Record<ChannelType, ChannelSchema>> = SCHEMAS;

export type WebhookConfig = z.output<typeof webhook>;
export type ConfigOf<T extends ChannelType> = z.output<(typeof SCHEMAS)[T]['config']>;

/** The addresses of chat services are their keys; a plain webhook's address is shown, its secret and locked values are not. */
function webhookSecrets(config: Config): readonly string[] {
  const { headers = [], queryParameters = [] } = config as Partial<WebhookConfig>;
  const locked = (name: string, entries: WebhookConfig['headers']): string[] =>
    entries.flatMap((entry, index) => (entry.locked || /^(proxy-)?authorization$|token|secret|api-?key/i.test(entry.key) ? [`${name}.${index}.value`] : []));
  return [
    ...(channelKind('WEBHOOK', config) === 'WEBHOOK' ? [] : ['url']),
    'webhookSecret', ...locked('headers', headers), ...locked('queryParameters', queryParameters),
  ];
}

import { describe, expect, it } from 'vitest';
import { schemaProblems } from '#shared/check/schema-problems.ts';
import { CHANNEL_FORMS } from './channel-forms.ts';
import { channelKind, channelName, type ChannelType } from './channel-kinds.ts';
import { channelSchemas } from './channel-schemas.ts';
import { joinConfig, splitConfig } from './split-config.ts';

/** As the Go SDK and the command line send them. */
const WIRE: Readonly<Record<ChannelType, Record<string, unknown>>> = {
  EMAIL: { address: 'ops@example.com' },
  SLACK: { url: 'https://hooks.slack.com/services/T0/B0/xyz', channel: '#alerts' },
  SLACK_APP: { slackChannels: ['#alerts', 'C012AB3CD'] },
  SMS: { name: 'on call', number: '+49 30 123456' },
  CALL: { name: '', number: '+4930123456' },
  PAGERDUTY: { account: '', serviceName: 'shop', serviceKey: 'r0ut1ngk3y' },
  OPSGENIE: { name: 'team', apiKey: 'k3y', region: 'EU', priority: 'P1' },
  WEBHOOK: {
    name: 'hook', webhookType: '', url: 'https://example.com/hook', method: 'post', template: '{}', webhookSecret: 's3cret',
    headers: [{ key: 'Authorization', value: 'Bearer abc', locked: false }, { key: 'X-Team', value: 'web' }],
    queryParameters: [{ key: 'sig', value: 'hidden', locked: true }],
  },
};
const problemsOf = (type: ChannelType, config: unknown): readonly string[] => {
  const { config: schema } = channelSchemas[type];
  const parsed = schema.safeParse(config);
  return parsed.success ? [] : schemaProblems(schema, config, parsed.error.issues).map(({ message }) => message);
};

describe('the config of a channel', () => {
  it.each(Object.entries(WIRE))('of type %s is taken as clients send it, and comes back whole from its two parts', (name, wire) => {
    const type = name as ChannelType;
    const config = channelSchemas[type].config.parse(wire);
    const { shown, secrets } = splitConfig(type, config);
    for (const secret of Object.values(secrets)) expect(JSON.stringify(shown)).not.toContain(secret);
    expect(joinConfig(shown, secrets)).toEqual(config);
    // What was shown, sent back unchanged, changes nothing.
    const again = splitConfig(type, channelSchemas[type].config.parse(shown), config);
    expect(joinConfig(again.shown, again.secrets)).toEqual(config);
  });

  it('keeps back the keys of services, the secret of a webhook, and its locked and telling values', () => {
    const secretsOf = (type: ChannelType, wire = WIRE[type]) => Object.keys(splitConfig(type, channelSchemas[type].config.parse(wire)).secrets);
    expect(secretsOf('WEBHOOK')).toEqual(['webhookSecret', 'headers.0.value', 'queryParameters.0.value']);
    expect(secretsOf('WEBHOOK', { url: 'https://discord.com/api/webhooks/1/abc', webhookType: 'WEBHOOK_DISCORD' })).toEqual(['url']);
    expect([secretsOf('SLACK'), secretsOf('SLACK_APP'), secretsOf('PAGERDUTY'), secretsOf('OPSGENIE'), secretsOf('EMAIL')]).toEqual([['url'], ['token'], ['serviceKey'], ['apiKey'], []]);
  });

  it.each([
    ['EMAIL', { address: 'ops' }, ['address: must be a valid email']],
    ['SLACK_APP', { slackChannels: [], token: 'x' }, ['slackChannels: must not be empty']],
    ['SLACK_APP', { slackChannels: 'two words' }, ['slackChannels: must be names of channels, like #alerts, or their ids']],
    ['SMS', { number: '030 123456' }, ['number: must be a number with its country, like +4930123456']],
    ['WEBHOOK', { url: 'ftp://x', methode: 'POST' }, ['url: must be an address that begins with https://', "methode: there is no such field; did you mean 'method'?"]],
    ['WEBHOOK', { url: 'https://u:p@example.com' }, ['url: must not hold a user name or password: send a header Authorization instead']],
    ['WEBHOOK', { url: 'https://{{HOST}}/x', headers: [{ key: 'Host', value: 'x' }] }, ['headers.0.key: the header Host is set by the sender']],
    ['WEBHOOK', { url: 'https://a.example', headers: [{ key: 'X-A', value: 'a\r\nX-B: b' }] }, ['headers.0.value: must be one line']],
    ['OPSGENIE', { apiKey: '', region: 'us' }, ['apiKey: must not be empty', 'region: must be one of US, EU; did you mean US?']],
  ] as const)('of type %s says everything that is wrong with %j', (type, config, messages) => {
    expect(problemsOf(type, config)).toEqual(messages);
  });

  it('has a form whose fields are those of its schema', () => {
    for (const { type, webhookType, fields } of CHANNEL_FORMS) {
      const config = channelSchemas[type].config.parse(WIRE[type]);
      expect(fields.map(({ name }) => name).filter((name) => !(name in config))).toEqual([]);
      expect(channelKind(type, { ...config, webhookType })).toBe(webhookType ?? type);
    }
  });

  it('tells how the channel is called', () => {
    expect(channelName('EMAIL', WIRE.EMAIL)).toBe('ops@example.com');
    expect(channelName('CALL', WIRE.CALL)).toBe('+4930123456');
    expect(channelName('WEBHOOK', { webhookType: 'WEBHOOK_MSTEAMS' })).toBe('Microsoft Teams');
  });
});

import { describe, expect, test } from 'vitest';
import { CHANNEL_FORMS } from '../../../../channels/channel-forms.ts';
import { channelName, emptyConfig, formOf, REDACTED, shownConfig, writtenConfig } from './channels.ts';

const webhook = CHANNEL_FORMS.find(({ kind }) => kind === 'WEBHOOK')!;
const discord = CHANNEL_FORMS.find(({ kind }) => kind === 'WEBHOOK_DISCORD')!;

describe('the form of a channel', () => {
  test('leaves a secret that nobody types as it is, and takes a new one', () => {
    const saved = { url: REDACTED, webhookType: 'WEBHOOK_DISCORD', name: 'ops' };
    const shown = shownConfig(discord, saved);
    expect(shown).toEqual({ name: 'ops', url: '' });
    expect(writtenConfig(discord, shown, saved)).toEqual(saved);
    expect(writtenConfig(discord, { ...shown, url: 'https://discord.example/new' }, saved)).toMatchObject({ url: 'https://discord.example/new' });
  });

  test('sends nothing for what is empty, no pair without a name, and the first of the choices', () => {
    const config = writtenConfig(webhook, { ...emptyConfig(webhook), url: 'https://example.com', headers: [{ key: '', value: 'x' }, { key: 'a', value: '' }] }, null);
    expect(config).toEqual({ url: 'https://example.com', method: 'POST', headers: [{ key: 'a', value: '' }], queryParameters: [] });
  });

  test('keeps what no field shows', () => {
    const saved = { url: 'https://example.com', webhookType: 'WEBHOOK_GITLAB' };
    expect(writtenConfig(webhook, shownConfig(webhook, saved), saved)).toMatchObject({ webhookType: 'WEBHOOK_GITLAB' });
  });

  test('is found again for every saved channel, which is called what its owner calls it', () => {
    for (const form of CHANNEL_FORMS) expect(formOf(CHANNEL_FORMS, { type: form.type, config: form.webhookType === null ? {} : { webhookType: form.webhookType } })).toBe(form);
    expect(channelName(CHANNEL_FORMS, { type: 'SLACK', config: { url: REDACTED, channel: '#ops' } })).toBe('#ops');
    expect(channelName(CHANNEL_FORMS, { type: 'SLACK', config: { url: REDACTED } })).toBe('Slack');
  });
});

/** How a form asks for each kind of channel. `name` is the field of the config. */
import { KIND_LABELS, type ChannelKind, type ChannelType, type WebhookService } from './channel-kinds.ts';

export type ChannelFormField = {
  readonly name: string;
  readonly label: string;
  readonly input: 'text' | 'email' | 'phone' | 'url' | 'secret' | 'choice' | 'template' | 'pairs';
  readonly required: boolean;
  readonly help?: string;
  readonly placeholder?: string;
  readonly choices?: readonly string[];
};

export type ChannelForm = {
  readonly kind: ChannelKind;
  readonly label: string;
  readonly type: ChannelType;
  /** To be sent as `config.webhookType`; null: none. */
  readonly webhookType: WebhookService | null;
  readonly fields: readonly ChannelFormField[];
};

const NAME: ChannelFormField = { name: 'name', label: 'Name', input: 'text', required: false, help: 'How this channel is called in lists.' };
const NUMBER: ChannelFormField = { name: 'number', label: 'Phone number', input: 'phone', required: true, placeholder: '+4930123456', help: 'With its country code.' };
const TEMPLATE: ChannelFormField = {
  name: 'template', label: 'Body', input: 'template', required: false,
  help: 'Handlebars with ALERT_TITLE, CHECK_NAME, RESULT_LINK and so on. Left empty, a complete message is sent.',
};
const form = (kind: ChannelKind, fields: readonly ChannelFormField[]): ChannelForm => kind.startsWith('WEBHOOK_')
  ? { kind, label: KIND_LABELS[kind], type: 'WEBHOOK', webhookType: kind as WebhookService, fields }
  : { kind, label: KIND_LABELS[kind], type: kind as ChannelType, webhookType: null, fields };
const address = (help: string, placeholder: string): ChannelFormField => ({ name: 'url', label: 'Webhook address', input: 'secret', required: true, help, placeholder });

export const CHANNEL_FORMS: readonly ChannelForm[] = [
  form('EMAIL', [{ name: 'address', label: 'Email address', input: 'email', required: true, placeholder: 'ops@example.com' }]),
  form('SLACK', [
    address('Slack: Apps → Incoming Webhooks → Add to Slack.', 'https://hooks.slack.com/services/…'),
    { name: 'channel', label: 'Channel', input: 'text', required: false, placeholder: '#alerts', help: 'For your own lists: the address decides where Slack posts.' },
  ]),
  form('SLACK_APP', [
    { name: 'slackChannels', label: 'Channels', input: 'text', required: true, placeholder: '#alerts, #on-call', help: 'Names or ids, with commas between them. Invite the app to each of them.' },
    { name: 'token', label: 'Bot token', input: 'secret', required: false, placeholder: 'xoxb-…', help: 'Of your Slack app with the scope chat:write. Left empty, the variable SLACK_BOT_TOKEN.' },
  ]),
  form('WEBHOOK_MSTEAMS', [NAME, address('Teams: the channel’s ⋯ → Workflows → “Post to a channel when a webhook request is received”.', 'https://….logic.azure.com/workflows/…')]),
  form('WEBHOOK_DISCORD', [NAME, address('Discord: Edit channel → Integrations → Webhooks → Copy URL.', 'https://discord.com/api/webhooks/…')]),
  form('WEBHOOK_TELEGRAM', [
    NAME, address('Of your bot, with the chat: https://api.telegram.org/bot<token>/sendMessage?chat_id=<chat>.', 'https://api.telegram.org/bot…/sendMessage?chat_id=…'),
  ]),
  form('PAGERDUTY', [
    { name: 'serviceName', label: 'Service', input: 'text', required: false },
    { name: 'serviceKey', label: 'Integration key', input: 'secret', required: true, help: 'Of an “Events API v2” integration of the service.' },
  ]),
  form('OPSGENIE', [
    NAME, { name: 'apiKey', label: 'API key', input: 'secret', required: true },
    { name: 'region', label: 'Region', input: 'choice', required: true, choices: ['US', 'EU'] },
    { name: 'priority', label: 'Priority', input: 'choice', required: true, choices: ['P1', 'P2', 'P3', 'P4', 'P5'] },
  ]),
  form('WEBHOOK_INCIDENTIO', [
    NAME, address('Of an HTTP alert source.', 'https://api.incident.io/v2/alert_events/http/…'),
    { name: 'headers', label: 'Headers', input: 'pairs', required: true, help: 'Authorization: Bearer <token of the alert source>.' },
  ]),
  form('SMS', [NAME, NUMBER]),
  form('CALL', [NAME, NUMBER]),
  form('WEBHOOK', [
    NAME,
    { name: 'method', label: 'Method', input: 'choice', required: true, choices: ['POST', 'PUT', 'PATCH', 'GET', 'DELETE', 'HEAD'] },
    { name: 'url', label: 'Address', input: 'url', required: true, placeholder: 'https://example.com/hooks/alerts' },
    { name: 'queryParameters', label: 'Query parameters', input: 'pairs', required: false },
    { name: 'headers', label: 'Headers', input: 'pairs', required: false },
    TEMPLATE,
    { name: 'webhookSecret', label: 'Signing secret', input: 'secret', required: false, help: 'Signs the body: x-checkly-signature, and the headers of Standard Webhooks.' },
  ]),
];

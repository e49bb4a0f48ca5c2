/** The types of the API (checkly-api.md §4.3), and what a channel is to a person: a webhook may be one of several services. */
export const CHANNEL_TYPES = ['EMAIL', 'SLACK', 'SLACK_APP', 'WEBHOOK', 'SMS', 'CALL', 'PAGERDUTY', 'OPSGENIE'] as const;
export type ChannelType = (typeof CHANNEL_TYPES)[number];

/** Services with a rendering of their own behind the type WEBHOOK. */
export const WEBHOOK_SERVICES = ['WEBHOOK_MSTEAMS', 'WEBHOOK_DISCORD', 'WEBHOOK_TELEGRAM', 'WEBHOOK_INCIDENTIO'] as const;
export type WebhookService = (typeof WEBHOOK_SERVICES)[number];

export type ChannelKind = ChannelType | WebhookService;

/** A channel as it is delivered to: its config whole, secrets included. Never logged. */
export type Channel = {
  readonly id: number;
  readonly accountId: string;
  readonly type: ChannelType;
  /** As `channelSchemas[type].config` made it. */
  readonly config: Readonly<Record<string, unknown>>;
};

export function isChannelType(text: string): text is ChannelType {
  return CHANNEL_TYPES.some((type) => type === text);
}

/** Other webhook types that clients know (GitLab, Rootly, …) bring their template, and are webhooks like any other. */
export function channelKind(type: ChannelType, config: Readonly<Record<string, unknown>>): ChannelKind {
  if (type !== 'WEBHOOK') return type;
  return WEBHOOK_SERVICES.find((service) => service === config['webhookType']) ?? 'WEBHOOK';
}

/** What people call it: in lists, in the log of deliveries, in a notice about it. */
export function channelName(type: ChannelType, config: Readonly<Record<string, unknown>>): string {
  const named = [config['name'], config['address'], config['channel'], listed(config['slackChannels']), config['serviceName'], config['account'], config['number']]
    .find((text) => typeof text === 'string' && text.trim() !== '');
  return typeof named === 'string' ? named.trim().slice(0, 255) : KIND_LABELS[channelKind(type, config)];
}

function listed(names: unknown): string | null {
  return Array.isArray(names) ? names.join(', ') : null;
}

export const KIND_LABELS: Readonly<Record<ChannelKind, string>> = {
  EMAIL: 'Email', SLACK: 'Slack', SLACK_APP: 'Slack app', WEBHOOK: 'Webhook', SMS: 'SMS', CALL: 'Phone call', PAGERDUTY: 'PagerDuty', OPSGENIE: 'Opsgenie',
  WEBHOOK_MSTEAMS: 'Microsoft Teams', WEBHOOK_DISCORD: 'Discord', WEBHOOK_TELEGRAM: 'Telegram', WEBHOOK_INCIDENTIO: 'incident.io',
};

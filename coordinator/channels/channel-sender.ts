/** Renders a notice for a channel and sends it: the one door of all channels. */
import { createHash } from 'node:crypto';
import type { Clock } from '#shared/time/clock.ts';
import type { Notice } from '../alerting/notice.ts';
import { channelKind, type Channel, type ChannelKind } from './channel-kinds.ts';
import { channelSchemas, type ConfigOf, type WebhookConfig } from './channel-schemas.ts';
import { renderDiscord } from './discord.ts';
import { renderEmail } from './email/render-email.ts';
import type { SendEmail } from './email/send-email.ts';
import type { SendHttp } from './http/guarded-request.ts';
import { renderIncidentIo } from './incident-io.ts';
import { judgeAnswer } from './judge-answer.ts';
import { messageOf, type Message } from './message.ts';
import { renderTeams } from './msteams.ts';
import { renderOpsgenie, OPSGENIE_URLS } from './opsgenie.ts';
import type { Answer, Attempted, Outgoing } from './outgoing.ts';
import { PAGERDUTY_URL, renderPagerDuty } from './pagerduty.ts';
import { renderSlack } from './slack.ts';
import { renderSlackApp, SLACK_API_URL } from './slack-app.ts';
import { renderTelegram } from './telegram.ts';
import { TemplateRenderer } from './template/template-renderer.ts';
import { expandReferences, referencedNames, templateVariables } from './template/template-variables.ts';
import { renderTwilio, type TwilioSettings } from './twilio.ts';
import { renderWebhook, webhookTemplates } from './webhook.ts';

/** Of the account's variables and secrets those that have one of the names; unknown names are left out. */
export type ReadVariables = (accountId: string, names: readonly string[]) => Promise<Readonly<Record<string, string>>>;

export type ChannelSenderDeps = {
  readonly clock: Clock;
  readonly http: SendHttp;
  readonly email: SendEmail;
  readonly twilio: TwilioSettings | null;
  readonly readVariables: ReadVariables;
  /** Where people reach the dashboard, without a slash at its end; null: messages have no links. */
  readonly publicUrl: () => string | null;
  /** Of the services; left out: their own. */
  readonly services?: { readonly pagerDuty: string; readonly opsgenie: Readonly<Record<'US' | 'EU', string>>; readonly slack: string };
};

/** Attempts of one delivery. A sender holds a thread for templates: `close` ends it. */
export class ChannelSender {
  readonly #deps: ChannelSenderDeps;
  readonly #templates: TemplateRenderer;

  constructor(deps: ChannelSenderDeps) {
    this.#deps = deps;
    this.#templates = new TemplateRenderer(deps.clock);
  }

  /** Never throws for what a person, a service or a network can cause. Secrets of the channel are cut out of the answer. */
  async send(channel: Channel, notice: Notice, deliveryId: string): Promise<Attempted> {
    const parsed = channelSchemas[channel.type].config.safeParse(channel.config);
    const kind = channelKind(channel.type, channel.config);
    const variables = parsed.success ? await this.#variablesFor(channel, parsed.data) : {};
    const outgoing = parsed.success ? await this.#render(channel, kind, parsed.data, notice, deliveryId, variables)
      : unsendable('NOT_CONFIGURED', 'the settings of the channel are not complete; save them again');
    const secrets = secretsOf(channel, variables);
    const attempted: Attempted[] = [];
    for await (const answered of this.#exchange(outgoing)) {
      const answer = withoutSecrets(answered, secrets);
      attempted.push({ answer, verdict: judgeAnswer(kind, answer, this.#deps.clock.nowMs()) });
    }
    return worstOf(attempted);
  }

  async close(): Promise<void> {
    await this.#templates.close();
  }

  /** At least one answer. */
  async* #exchange(outgoing: Outgoing): AsyncGenerator<Answer, void> {
    switch (outgoing.kind) {
      case 'http': yield await this.#deps.http(outgoing.request); return;
      case 'http_all': for (const request of outgoing.requests) yield await this.#deps.http(request); return;
      case 'email': yield await this.#deps.email(outgoing.mail); return;
      case 'unsendable': yield { kind: 'unanswered', code: outgoing.code, message: outgoing.reason };
    }
  }

  async #variablesFor(channel: Channel, config: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, string>>> {
    const names = referencedNames(textsOf(config));
    return names.length === 0 ? {} : this.#deps.readVariables(channel.accountId, names);
  }

  async #render(
    channel: Channel, kind: ChannelKind, config: Readonly<Record<string, unknown>>, notice: Notice, deliveryId: string, account: Readonly<Record<string, string>>,
  ): Promise<Outgoing> {
    const message = messageOf(notice, this.#deps.publicUrl());
    if (channel.type === 'WEBHOOK' && (kind === 'WEBHOOK' || (config as WebhookConfig).template.trim() !== '')) {
      return this.#renderWebhook(config as WebhookConfig, notice, deliveryId, account);
    }
    const { config: expanded, missing } = expandAll(config, account);
    if (missing.length > 0) return unsendable('VARIABLE_MISSING', `the account has no variable ${missing.join(', ')}`);
    return outgoingOf(this.#renderService(kind, expanded, notice, message, deliveryId));
  }

  #renderService(kind: ChannelKind, config: Readonly<Record<string, unknown>>, notice: Notice, message: Message, deliveryId: string) {
    const { twilio, services = { pagerDuty: PAGERDUTY_URL, opsgenie: OPSGENIE_URLS, slack: SLACK_API_URL } } = this.#deps;
    const { url = '', headers = [] } = config as Partial<WebhookConfig>;
    switch (kind) {
      case 'EMAIL': return { kind: 'email', mail: renderEmail(notice, message, { to: (config as ConfigOf<'EMAIL'>).address, deliveryId }) } as const;
      case 'SLACK': return renderSlack(message, url);
      case 'SLACK_APP': return { kind: 'http_all', requests: renderSlackApp(message, config as ConfigOf<'SLACK_APP'>, { apiUrl: services.slack, deliveryId }) } as const;
      case 'WEBHOOK_MSTEAMS': return renderTeams(message, url);
      case 'WEBHOOK_DISCORD': return renderDiscord(message, url, notice.createdAtMs);
      case 'WEBHOOK_TELEGRAM': return renderTelegram(message, url);
      case 'WEBHOOK_INCIDENTIO': return renderIncidentIo(notice, message, url, Object.fromEntries(headers.map(({ key, value }) => [key.toLowerCase(), value])));
      case 'PAGERDUTY': return renderPagerDuty(notice, message, (config as ConfigOf<'PAGERDUTY'>).serviceKey, services.pagerDuty);
      case 'OPSGENIE': return renderOpsgenie(notice, message, config as ConfigOf<'OPSGENIE'>, services.opsgenie);
      case 'SMS': case 'CALL': return renderTwilio(kind, message, (config as ConfigOf<'SMS'>).number, twilio);
      case 'WEBHOOK': return unsendable('NOT_CONFIGURED', 'a webhook is rendered from its templates');
    }
  }

  async #renderWebhook(config: WebhookConfig, notice: Notice, deliveryId: string, account: Readonly<Record<string, string>>): Promise<Outgoing> {
    const nowMs = this.#deps.clock.nowMs();
    const own = templateVariables(notice, { publicUrl: this.#deps.publicUrl(), deliveryId });
    const { text: webhookSecret, missing } = expandReferences(config.webhookSecret, account);
    if (missing.length > 0) return unsendable('VARIABLE_MISSING', `the account has no variable ${missing.join(', ')}`);
    const rendered = await this.#templates.render({
      parts: webhookTemplates(config), variables: { ...account, ...own },
      // The notice's time, not the attempt's: the body of a delivery is the same at every attempt.
      chance: { uuid: deliveryId, randomNumber: createHash('sha256').update(deliveryId).digest().readUInt32BE(0) % 10_001, nowMs: notice.createdAtMs },
    });
    if (!rendered.ok) return unsendable(rendered.isLate ? 'TEMPLATE_TIMEOUT' : 'TEMPLATE', rendered.problem);
    return { kind: 'http', request: renderWebhook({ ...config, webhookSecret }, rendered.rendered, { notice, variables: own, deliveryId, nowMs }) };
  }
}

/** What is worth another try comes before what is not: of several that are sent together none may be missed. */
const WORST = ['retry', 'gone', 'refused', 'delivered'] as const satisfies readonly Attempted['verdict']['kind'][];

function worstOf(attempted: readonly Attempted[]): Attempted {
  return attempted.toSorted((a, b) => WORST.indexOf(a.verdict.kind) - WORST.indexOf(b.verdict.kind))[0]!;
}

function outgoingOf(rendered: Outgoing | Extract<Outgoing, { kind: 'http' }>['request']): Outgoing {
  return 'kind' in rendered ? rendered : { kind: 'http', request: rendered };
}

function unsendable(code: string, reason: string): Extract<Outgoing, { kind: 'unsendable' }> {
  return { kind: 'unsendable', code, reason };
}

/** Every text in a config, however deep. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

function expandAll(config: Readonly<Record<string, unknown>>, variables: Readonly<Record<string, string>>) {
  const missing: string[] = [];
  const expand = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const expanded = expandReferences(value, variables);
      missing.push(...expanded.missing);
      return expanded.text;
    }
    if (Array.isArray(value)) return value.map(expand);
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, expand(each)])) : value;
  };
  return { config: expand(config) as Readonly<Record<string, unknown>>, missing };
}

/** Shorter ones are no secrets, and would tear holes into words. */
const SECRET_CHARS_MIN = 6;

function secretsOf(channel: Channel, variables: Readonly<Record<string, string>>): readonly string[] {
  const paths = channelSchemas[channel.type].secretPaths(channel.config);
  const atPath = (path: string): unknown => path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], channel.config);
  const values = [...paths.map(atPath), ...Object.values(variables)].filter((value): value is string => typeof value === 'string' && value.length >= SECRET_CHARS_MIN);
  return values.toSorted((one, other) => other.length - one.length);
}

function withoutSecrets(answer: Answer, secrets: readonly string[]): Answer {
  const clean = (text: string): string => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  return answer.kind === 'answered' ? { ...answer, statusText: clean(answer.statusText), body: clean(answer.body) } : { ...answer, message: clean(answer.message) };
}

import type { Notice } from '../alerting/notice.ts';
import { jsonPost } from './json-post.ts';
import { isEnd, type Message } from './message.ts';
import { oneLine, plainText } from './neutral-text.ts';
import type { HttpRequest } from './outgoing.ts';

export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

const SEVERITIES = { critical: 'critical', warning: 'warning', ok: 'info', info: 'info' } as const;

/** Events API v2. One key for the whole alert: its end resolves the incident that its beginning triggered. */
export function renderPagerDuty(notice: Notice, message: Message, routingKey: string, url = PAGERDUTY_URL): HttpRequest {
  const event = { routing_key: routingKey, dedup_key: notice.alertId ?? notice.id };
  if (isEnd(notice)) return jsonPost(url, { ...event, event_action: 'resolve' });
  return jsonPost(url, {
    ...event, event_action: 'trigger', client: 'Sonde',
    ...(message.link ? { client_url: message.link.url, links: [{ href: message.link.url, text: message.link.label }] } : {}),
    payload: {
      summary: oneLine(message.title, 1_024),
      source: oneLine(notice.check?.target ?? notice.location?.code ?? 'sonde', 255),
      severity: SEVERITIES[message.severity],
      timestamp: new Date(notice.createdAtMs).toISOString(),
      ...(notice.check ? { component: oneLine(notice.check.name, 255) } : {}),
      ...(notice.check?.groupName ? { group: oneLine(notice.check.groupName, 255) } : {}),
      class: notice.kind,
      custom_details: {
        text: plainText(message.text, 4_000),
        ...Object.fromEntries(message.facts.map(({ label, value }) => [label, oneLine(value, 1_000)])),
        ...(notice.check ? { tags: notice.check.tags.map((tag) => oneLine(tag, 255)) } : {}),
      },
    },
  });
}

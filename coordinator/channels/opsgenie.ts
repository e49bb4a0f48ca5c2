import type { Notice } from '../alerting/notice.ts';
import type { ConfigOf } from './channel-schemas.ts';
import { jsonPost } from './json-post.ts';
import { isEnd, messageLines, type Message } from './message.ts';
import { oneLine, plainText } from './neutral-text.ts';
import type { HttpRequest } from './outgoing.ts';

export const OPSGENIE_URLS = { US: 'https://api.opsgenie.com', EU: 'https://api.eu.opsgenie.com' } as const;

/** Creates an alert under the alias of ours, and closes it by that. Limits: message 130, description 15,000, 20 tags of 50. */
export function renderOpsgenie(
  notice: Notice, message: Message, { apiKey, region, priority }: ConfigOf<'OPSGENIE'>, urls: Readonly<Record<'US' | 'EU', string>> = OPSGENIE_URLS,
): HttpRequest {
  const alias = notice.alertId ?? notice.id;
  const headers = { authorization: `GenieKey ${apiKey}` };
  // Opsgenie shows HTML in both; what looks like it is turned into signs that only look like it.
  const harmless = (text: string): string => text.replace(/</g, '‹').replace(/>/g, '›');
  if (isEnd(notice)) {
    return jsonPost(`${urls[region]}/v2/alerts/${encodeURIComponent(alias)}/close?identifierType=alias`, { source: 'Sonde', note: harmless(oneLine(message.title, 1_000)) }, headers);
  }
  return jsonPost(`${urls[region]}/v2/alerts`, {
    message: harmless(oneLine(message.title, 130)), alias, priority, source: 'Sonde',
    description: harmless(plainText(messageLines(message), 15_000)),
    ...(notice.check ? { entity: oneLine(notice.check.target, 512), tags: notice.check.tags.slice(0, 20).map((tag) => oneLine(tag, 50)) } : {}),
    details: Object.fromEntries(message.facts.map(({ label, value }) => [label, harmless(oneLine(value, 500))])),
  }, headers);
}

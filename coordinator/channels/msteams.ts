import { jsonPost } from './json-post.ts';
import type { Message } from './message.ts';
import { escapeMarkdown, oneLine, plainText } from './neutral-text.ts';
import type { HttpRequest } from './outgoing.ts';

/** A message of Teams has at most 28 KB: these sum to far less, even when every sign is escaped. */
const TITLE_MAX = 300;
const TEXT_MAX = 3_000;
const VALUE_MAX = 400;
const STYLES = { critical: 'attention', warning: 'warning', ok: 'good', info: 'accent' } as const;

/** For the address of a workflow: one Adaptive Card 1.4 in a message. Its answer says accepted, never delivered. */
export function renderTeams(message: Message, url: string): HttpRequest {
  const text = plainText(message.text, TEXT_MAX).trim();
  const card = {
    type: 'AdaptiveCard', $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', version: '1.4', msteams: { width: 'Full' },
    body: [
      {
        type: 'Container', style: STYLES[message.severity], bleed: true,
        items: [{ type: 'TextBlock', text: escapeMarkdown(oneLine(message.title, TITLE_MAX)), weight: 'Bolder', size: 'Medium', wrap: true }],
      },
      // A single newline is none in this markdown.
      ...(text === '' ? [] : [{ type: 'TextBlock', text: escapeMarkdown(text).replace(/\n/g, '\n\n'), wrap: true }]),
      { type: 'FactSet', facts: message.facts.map(({ label, value }) => ({ title: label, value: escapeMarkdown(oneLine(value, VALUE_MAX)) })) },
    ],
    ...(message.link ? { actions: [{ type: 'Action.OpenUrl', title: message.link.label, url: message.link.url }] } : {}),
  };
  return jsonPost(url, { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card }] });
}

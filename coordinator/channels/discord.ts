import { jsonPost } from './json-post.ts';
import { COLOURS, instantText, SIGNS, type Message } from './message.ts';
import { escapeMarkdown, oneLine, plainText } from './neutral-text.ts';
import type { HttpRequest } from './outgoing.ts';

/** Discord's limits are title 256, description 4096, 25 fields of 256 + 1024, all of an embed 6000; escapes count. */
const TITLE_MAX = 256;
const DESCRIPTION_MAX = 1_500;
const VALUE_MAX = 300;
const FIELDS_MAX = 10;

/** An execution of a Discord webhook; `?wait=true` makes it answer for the message and not only for having been asked. */
export function renderDiscord(message: Message, url: string, createdAtMs: number): HttpRequest {
  const target = URL.parse(url);
  target?.searchParams.set('wait', 'true');
  const cut = (text: string, max: number): string => plainTextCut(escapeMarkdown(text), max);
  return jsonPost(target?.href ?? url, {
    // Nobody is called by what a target said.
    allowed_mentions: { parse: [] },
    embeds: [{
      title: cut(`${SIGNS[message.severity]} ${oneLine(message.title, TITLE_MAX)}`, TITLE_MAX),
      description: cut(plainText(message.text, DESCRIPTION_MAX), DESCRIPTION_MAX),
      color: Number.parseInt(COLOURS[message.severity].slice(1), 16),
      fields: message.facts.slice(0, FIELDS_MAX).map(({ label, value }) => ({ name: label, value: cut(oneLine(value, VALUE_MAX), VALUE_MAX), inline: value.length < 40 })),
      footer: { text: `Sonde · ${instantText(createdAtMs)}` },
      ...(message.link ? { url: message.link.url } : {}),
    }],
  });
}

/** Not between an escape and its sign. */
function plainTextCut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/\\+$/, '').toWellFormed()}…`;
}

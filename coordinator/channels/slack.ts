import { escapeSlack, oneLine, plainText } from './neutral-text.ts';
import { COLOURS, SIGNS, type Message } from './message.ts';
import type { HttpRequest } from './outgoing.ts';
import { jsonPost } from './json-post.ts';

/** Slack's limits: header 150, section text 3000, ten fields of 2000 characters; `text` is cut by it beyond 4000. */
const HEADER_MAX = 150;
const SECTION_MAX = 3_000;
const FIELD_MAX = 500;
const FIELDS_MAX = 10;
const TEXT_MAX = 3_000;

/** To an incoming webhook. */
export function renderSlack(message: Message, url: string): HttpRequest {
  return jsonPost(url, slackBody(message));
}

/** A message of Slack's. Blocks are plain text, which has no mentions, links or marks. */
export function slackBody(message: Message) {
  const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
  const fields = message.facts.slice(0, FIELDS_MAX).map(({ label, value }) => plain(plainText(`${label}\n${oneLine(value, FIELD_MAX)}`, FIELD_MAX + 50)));
  const text = plainText(message.text, SECTION_MAX).trim();
  return {
    text: `${SIGNS[message.severity]} ${escapeSlack(oneLine(message.title, TEXT_MAX / 5))}`,
    link_names: false, unfurl_links: false, unfurl_media: false,
    attachments: [{
      color: COLOURS[message.severity],
      blocks: [
        { type: 'header', text: plain(`${SIGNS[message.severity]} ${oneLine(message.title, HEADER_MAX - 3)}`) },
        ...(text === '' ? [] : [{ type: 'section', text: plain(text) }]),
        ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
        ...(message.link ? [{ type: 'actions', elements: [{ type: 'button', text: plain(message.link.label), url: message.link.url }] }] : []),
      ],
    }],
  };
}

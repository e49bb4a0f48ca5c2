import { jsonPost } from './json-post.ts';
import { messageLines, SIGNS, type Message } from './message.ts';
import { plainText, withoutLinks, withoutMentions } from './neutral-text.ts';
import type { HttpRequest, Outgoing } from './outgoing.ts';

/** Of a text message, after which the Bot API refuses it. */
const TEXT_MAX = 4_096;

/** `sendMessage` of the Bot API without a parse mode: marks mean nothing. The chat comes with the address. */
export function renderTelegram(message: Message, url: string): HttpRequest | Extract<Outgoing, { kind: 'unsendable' }> {
  const address = URL.parse(url);
  const { chat_id: chat, message_thread_id: thread } = Object.fromEntries(address?.searchParams ?? []);
  if (!address || !chat) {
    return { kind: 'unsendable', code: 'BAD_ADDRESS', reason: 'the address does not name the chat: end it with ?chat_id=<the id of the chat>' };
  }
  address.search = '';
  const link = message.link ? `\n\n${message.link.url}` : '';
  const lines = withoutLinks(withoutMentions(plainText(messageLines({ ...message, link: null }), TEXT_MAX)));
  return jsonPost(address.href, {
    chat_id: chat,
    ...(thread ? { message_thread_id: Number(thread) } : {}),
    text: `${SIGNS[message.severity]} ${plainTextTo(lines, TEXT_MAX - link.length - 3)}${link}`,
    link_preview_options: { is_disabled: true },
  });
}

function plainTextTo(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`;
}

import type { Notice } from '../alerting/notice.ts';
import { jsonPost } from './json-post.ts';
import { isEnd, type Message } from './message.ts';
import { escapeMarkdown, oneLine, plainText, withoutLinks, withoutMentions } from './neutral-text.ts';
import type { HttpRequest } from './outgoing.ts';

/** An event of an HTTP alert source. The key is the alert's, so that its end resolves what its beginning fired. */
export function renderIncidentIo(notice: Notice, message: Message, url: string, headers: Readonly<Record<string, string>>): HttpRequest {
  return jsonPost(url, {
    title: harmless(message.title, 255),
    description: escapeMarkdown(plainText(message.text, 4_000)),
    deduplication_key: notice.alertId ?? notice.id,
    status: isEnd(notice) ? 'resolved' : 'firing',
    ...(message.link ? { source_url: message.link.url } : {}),
    metadata: {
      severity: message.severity,
      ...Object.fromEntries(message.facts.map(({ label, value }) => [label.toLowerCase().replace(/\s+/g, '_'), harmless(value, 500)])),
      ...(notice.check ? { check_id: notice.check.id, tags: notice.check.tags.slice(0, 50).map((tag) => harmless(tag, 100)) } : {}),
    },
  }, headers);
}

/** It passes titles on to chats. */
function harmless(text: string, max: number): string {
  return withoutLinks(withoutMentions(oneLine(text, max)));
}

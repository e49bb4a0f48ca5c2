/**
 * Text that came from a target, or from anybody, as text (rules.md 34): no control or bidi characters, no mentions,
 * no links, nothing a reader's program would take for its own language.
 */

/** Controls but newline, what turns the direction of text or hides in it, line separators. */
// eslint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\ud83c[\udff4](?:\udb40[\udc20-\udc7f])+/g;

/** At most `max` UTF-16 units, lines kept, nothing unseen. */
export function plainText(text: string, max: number): string {
  const seen = text.replace(/\r\n?/g, '\n').replace(UNSEEN, (found) => (found === '\t' ? ' ' : '')).toWellFormed();
  return seen.length <= max ? seen : `${seen.slice(0, Math.max(0, max - 1))}…`.toWellFormed();
}

export function oneLine(text: string, max: number): string {
  return plainText(plainText(text, text.length).replace(/\s+/g, ' ').trim(), max);
}

/** A program that makes links of what looks like one does not see one: a space that is not seen stands in it. */
export function withoutLinks(text: string): string {
  return text.replace(/:\/\//g, `:${GAP}//`).replace(/\b(www)\./gi, `$1${GAP}.`).replace(/\b(mailto|tel|javascript|data):(?=\S)/gi, `$1${GAP}:`);
}
const GAP = '\u200b';

/** `@everyone`, `@here`, `@name`: the sign stays, the mention does not. */
export function withoutMentions(text: string): string {
  return text.replace(/@(?=\S)/g, `@${GAP}`);
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Slack's mrkdwn: its three signs are what mentions, channels and links are made of. */
export function escapeSlack(text: string): string {
  return withoutLinks(withoutMentions(text)).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** Markdown as Discord and Adaptive Cards read it. */
export function escapeMarkdown(text: string): string {
  return withoutLinks(withoutMentions(text)).replace(/[\\*_~`|<>[\]()#]/g, '\\$&').replace(/^(\s*)([-+]|\d+\.)(?=\s)/gm, '$1\\$2');
}

/** For the text of an XML element; what XML cannot say at all is gone by `plainText`. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

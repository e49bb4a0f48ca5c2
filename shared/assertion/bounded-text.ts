/** The limit on an assertion's `actual` (checkly-api.md §1.4: where the clients cut it). */
export const ACTUAL_CHARS_MAX = 300;

/**
 * Text from a target, short enough to keep and free of what Postgres cannot store: NUL becomes `\x00`, half a
 * surrogate pair U+FFFD. Cut text ends in `…`.
 */
export function boundedText(text: string, charsMax = ACTUAL_CHARS_MAX): string {
  const head = text.slice(0, charsMax + 1).replaceAll('\0', '\\x00').toWellFormed();
  return head.length <= charsMax ? head : `${head.slice(0, charsMax - 1)}…`.toWellFormed();
}

/** For a sentence: in quotes, control characters escaped, at most 120 characters. */
export function quoted(text: string): string {
  const shown = JSON.stringify(text.slice(0, 121).toWellFormed());
  return text.length <= 120 ? shown : `${JSON.stringify(text.slice(0, 120).toWellFormed())}…`;
}

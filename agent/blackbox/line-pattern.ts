import { Buffer, isUtf8 } from 'node:buffer';
import { type Pattern, compilePattern } from '#shared/assertion/pattern.ts';

/** An `expect`: looked for in one line at a time, anywhere in it. RE2 syntax on a linear-time engine. */
export type LinePattern = {
  readonly source: string;
  /** What looking at one character costs in the worst case, in steps of the engine. */
  readonly cost: number;
  match(line: Uint8Array): LineMatch | null;
};

/** A group by number (0 is the whole match) or name, as bytes of the line; null: no such group, or it took no part. */
export type LineMatch = { group(nameOrNumber: string | number): Uint8Array | null };

export function compileLinePattern(source: string): { readonly ok: true; readonly pattern: LinePattern } | { readonly ok: false; readonly problem: string } {
  const compiled = compilePattern(source);
  if (!compiled.ok) return compiled;
  const { pattern } = compiled;
  return { ok: true, pattern: { source, cost: pattern.cost, match: (line) => matchLine(pattern, line) } };
}

/**
 * A line is text, as in Go; one that is not UTF-8 is looked at byte by byte instead, so that what it captures stays
 * exact. (Go would see U+FFFD for each byte that is no text.)
 */
function matchLine(pattern: Pattern, line: Uint8Array): LineMatch | null {
  const encoding = isUtf8(line) ? 'utf8' : 'latin1';
  const match = pattern.find(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString(encoding));
  if (match === null) return null;
  return {
    group(nameOrNumber) {
      const text = typeof nameOrNumber === 'string' ? match.named[nameOrNumber]
        : nameOrNumber === 0 ? match.text : match.groups[nameOrNumber - 1];
      return text == null ? null : Buffer.from(text, encoding);
    },
  };
}

import { Buffer } from 'node:buffer';
import { type Pattern, compilePattern } from '#shared/assertion/pattern.ts';
import { utf8Offset } from './utf8-offset.ts';

/**
 * A pattern over bytes that arrive. One that is written in ASCII looks at bytes, one character each, so that
 * `\xff` is the byte FF, `.{4}` four bytes and every capture exact. One with other characters in it (`Grüße`,
 * `\p{Greek}`) looks at UTF-8 text, in which invalid bytes are U+FFFD.
 */
export type ExpectPattern = {
  readonly source: string;
  readonly pattern: Pattern;
  readonly unit: 'byte' | 'character';
  /** Names of its groups. */
  readonly names: readonly string[];
  /** Could a match become another one when more bytes follow it? */
  readonly isOpenEnded: boolean;
};

export type ExpectMatch = {
  /** Bytes up to the end of the match. */
  readonly end: number;
  readonly matched: Uint8Array;
  /** Named groups that took part, as bytes. */
  readonly captures: readonly (readonly [name: string, bytes: Uint8Array])[];
  /** It would be another match if certain bytes came next. */
  readonly mayGrow: boolean;
};

export function compileExpect(source: string): { readonly ok: true; readonly pattern: ExpectPattern } | { readonly ok: false; readonly problem: string } {
  const compiled = compilePattern(source);
  if (!compiled.ok) return compiled;
  const names = [...source.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map((match) => match[1] ?? '');
  const unit = /\P{ASCII}|\\[pP]|\\x\{0*[1-9a-fA-F][0-9a-fA-F]{2,}\}/u.test(source) ? 'character' : 'byte';
  return { ok: true, pattern: { source, pattern: compiled.pattern, unit, names, isOpenEnded: /[*+?{|$]|\\[bBzZ]/.test(source) } };
}

/** The leftmost match in what is unread (one character a byte); null if there is none yet. */
export function findExpected(expect: ExpectPattern, unread: string): ExpectMatch | null {
  return expect.unit === 'byte' ? findInBytes(expect, unread) : findInText(expect, unread);
}

function findInBytes(expect: ExpectPattern, unread: string): ExpectMatch | null {
  const match = expect.pattern.find(unread);
  if (match === null) return null;
  return {
    end: match.end,
    matched: Buffer.from(match.text, 'latin1'),
    captures: Object.entries(match.named).map(([name, text]) => [name, Buffer.from(text, 'latin1')] as const),
    mayGrow: expect.isOpenEnded && expect.pattern.couldMatchChange(unread),
  };
}

function findInText(expect: ExpectPattern, unread: string): ExpectMatch | null {
  const bytes = Buffer.from(unread, 'latin1');
  const text = decoder.decode(bytes);
  const match = expect.pattern.find(text);
  if (match === null) return null;
  const [start, end] = [utf8Offset(bytes, match.start), utf8Offset(bytes, match.end)];
  return {
    end,
    matched: bytes.subarray(start, end),
    captures: Object.entries(match.named).map(([name, value]) => [name, Buffer.from(value, 'utf8')] as const),
    // A last character that is none may be the first part of one.
    mayGrow: text.endsWith('\u{fffd}') || (expect.isOpenEnded && expect.pattern.couldMatchChange(text)),
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

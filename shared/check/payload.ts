import { Buffer } from 'node:buffer';
import type { DataFormat } from './check.ts';

export type DecodedPayload =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: string };

/** product.md §1: the exact bytes that are sent, at most this many. */
export const PAYLOAD_BYTES_MAX = 16 * 1024;

/** The exact bytes a user means; nothing is appended. A problem names the position (1 for the first character). */
export function decodePayload(data: string, format: DataFormat): DecodedPayload {
  switch (format) {
    case 'text': return decodeText(data);
    case 'escaped': return decodeEscaped(data);
    case 'hex': return decodeHex(data);
    case 'base64': return decodeBase64(data);
  }
}

function decodeText(data: string): DecodedPayload {
  if (!data.isWellFormed()) return { ok: false, problem: 'the text has half a surrogate pair, which UTF-8 cannot express' };
  return { ok: true, bytes: Buffer.from(data, 'utf8') };
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = { r: 0x0d, n: 0x0a, t: 0x09, 0: 0x00, '\\': 0x5c };

/** `\r \n \t \0 \\`, `\xNN` one byte, `\uNNNN` a character as UTF-8 (two of them for a surrogate pair). */
function decodeEscaped(data: string): DecodedPayload {
  const parts: Uint8Array[] = [];
  let text = '';
  const flush = (): boolean => {
    const whole = text.isWellFormed();
    parts.push(Buffer.from(text, 'utf8'));
    text = '';
    return whole;
  };
  const token = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([rnt0\\]))|([^\\]+)/y;
  while (token.lastIndex < data.length) {
    const at = token.lastIndex;
    const match = token.exec(data);
    if (match === null) return { ok: false, problem: escapeProblem(data, at) };
    const [, byte, unit, simple, plain] = match;
    if (plain !== undefined) text += plain;
    else if (unit !== undefined) text += String.fromCharCode(Number.parseInt(unit, 16));
    else {
      if (!flush()) return { ok: false, problem: `half a surrogate pair before position ${at + 1}` };
      parts.push(Uint8Array.of(byte === undefined ? (SIMPLE_ESCAPES[simple ?? ''] ?? 0) : Number.parseInt(byte, 16)));
    }
  }
  if (!flush()) return { ok: false, problem: 'half a surrogate pair at the end' };
  return { ok: true, bytes: Buffer.concat(parts) };
}

function escapeProblem(data: string, at: number): string {
  const known = 'known are \\r \\n \\t \\0 \\\\ \\xNN \\uNNNN';
  const next = data[at + 1];
  if (next === undefined) return `a single \\ at the end (position ${at + 1}); ${known}`;
  if (next === 'x') return `\\x at position ${at + 1} needs two hexadecimal digits, as in \\x00`;
  if (next === 'u') return `\\u at position ${at + 1} needs four hexadecimal digits, as in \\u00e9`;
  return `unknown escape \\${next} at position ${at + 1}; ${known}`;
}

/** Pairs of digits; spaces, line breaks and colons may stand between the pairs. */
function decodeHex(data: string): DecodedPayload {
  const pairs: string[] = [];
  const token = /([0-9a-fA-F]{2})|[\s:]+/y;
  while (token.lastIndex < data.length) {
    const at = token.lastIndex;
    const match = token.exec(data);
    if (match === null) return { ok: false, problem: hexProblem(data, at) };
    if (match[1] !== undefined) pairs.push(match[1]);
  }
  return { ok: true, bytes: Buffer.from(pairs.join(''), 'hex') };
}

function hexProblem(data: string, at: number): string {
  if (/[0-9a-fA-F]/.test(data[at] ?? '')) return `the hexadecimal digit at position ${at + 1} has no second one: bytes are pairs, as in 0d 0a`;
  return `${JSON.stringify(data[at])} at position ${at + 1} is no hexadecimal digit`;
}

/** Standard alphabet with padding and nothing else: what decodes here decodes the same everywhere. */
function decodeBase64(data: string): DecodedPayload {
  const stray = /[^A-Za-z0-9+/=]/.exec(data);
  if (stray !== null) return { ok: false, problem: `${JSON.stringify(stray[0])} at position ${stray.index + 1} is not in the base64 alphabet` };
  const bytes = Buffer.from(data, 'base64');
  if (bytes.toString('base64') !== data) return { ok: false, problem: 'not base64: wrong length, padding or last character' };
  return { ok: true, bytes };
}

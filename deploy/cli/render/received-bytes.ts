import { Buffer } from 'node:buffer';
import { safeText, shortened } from './safe-text.ts';

/** escaped: one line, shortened. raw: the text with its line breaks. hex: every byte, sixteen in a line. */
export type ByteView = 'escaped' | 'raw' | 'hex';

const ESCAPED_CHARS_MAX = 300;
const BYTES_PER_LINE = 16;

/** What was received, for a terminal: nothing in it can move the cursor, in no view. */
export function receivedLines(bytes: Uint8Array, view: ByteView): readonly string[] {
  if (bytes.length === 0) return [];
  switch (view) {
    case 'escaped': return [`  ${shortened(escapedBytes(bytes), ESCAPED_CHARS_MAX)}`];
    case 'raw': return Buffer.from(bytes).toString('utf8').replace(/\r?\n$/, '').split(/\r?\n/).map((line) => `  ${line.split('\t').map(safeText).join('\t')}`);
    case 'hex': return hexLines(bytes);
  }
}

/** UTF-8 text as it is, control characters and what is no text as escapes that `--format escaped` reads back. */
export function escapedBytes(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  // U+FFFD stands for what is no UTF-8: then every byte is shown for itself.
  if (!text.includes('\uFFFD')) return safeText(text.replaceAll('\\', '\\\\'));
  return Array.from(bytes, (byte) => (byte === 0x5c ? '\\\\' : byte < 0x80 ? safeText(String.fromCharCode(byte)) : `\\x${byte.toString(16)}`)).join('');
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function hexLines(bytes: Uint8Array): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_PER_LINE) {
    const part = [...bytes.subarray(at, at + BYTES_PER_LINE)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`  ${at.toString(16).padStart(6, '0')}  ${hex.padEnd(BYTES_PER_LINE * 3 - 1)}  ${text}`);
  }
  return lines;
}

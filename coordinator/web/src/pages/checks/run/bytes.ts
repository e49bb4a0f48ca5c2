/** The bytes of an answer: exact where the API sends them exactly. */
export function bytesOf({ text, base64 }: { readonly text: string; readonly base64?: string }): Uint8Array {
  if (base64 === undefined) return new TextEncoder().encode(text);
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

const SIMPLE: Readonly<Record<number, string>> = { 0x0d: '\\r', 0x0a: '\\n', 0x09: '\\t', 0x5c: '\\\\' };

/** Every byte as it would be written in escaped data; a line break after each `\n`. */
export function escapedText(bytes: Uint8Array): string {
  let text = '';
  bytes.forEach((byte, at) => {
    text += SIMPLE[byte] ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`);
    if (byte === 0x0a && at < bytes.length - 1) text += '\n';
  });
  return text;
}

const ROW_BYTES = 16;

/** As `hexdump -C`: offset, sixteen bytes, and what of them is ASCII. */
export function hexRows(bytes: Uint8Array, rowsMax: number): readonly string[] {
  const count = Math.min(Math.ceil(bytes.length / ROW_BYTES), rowsMax);
  return Array.from({ length: count }, (_, row) => {
    const part = [...bytes.subarray(row * ROW_BYTES, (row + 1) * ROW_BYTES)];
    const digits = part.map((byte) => byte.toString(16).padStart(2, '0'));
    const hex = `${digits.slice(0, 8).join(' ')}  ${digits.slice(8).join(' ')}`.padEnd(ROW_BYTES * 3 + 1);
    const ascii = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
    return `${(row * ROW_BYTES).toString(16).padStart(6, '0')}  ${hex} ${ascii}`;
  });
}

/** Changes the direction of what follows, or is not seen at all. */
const HIDDEN = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/u;

/**
 * Text of a stranger for a reader's eyes: control characters become their numbers, and characters that hide or turn
 * the text their names. Line breaks stay.
 */
export function visibleText(text: string): string {
  let shown = '';
  for (const character of text.replaceAll('\r\n', '\n')) {
    const code = character.codePointAt(0)!;
    if (character === '\n' || character === '\t') shown += character;
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) shown += `<${code.toString(16).padStart(2, '0')}>`;
    else shown += HIDDEN.test(character) ? `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>` : character;
  }
  return shown;
}

/** `1 byte`, `12 bytes`, `3.4 KiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} byte${bytes === 1 ? '' : 's'}`;
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

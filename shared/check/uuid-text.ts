import { Buffer } from 'node:buffer';

const HEX = Buffer.from('0123456789abcdef', 'latin1');
const HYPHEN = '-'.charCodeAt(0);
/** Written anew by each call. */
const text = Buffer.alloc(36, HYPHEN);

/** 16 bytes as a UUID. By hand into one text: parts put together with `+` cost more, and again when they are read. */
export function uuidText(bytes: Uint8Array, offset = 0): string {
  let at = 0;
  for (let index = 0; index < 16; index += 1) {
    const byte = bytes[offset + index]!;
    text[at] = HEX[byte >> 4]!;
    text[at + 1] = HEX[byte & 15]!;
    at += index === 3 || index === 5 || index === 7 || index === 9 ? 3 : 2;
  }
  return text.toString('latin1');
}

import { uuidText } from '../check/uuid-text.ts';

/** UUIDs on the wire are 16 bytes, or text in dictionaries. */
const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return FORM.test(text);
}

/** Writes the bytes of a UUID at `offset`. By hand: a text without its hyphens would be one more a row. */
export function writeUuid(target: Buffer, offset: number, uuid: string): void {
  let at = 0;
  for (let index = 0; index < 16; index += 1) {
    if (uuid.charCodeAt(at) === HYPHEN) at += 1;
    target[offset + index] = (nibbleOf(uuid.charCodeAt(at)) << 4) | nibbleOf(uuid.charCodeAt(at + 1));
    at += 2;
  }
}

const HYPHEN = '-'.charCodeAt(0);

/** Of a hexadecimal digit: the lower half of its code, and 9 more from `a` on. */
function nibbleOf(code: number): number {
  return (code & 15) + (code >= 0x41 ? 9 : 0);
}

export function readUuid(source: Buffer, offset: number): string {
  return uuidText(source, offset);
}

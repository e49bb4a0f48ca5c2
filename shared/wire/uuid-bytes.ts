import { uuidText } from '../check/uuid-text.ts';

/** UUIDs on the wire are 16 bytes, or text in dictionaries. */
const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return FORM.test(text);
}

/** Writes the UUID's 16 bytes at `offset`. */
export function writeUuid(target: Buffer, offset: number, uuid: string): void {
  target.write(uuid.replaceAll('-', ''), offset, 16, 'hex');
}

export function readUuid(source: Buffer, offset: number): string {
  return uuidText(source, offset);
}

/** Bytes shown of what was received, in a sentence. */
const SHOWN_BYTES_MAX = 120;

/** Bytes in quotes for a sentence: printable ASCII as it is, everything else escaped; at most 120 bytes. */
export function showBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes.subarray(0, SHOWN_BYTES_MAX)) text += SHOWN[byte];
  return `"${text}"${bytes.length > SHOWN_BYTES_MAX ? `… (${bytes.length} bytes)` : ''}`;
}

const NAMED: Readonly<Record<number, string>> = { 0x09: '\\t', 0x0a: '\\n', 0x0d: '\\r', 0x22: '\\"', 0x5c: '\\\\' };

const SHOWN: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  NAMED[byte] ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`));

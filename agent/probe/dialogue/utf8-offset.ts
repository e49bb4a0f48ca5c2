/**
 * Where the character at a UTF-16 index begins in the bytes it was decoded from, with invalid sequences replaced as
 * the WHATWG decoder does: one U+FFFD for each longest beginning of a sequence that could have been valid.
 */
export function utf8Offset(bytes: Uint8Array, index: number): number {
  let at = 0;
  for (let units = 0; units < index && at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    units += length === 4 && isWhole(bytes, at, 4) ? 2 : 1;
    at += length;
  }
  return at;
}

/** Bytes that become one character: a valid sequence, or as much of one as there is. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const wanted = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 1;
  let length = 1;
  while (length < wanted && continues(bytes, at, length)) length += 1;
  return length;
}

function isWhole(bytes: Uint8Array, at: number, wanted: number): boolean {
  return (bytes[at] ?? 0) >= 0xf0 && sequenceLength(bytes, at) === wanted;
}

/** The second byte has a narrower range after E0, ED, F0 and F4: no overlong forms, surrogates or values past U+10FFFF. */
function continues(bytes: Uint8Array, at: number, offset: number): boolean {
  const byte = bytes[at + offset];
  if (byte === undefined) return false;
  const first = offset === 1 ? bytes[at] : undefined;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  return byte >= least && byte <= most;
}

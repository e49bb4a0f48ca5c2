/**
 * SHA-1 (FIPS 180-4 §6.1) of texts that begin alike: what they share is gone through once. A call of `node:crypto`
 * costs more than the hashing where it is asked for each row of results. For ids alone: nothing here is secret.
 */

/** After whole blocks: five words, and how many bytes there were. */
export type Sha1State = { readonly h: Int32Array; readonly bytes: number };

export const BLOCK_BYTES = 64;
const START = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
/** Written anew by each call. */
const block = new Uint8Array(2 * BLOCK_BYTES);
const words = new Int32Array(80);

/** The state after as many whole blocks as there are; the bytes behind them are the caller's to give again. */
export function sha1Blocks(bytes: Uint8Array): Sha1State {
  const h = START.slice();
  let at = 0;
  for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) compress(h, bytes, at);
  return { h, bytes: at };
}

/** The five words of the digest, into `into`: of what the state has seen, and the last bytes, at most 119. */
export function sha1Finish(state: Sha1State, last: Uint8Array, lastBytes: number, into: Int32Array): void {
  const blockCount = lastBytes + 9 <= BLOCK_BYTES ? 1 : 2;
  const end = blockCount * BLOCK_BYTES;
  for (let index = 0; index < lastBytes; index += 1) block[index] = last[index]!;
  block[lastBytes] = 0x80;
  block.fill(0, lastBytes + 1, end);
  const bits = (state.bytes + lastBytes) * 8;
  block[end - 4] = bits >>> 24;
  block[end - 3] = bits >>> 16;
  block[end - 2] = bits >>> 8;
  block[end - 1] = bits;
  into.set(state.h);
  for (let at = 0; at < end; at += BLOCK_BYTES) compress(into, block, at);
}

function compress(h: Int32Array, bytes: Uint8Array, from: number): void {
  for (let t = 0; t < 16; t += 1) {
    const at = from + t * 4;
    words[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let t = 16; t < 80; t += 1) {
    const word = words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!;
    words[t] = (word << 1) | (word >>> 31);
  }
  let a = h[0]!;
  let b = h[1]!;
  let c = h[2]!;
  let d = h[3]!;
  let e = h[4]!;
  // Four loops instead of one that asks each round which it is: half the time.
  for (let t = 0; t < 20; t += 1) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (~b & d)) + e + words[t]! + 0x5a827999) | 0;
    e = d; d = c; c = (b << 30) | (b >>> 2); b = a; a = next;
  }
  for (let t = 20; t < 40; t += 1) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + words[t]! + 0x6ed9eba1) | 0;
    e = d; d = c; c = (b << 30) | (b >>> 2); b = a; a = next;
  }
  for (let t = 40; t < 60; t += 1) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (b & d) | (c & d)) + e + words[t]! + 0x8f1bbcdc) | 0;
    e = d; d = c; c = (b << 30) | (b >>> 2); b = a; a = next;
  }
  for (let t = 60; t < 80; t += 1) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + words[t]! + 0xca62c1d6) | 0;
    e = d; d = c; c = (b << 30) | (b >>> 2); b = a; a = next;
  }
  h[0] = (h[0]! + a) | 0;
  h[1] = (h[1]! + b) | 0;
  h[2] = (h[2]! + c) | 0;
  h[3] = (h[3]! + d) | 0;
  h[4] = (h[4]! + e) | 0;
}

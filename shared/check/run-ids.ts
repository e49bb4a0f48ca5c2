import { Buffer } from 'node:buffer';
import { RUN_NAMESPACE, runNameStart } from './run-id.ts';
import { BLOCK_BYTES, sha1Blocks, sha1Finish, type Sha1State } from './sha1.ts';
import { uuidText } from './uuid-text.ts';

/** An instant in ms has 13 digits until the year 2286; the first of them closes a block. */
const DIGITS_MAX = 16;
/** Written anew by each call. */
const digest = new Int32Array(5);
const tail = new Uint8Array(BLOCK_BYTES + DIGITS_MAX);
const idWords = new DataView(new ArrayBuffer(16));
const idBytes = new Uint8Array(idWords.buffer);

/**
 * The ids of runs (`runIdOf`), for many slots of one check in one location: what is the same in all of their names is
 * hashed once, so that a slot costs one block of SHA-1 instead of three.
 */
export class RunIds {
  readonly #start: Uint8Array;
  /** Of the start and the first digit. */
  #state: Sha1State | null = null;
  #firstDigit = '';

  constructor(run: { readonly accountId: string; readonly checkId: string; readonly locationId: string }) {
    this.#start = Buffer.concat([RUN_NAMESPACE, Buffer.from(runNameStart(run), 'utf8')]);
  }

  /** The id of the run at this slot: `runIdOf`. */
  at(dueAtMs: number): string {
    if (!this.#digest(dueAtMs)) throw new Error(`invariant: ${dueAtMs} is no instant`);
    for (let word = 0; word < 4; word += 1) idWords.setInt32(word * 4, digest[word]!);
    return uuidText(idBytes);
  }

  /** Is it the id at this slot? `runId` in lower case with hyphens, as it comes off the wire. */
  isOf(runId: string, dueAtMs: number): boolean {
    return this.#digest(dueAtMs) && isText(runId);
  }

  /** Into `digest`. false: that is no instant. */
  #digest(dueAtMs: number): boolean {
    const digits = String(dueAtMs);
    const state = this.#stateWith(digits[0] ?? '');
    let bytes = 0;
    for (let at = state.bytes; at < this.#start.length; at += 1) tail[bytes++] = this.#start[at]!;
    const isFirstHashed = state.bytes > this.#start.length;
    if (bytes + digits.length > tail.length) return false;
    for (let index = isFirstHashed ? 1 : 0; index < digits.length; index += 1) tail[bytes++] = digits.charCodeAt(index);
    sha1Finish(state, tail, bytes, digest);
    digest[1] = (digest[1]! & 0xffff0fff) | 0x5000;
    digest[2] = (digest[2]! & 0x3fffffff) | 0x80000000;
    return true;
  }

  #stateWith(firstDigit: string): Sha1State {
    if (this.#state === null || this.#firstDigit !== firstDigit) {
      this.#firstDigit = firstDigit;
      this.#state = sha1Blocks(Buffer.concat([this.#start, Buffer.from(firstDigit, 'latin1')]));
    }
    return this.#state;
  }
}

const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** Is this the text of the digest's first 16 bytes? */
function isText(runId: string): boolean {
  if (runId.length !== 36) return false;
  let at = 0;
  for (let nibble = 0; nibble < 32; nibble += 1) {
    if (nibble === 8 || nibble === 12 || nibble === 16 || nibble === 20) {
      if (runId.charCodeAt(at) !== HYPHEN) return false;
      at += 1;
    }
    if (runId.charCodeAt(at) !== HEX[(digest[nibble >> 3]! >>> (28 - 4 * (nibble & 7))) & 15]) return false;
    at += 1;
  }
  return true;
}

const HYPHEN = '-'.charCodeAt(0);

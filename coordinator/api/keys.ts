import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** `account`: a bearer token for the API. `location`: what lets an agent join a location. */
export type TokenKind = 'account' | 'location';

const PREFIXES = { account: 'sk_', location: 'pl_' } as const satisfies Record<TokenKind, string>;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_BYTES = 32;
/** 62^43 > 2^256, so every secret fits and none is shorter. */
const SECRET_CHARS = 43;
/** 62^6 > 2^32: a CRC-32 in base 62. It finds typing errors and lets scanners recognise a leaked token; it proves nothing. */
const CHECKSUM_CHARS = 6;
const TOKEN_CHARS = 3 + SECRET_CHARS + CHECKSUM_CHARS;

/** An operator may choose the first key (SONDE_API_KEY); shorter than this can be guessed. */
export const CHOSEN_KEY_CHARS_MIN = 16;
/** Longer than any key; hashing what a stranger sends stays cheap. */
export const KEY_CHARS_MAX = 512;

/** A new token: prefix, 43 base-62 characters of 256 random bits, 6 of checksum. `randomBytes` must be unguessable. */
export function mintToken(kind: TokenKind, randomBytes: (size: number) => Uint8Array): string {
  const body = PREFIXES[kind] + base62(bigintOf(randomBytes(SECRET_BYTES)), SECRET_CHARS);
  return body + checksumOf(body);
}

/** Is this one of our own tokens, without a typing error? Says nothing about whether it is live. */
export function isWellFormed(token: string): boolean {
  if (!looksMinted(token)) return false;
  const body = token.slice(0, -CHECKSUM_CHARS);
  return checksumOf(body) === token.slice(-CHECKSUM_CHARS);
}

/** Has it the shape of a minted token, right or wrong checksum? */
export function looksMinted(token: string): boolean {
  return token.length === TOKEN_CHARS
    && Object.values(PREFIXES).some((prefix) => token.startsWith(prefix))
    && /^[0-9A-Za-z]+$/.test(token.slice(3));
}

/** Is it worth looking up: a well-formed token, or a key an operator may have chosen? */
export function isPossibleKey(token: string): boolean {
  if (looksMinted(token)) return isWellFormed(token);
  return token.length >= CHOSEN_KEY_CHARS_MIN && token.length <= KEY_CHARS_MAX;
}

/** What may be shown of a token: its prefix and last four characters; of a chosen one the last four alone. */
export function maskToken(token: string): string {
  const prefix = isWellFormed(token) ? token.slice(0, 3) : '';
  return `${prefix}...${token.length >= CHOSEN_KEY_CHARS_MIN ? token.slice(-4) : ''}`;
}

/** HMAC-SHA256 under the master key: what is stored of a token, so that a stolen database opens nothing. */
export function tokenHasher(masterKey: Uint8Array): (token: string) => Uint8Array {
  return (token) => createHmac('sha256', masterKey).update(token, 'utf8').digest();
}

function checksumOf(body: string): string {
  return base62(BigInt(crc32(body)), CHECKSUM_CHARS);
}

function bigintOf(bytes: Uint8Array): bigint {
  if (bytes.length !== SECRET_BYTES) throw new Error(`a token needs ${SECRET_BYTES} random bytes, got ${bytes.length}`);
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function base62(value: bigint, chars: number): string {
  let text = '';
  for (let rest = value; text.length < chars; rest /= 62n) text = ALPHABET.charAt(Number(rest % 62n)) + text;
  return text;
}

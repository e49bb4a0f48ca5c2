import { argon2, timingSafeEqual } from 'node:crypto';
import { ApiError } from '../api-error.ts';

/** reliability.md, Security: 19 MiB, two passes, one lane (OWASP's second choice); some 50 ms of one core. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

/** Hashing at once; each holds 19 MiB and a thread of the pool. */
const AT_ONCE_MAX = 2;
/** Waiting for that, some 2 s of work; beyond it the answer is "try again". */
const WAITING_MAX = 64;

export const PASSWORD_CHARS_MIN = 12;
export const PASSWORD_CHARS_MAX = 256;

const FORMAT = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/** Hashes and verifies off the event loop, never more than two at once. */
export class Passwords {
  readonly #randomBytes: (size: number) => Uint8Array;
  readonly #waiting: (() => void)[] = [];
  readonly #waitingMax: number;
  #running = 0;
  #nobodys: string | null = null;

  constructor(randomBytes: (size: number) => Uint8Array, waitingMax = WAITING_MAX) {
    this.#randomBytes = randomBytes;
    this.#waitingMax = waitingMax;
  }

  /** A PHC string. Throws 503 when too many are waiting. */
  async hash(password: string): Promise<string> {
    const salt = this.#randomBytes(SALT_BYTES);
    const tag = await this.#derive(password, salt, MEMORY_KIB, PASSES);
    return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${base64(salt)}$${base64(tag)}`;
  }

  /** `stored` null: there is no such user, and finding that out takes as long. Throws 503 when too many are waiting. */
  async verify(password: string, stored: string | null): Promise<boolean> {
    const parts = FORMAT.exec(stored ?? await this.#hashOfNobody());
    if (!parts) throw new Error('a stored password hash is not in the format this version writes');
    const wanted = Buffer.from(parts[4]!, 'base64');
    const tag = await this.#derive(password, Buffer.from(parts[3]!, 'base64'), Number(parts[1]), Number(parts[2]));
    return timingSafeEqual(tag, wanted) && stored !== null;
  }

  /** Made on first need, then kept: the very first stranger alone could tell. `warmUp` spares even that. */
  async #hashOfNobody(): Promise<string> {
    this.#nobodys ??= await this.hash(base64(this.#randomBytes(SALT_BYTES)));
    return this.#nobodys;
  }

  async warmUp(): Promise<void> {
    await this.#hashOfNobody();
  }

  async #derive(password: string, nonce: Uint8Array, memory: number, passes: number): Promise<Buffer> {
    if (this.#running >= AT_ONCE_MAX) {
      if (this.#waiting.length >= this.#waitingMax) throw new ApiError(503, 'too many people are signing in at this moment; try again in a few seconds', { headers: { 'retry-after': '5' } });
      await new Promise<void>((resolve) => { this.#waiting.push(resolve); });
    } else {
      this.#running += 1;
    }
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        // The same text typed on two systems is the same bytes.
        argon2('argon2id', { message: password.normalize('NFC'), nonce, parallelism: 1, tagLength: TAG_BYTES, memory, passes }, (error, tag) => (error ? reject(error) : resolve(tag)));
      });
    } finally {
      // The place is handed on, so that nobody overtakes who waits.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}

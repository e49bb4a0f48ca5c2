import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { open, readFile, rename, stat } from 'node:fs/promises';

/** What came of reading: only `opened` can be trusted. */
export type OpenedFile =
  | { readonly kind: 'opened'; readonly content: Buffer }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unusable'; readonly reason: string };

/**
 * A file that only who has the key can read or make (rules.md 33): AES-256-GCM, complete or absent at any moment.
 * `purpose` is bound to the content, so that one file cannot be put in another's place.
 */
export class SealedFile {
  readonly path: string;
  readonly #key: Buffer;
  readonly #aad: Buffer;
  readonly #bytesMax: number;

  /** `key`: 32 bytes. Larger content than `bytesMax` is neither written nor read. */
  constructor({ path, key, purpose, bytesMax }: { readonly path: string; readonly key: Buffer; readonly purpose: string; readonly bytesMax: number }) {
    this.path = path;
    this.#key = key;
    this.#aad = Buffer.from(`${MAGIC}${purpose}`);
    this.#bytesMax = bytesMax;
  }

  /** Never throws. */
  async read(): Promise<OpenedFile> {
    try {
      const { size } = await stat(this.path);
      if (size > this.#bytesMax + OVERHEAD) return { kind: 'unusable', reason: `it is larger than ${this.#bytesMax} bytes` };
      return this.#unseal(await readFile(this.path));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' ? { kind: 'absent' } : { kind: 'unusable', reason: `it cannot be read: ${message}` };
    }
  }

  /** Throws what the file system says; the file before stays then. */
  async write(content: Buffer): Promise<void> {
    if (content.length > this.#bytesMax) throw new Error(`${this.path} would be larger than ${this.#bytesMax} bytes`);
    const aside = `${this.path}.new`;
    const file = await open(aside, 'w', 0o600);
    try {
      await file.writeFile(this.#seal(content));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(aside, this.path);
  }

  /** magic, nonce, tag, ciphertext. */
  #seal(content: Buffer): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(this.#aad);
    const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
    return Buffer.concat([Buffer.from(MAGIC), nonce, cipher.getAuthTag(), sealed]);
  }

  #unseal(bytes: Buffer): OpenedFile {
    if (bytes.length < OVERHEAD || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return { kind: 'unusable', reason: 'it is not what an agent writes, or of another version' };
    const at = (from: number, length?: number): Buffer => bytes.subarray(MAGIC.length + from, length === undefined ? undefined : MAGIC.length + from + length);
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, at(0, NONCE_BYTES)).setAAD(this.#aad).setAuthTag(at(NONCE_BYTES, TAG_BYTES));
      return { kind: 'opened', content: Buffer.concat([decipher.update(at(NONCE_BYTES + TAG_BYTES)), decipher.final()]) };
    } catch {
      return { kind: 'unusable', reason: 'it is damaged, or was sealed by another agent' };
    }
  }
}

const MAGIC = 'sonde sealed 1\n';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const OVERHEAD = MAGIC.length + NONCE_BYTES + TAG_BYTES;

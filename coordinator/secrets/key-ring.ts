import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { Secret } from '#shared/settings/secret.ts';

/**
 * Seals what must not be read from a database alone: AES-256-GCM, with the row's identity as additional data, so that
 * a sealed value copied to another row does not open there.
 *
 * A sealed value is `1`, the id of its key (4 bytes), a nonce (12), the tag (16), the ciphertext.
 */
export type Sealer = {
  /** `row`: whose it is, the same words at opening. */
  seal(plain: string, row: string): Uint8Array;
  /** null: by a key that is not in the ring, or not the row's, or damaged. */
  open(sealed: Uint8Array, row: string): Secret | null;
  /** Of the key that seals. */
  readonly currentKeyId: Uint8Array;
  /** Of all keys, the one that seals first; hexadecimal. */
  readonly keyIds: readonly string[];
};

export const SEALED_VERSION = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;

type RingKey = { readonly id: Uint8Array; readonly key: Secret<Uint8Array> };

/**
 * A ring of master keys, 32 bytes each: the first one seals, all of them open. The master key also hashes API keys,
 * so what seals is derived from it. Throws without any key. `random`: nonces, and nothing else.
 */
export function keyRing(masterKeys: readonly Secret<Uint8Array>[], random: (size: number) => Uint8Array = randomBytes): Sealer {
  const ring = masterKeys.map(ringKey);
  const [current] = ring;
  if (!current) throw new Error('a key ring needs at least one master key');
  const byId = new Map(ring.map((one) => [hexOf(one.id), one]));
  return {
    currentKeyId: current.id,
    keyIds: [...byId.keys()],
    seal(plain, row) {
      const nonce = random(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key.reveal(), nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(row, 'utf8'));
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([Uint8Array.of(SEALED_VERSION), current.id, nonce, cipher.getAuthTag(), text]);
    },
    open(sealed, row) {
      if (sealed.length < HEAD_BYTES || sealed[0] !== SEALED_VERSION) return null;
      const key = byId.get(hexOf(sealed.subarray(1, 1 + KEY_ID_BYTES)));
      if (!key) return null;
      const nonceEnd = 1 + KEY_ID_BYTES + NONCE_BYTES;
      const decipher = createDecipheriv('aes-256-gcm', key.key.reveal(), sealed.subarray(1 + KEY_ID_BYTES, nonceEnd), { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(row, 'utf8'));
      decipher.setAuthTag(sealed.subarray(nonceEnd, HEAD_BYTES));
      try {
        return new Secret(Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]).toString('utf8'));
      } catch {
        return null;
      }
    },
  };
}

function ringKey(master: Secret<Uint8Array>): RingKey {
  const key = new Uint8Array(hkdfSync('sha256', master.reveal(), new Uint8Array(0), 'sonde sealing key v1', 32));
  return { id: createHash('sha256').update('sonde key id v1').update(key).digest().subarray(0, KEY_ID_BYTES), key: new Secret(key) };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

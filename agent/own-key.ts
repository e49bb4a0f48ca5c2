import { createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, sign, type KeyObject } from 'node:crypto';

/** The agent's own Ed25519 key: what proves to a coordinator that it is the one that enrolled. */
export type OwnKey = {
  /** Raw, 32 bytes. */
  readonly publicKey: Buffer;
  /** Signs; the private part never leaves. */
  sign(message: Uint8Array): Buffer;
  /** 32 bytes for sealing what is kept on disk, another for every purpose (HKDF-SHA256); nothing leads back from them. */
  sealingKey(purpose: string): Buffer;
};

/** A new private key, as PEM (PKCS #8). */
export function newPrivateKeyPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Throws when it is no Ed25519 key in PEM. */
export function ownKeyOf(pem: string): OwnKey {
  const privateKey: KeyObject = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`an Ed25519 key is needed, this is ${privateKey.asymmetricKeyType}`);
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  const seed = (): Buffer => Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url');
  return {
    publicKey: Buffer.from(x!, 'base64url'),
    sign: (message) => sign(null, message, privateKey),
    sealingKey: (purpose) => Buffer.from(hkdfSync('sha256', seed(), '', `sonde agent sealing ${purpose}`, 32)),
  };
}

import { Buffer } from 'node:buffer';
import { type KeyObject, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { SocketAddress, isIP } from 'node:net';
import { bitString, boolean, der, integer, objectId, octetString, sequence, setOf, time, utf8String } from './der.ts';

/** PEM, as `node:tls` takes it. */
export type IssuedCertificate = { readonly cert: string; readonly key: string };

/** What issues certificates: node:crypto has no X.509 of its own making, and openssl may not be installed. */
export type Authority = {
  /** PEM of the authority's own certificate. */
  readonly ca: string;
  /** PEM (PKCS #8) of its private key. */
  readonly caKey: string;
  /** A certificate signed by it; in `cert` the authorities between it and the root follow. */
  issue(facts: IssuedFacts): IssuedCertificate;
  /** Another authority below this one. */
  subordinate(name: string, span: ValidSpan): Authority;
};

export type ValidSpan = { readonly notBeforeMs: number; readonly notAfterMs: number };

export type IssuedFacts = ValidSpan & {
  readonly commonName: string;
  /** DNS names and address literals. */
  readonly altNames: readonly string[];
};

/** A root of its own, with a new key (ECDSA P-256). */
export function newAuthority(name: string, span: ValidSpan): Authority {
  const keys = makeKeys();
  const cert = certificate({ subject: name, issuer: name, publicKey: keys.publicKey, signingKey: keys.privateKey, span, extensions: AUTHORITY });
  return authorityOf(name, cert, keys.privateKey, '');
}

/** One that was made before. `name` is what it was made with. Throws when the key cannot be read. */
export function knownAuthority(name: string, { ca, caKey }: { readonly ca: string; readonly caKey: string }): Authority {
  return authorityOf(name, ca, createPrivateKey(caKey), '');
}

function authorityOf(name: string, ca: string, signingKey: KeyObject, chain: string): Authority {
  return {
    ca,
    caKey: pemOf(signingKey),
    issue({ commonName: subject, altNames, ...span }) {
      const keys = makeKeys();
      const cert = certificate({ subject, issuer: name, publicKey: keys.publicKey, signingKey, span, extensions: [alternativeNames(altNames)] });
      return { cert: cert + chain, key: pemOf(keys.privateKey) };
    },
    subordinate(below, span) {
      const keys = makeKeys();
      const cert = certificate({ subject: below, issuer: name, publicKey: keys.publicKey, signingKey, span, extensions: AUTHORITY });
      return authorityOf(below, cert, keys.privateKey, cert + chain);
    },
  };
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

type Blank = {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly span: ValidSpan;
  readonly extensions: readonly Buffer[];
};

/** RFC 5280 §4.1, as PEM. */
function certificate({ subject, issuer, publicKey, signingKey, span, extensions }: Blank): string {
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(0x01), randomBytes(15)])),
    ECDSA_WITH_SHA256, commonName(issuer), sequence(time(span.notBeforeMs), time(span.notAfterMs)), commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const whole = sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(sign('sha256', toBeSigned, signingKey)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const ECDSA_WITH_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'));

function commonName(name: string): Buffer {
  return sequence(setOf(sequence(objectId('2.5.4.3'), utf8String(name))));
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(isCritical ? [boolean(true)] : []), octetString(value));
}

/** basicConstraints: CA; keyUsage: keyCertSign, cRLSign. */
const AUTHORITY: readonly Buffer[] = [
  extension('2.5.29.19', true, sequence(boolean(true))),
  extension('2.5.29.15', true, bitString(Buffer.of(0b0000_0110), 1)),
];

function alternativeNames(names: readonly string[]): Buffer {
  return extension('2.5.29.17', false, sequence(...names.map((name) =>
    isIP(name) === 0 ? der(0x82, Buffer.from(name, 'latin1')) : der(0x87, addressBytes(name)))));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = new SocketAddress({ address, family: 'ipv6' }).address.split('::');
  const groups = (text: string): number[] => text.split(':').filter((group) => group !== '').map((group) => Number.parseInt(group, 16));
  const [front, back] = [groups(head), tail === undefined ? [] : groups(tail)];
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function makeKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

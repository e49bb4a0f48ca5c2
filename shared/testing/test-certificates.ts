import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

/** PEM, as `node:tls` takes it. */
export type TestCertificate = { readonly cert: string; readonly key: string };

export type TestAuthority = {
  /** PEM of the authority's own certificate. */
  readonly ca: string;
  /** A certificate signed by it; `cert` has the authority's behind it where it is not a root. */
  issue(facts?: IssuedFacts): Promise<TestCertificate>;
  /** Another authority below this one. */
  subordinate(name: string, facts?: { readonly notAfterMs?: number }): Promise<TestAuthority>;
};

export type IssuedFacts = {
  readonly commonName?: string;
  /** DNS names and address literals; localhost, 127.0.0.1 and ::1 when left out. */
  readonly altNames?: readonly string[];
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
};

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** An authority of its own, valid for a year from now unless told otherwise. */
export async function aTestAuthority(name = 'Test Root', facts: { readonly notAfterMs?: number } = {}): Promise<TestAuthority> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(facts), name: `CN=${name}`, keys, signingAlgorithm: ALGORITHM, extensions: authorityExtensions(),
  });
  return authorityOf(certificate, keys.privateKey, '');
}

function authorityOf(certificate: x509.X509Certificate, signingKey: webcrypto.CryptoKey, chain: string): TestAuthority {
  const create = async (subject: string, facts: IssuedFacts, extensions: x509.Extension[]) => {
    const keys = await makeKeys();
    const made = await x509.X509CertificateGenerator.create({
      ...validity(facts), subject: `CN=${subject}`, issuer: certificate.subject,
      publicKey: keys.publicKey, signingKey, signingAlgorithm: ALGORITHM, extensions,
    });
    return { made, keys };
  };
  return {
    ca: certificate.toString('pem'),
    async issue(facts = {}) {
      const altNames = facts.altNames ?? ['localhost', '127.0.0.1', '::1'];
      const { made, keys } = await create(facts.commonName ?? 'localhost', facts, [
        new x509.SubjectAlternativeNameExtension(altNames.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' as const : 'dns' as const, value }))),
      ]);
      return { cert: `${made.toString('pem')}\n${chain}`, key: await exportKey(keys.privateKey) };
    },
    async subordinate(name, facts = {}) {
      const { made, keys } = await create(name, facts, authorityExtensions());
      return authorityOf(made, keys.privateKey, `${made.toString('pem')}\n${chain}`);
    },
  };
}

function authorityExtensions(): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ];
}

function validity({ notBeforeMs, notAfterMs }: Pick<IssuedFacts, 'notBeforeMs' | 'notAfterMs'>): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(notBeforeMs ?? Math.min(Date.now() - DAY_MS, (notAfterMs ?? Infinity) - DAY_MS)),
    notAfter: new Date(notAfterMs ?? Date.now() + 365 * DAY_MS),
  };
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

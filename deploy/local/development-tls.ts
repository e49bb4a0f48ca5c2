import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isIP } from 'node:net';
import { knownAuthority, newAuthority, type Authority } from '#shared/certificate/authority.ts';

/** Paths of PEM files in the data directory. */
export type DevelopmentTls = { readonly certPath: string; readonly keyPath: string; readonly caPath: string };

const DIR = 'tls';
const CA_NAME = 'Sonde development CA';
const DAY_MS = 86_400_000;
/** The authority is copied to other machines, so it stays; the server's certificate is issued anew when it has to be. */
const CA_DAYS = 3_650;
const CERT_DAYS = 365;
const RENEW_DAYS = 30;

/**
 * TLS for the fleet port without asking anybody: an authority of this installation alone, made at the first start and
 * kept, and a certificate for `names` (DNS names and address literals), made anew when it lacks one or soon ends.
 */
export function developmentTls(dataDir: string, names: readonly string[], nowMs: number): DevelopmentTls {
  const dir = join(dataDir, DIR);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const [caPath, caKeyPath, certPath, keyPath] = ['ca.pem', 'ca.key', 'fleet.pem', 'fleet.key'].map((file) => join(dir, file)) as [string, string, string, string];
  const authority = keptAuthority(caPath, caKeyPath, nowMs);
  if (!isGood(certPath, keyPath, { authority, names, nowMs })) {
    const { cert, key } = authority.issue({ commonName: 'sonde fleet', altNames: names, notBeforeMs: nowMs - DAY_MS, notAfterMs: nowMs + CERT_DAYS * DAY_MS });
    keep(keyPath, key);
    keep(certPath, cert);
  }
  return { certPath, keyPath, caPath };
}

function keptAuthority(caPath: string, caKeyPath: string, nowMs: number): Authority {
  const [ca, caKey] = [read(caPath), read(caKeyPath)];
  if (ca !== null && caKey !== null) {
    try {
      const kept = knownAuthority(CA_NAME, { ca, caKey });
      if (Date.parse(new X509Certificate(ca).validTo) - nowMs > CERT_DAYS * DAY_MS) return kept;
    } catch {
      // Damaged: agents of other machines must be told of the new one anyway.
    }
  }
  const made = newAuthority(CA_NAME, { notBeforeMs: nowMs - DAY_MS, notAfterMs: nowMs + CA_DAYS * DAY_MS });
  keep(caKeyPath, made.caKey);
  keep(caPath, made.ca);
  return made;
}

function isGood(certPath: string, keyPath: string, { authority, names, nowMs }: { readonly authority: Authority; readonly names: readonly string[]; readonly nowMs: number }): boolean {
  const [cert, key] = [read(certPath), read(keyPath)];
  if (cert === null || key === null) return false;
  try {
    const certificate = new X509Certificate(cert);
    return certificate.verify(new X509Certificate(authority.ca).publicKey)
      && Date.parse(certificate.validTo) - nowMs > RENEW_DAYS * DAY_MS
      && names.every((name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined);
  } catch {
    return false;
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Complete or absent at any moment. */
function keep(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

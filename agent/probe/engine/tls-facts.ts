import type { X509Certificate } from 'node:crypto';
import type tls from 'node:tls';
import type { TlsFacts } from '#shared/run/report.ts';

/** Certificates of a chain looked at; longer ones are refused by OpenSSL's default depth anyway. */
const CHAIN_MAX = 16;
/** Names kept of one certificate. */
const ALT_NAMES_MAX = 100;

/** What a finished handshake showed; null if the other side has no certificate, or the socket is gone. */
export function tlsFactsOf(socket: tls.TLSSocket, authorized: boolean): TlsFacts | null {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return null;
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.standardName ?? socket.getCipher()?.name ?? '',
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : null,
    authorized,
    alert: null,
    subject: oneLine(leaf.subject),
    issuer: oneLine(leaf.issuer),
    subjectAltNames: altNamesOf(leaf),
    serialNumber: leaf.serialNumber,
    fingerprint256: leaf.fingerprint256,
    notBeforeMs: leaf.validFromDate.getTime(),
    notAfterMs: leaf.validToDate.getTime(),
    chainNotAfterMs: earliestExpiryMs(leaf),
  };
}

/** Of the certificates the other side sent and the authority they lead to, as far as it is known. */
function earliestExpiryMs(leaf: X509Certificate): number {
  let earliestMs = leaf.validToDate.getTime();
  let certificate = leaf.issuerCertificate;
  for (let depth = 1; certificate !== undefined && depth < CHAIN_MAX; depth += 1) {
    earliestMs = Math.min(earliestMs, certificate.validToDate.getTime());
    const issuer = certificate.issuerCertificate;
    if (issuer?.fingerprint256 === certificate.fingerprint256) break;
    certificate = issuer;
  }
  return earliestMs;
}

/** Node gives one attribute a line. */
function oneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ');
}

/** `DNS:a.example, IP Address:192.0.2.1`; a value with odd characters comes as a JSON string. */
function altNamesOf(certificate: X509Certificate): readonly string[] {
  const names: string[] = [];
  const token = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y;
  const text = certificate.subjectAltName ?? '';
  for (let match = token.exec(text); match !== null && names.length < ALT_NAMES_MAX; match = token.exec(text)) {
    const value = match[2] ?? '';
    names.push(value.startsWith('"') ? String(JSON.parse(value)) : value);
  }
  return names;
}

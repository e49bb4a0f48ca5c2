import type { FailureCode } from '#shared/run/failure.ts';
import { streamFailureCode } from '../error-codes.ts';
import type { Trouble } from './engine.ts';

/** The other side left before the handshake, or in the midst of it. */
export const CLOSED_MEANWHILE: Trouble = { kind: 'failed', code: 'ERR_TLS_HANDSHAKE', detail: 'the other side closed the connection', alert: null };

/** What `node:tls` raised, by code; null for what is not about TLS. */
export function tlsTroubleOf(error: NodeJS.ErrnoException): Trouble | null {
  const { code = '' } = error;
  if (!code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_')) return null;
  const alert = alertNameOf(code);
  if (alert !== null) return failed(alert === 'protocol_version' ? 'ERR_TLS_VERSION' : 'ERR_TLS_ALERT', alert, alert);
  return failed(LOCAL_FINDINGS[code] ?? 'ERR_TLS_HANDSHAKE', openSslReason(error), null);
}

/** The same while shaking hands, where a plain error of the socket is one, too. */
export function handshakeTroubleOf(error: NodeJS.ErrnoException): Trouble {
  const ofTls = tlsTroubleOf(error);
  if (ofTls !== null) return ofTls;
  // node:tls reports a FIN amid the handshake as ECONNRESET without a system call behind it.
  if (error.code === 'ECONNRESET' && error.syscall === undefined) return CLOSED_MEANWHILE;
  return failed(streamFailureCode(error.code ?? ''), error.code ?? error.message, null);
}

/**
 * An alert's RFC 8446 (or older) name, from OpenSSL's name of it; null when this side found the fault. OpenSSL
 * prefixes an alert it received with the version that introduced it, and leaves `ALERT` out in four names.
 */
export function alertNameOf(code: string): string | null {
  const name = /^ERR_SSL_(?:SSLV3|SSL\/TLS|TLSV1|TLSV13)_ALERT_(.+)$/.exec(code)?.[1]
    ?? /^ERR_SSL_TLSV1_(UNRECOGNIZED_NAME|UNSUPPORTED_EXTENSION|CERTIFICATE_UNOBTAINABLE|BAD_CERTIFICATE_STATUS_RESPONSE|BAD_CERTIFICATE_HASH_VALUE)$/.exec(code)?.[1];
  if (name === undefined) return null;
  return RENAMED[name] ?? name.toLowerCase();
}

/** OpenSSL's words that are not the RFC's. */
const RENAMED: Readonly<Record<string, string>> = {
  USER_CANCELLED: 'user_canceled',
  EXPORT_RESTRICTION: 'export_restriction_RESERVED',
  UNKNOWN_PSK_IDENTITY: 'unknown_psk_identity',
};

/** What this side makes of bytes that are no TLS, or of another version. */
const LOCAL_FINDINGS: Readonly<Record<string, FailureCode>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'ERR_TLS_NOT_TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'ERR_TLS_NOT_TLS',
  ERR_SSL_UNEXPECTED_EOF_WHILE_READING: 'ERR_TLS_HANDSHAKE',
  ERR_SSL_BAD_RECORD_TYPE: 'ERR_TLS_NOT_TLS',
  ERR_SSL_RECORD_LENGTH_MISMATCH: 'ERR_TLS_NOT_TLS',
  ERR_SSL_HTTP_REQUEST: 'ERR_TLS_NOT_TLS',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'ERR_TLS_NOT_TLS',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'ERR_TLS_VERSION',
  ERR_SSL_WRONG_SSL_VERSION: 'ERR_TLS_VERSION',
  ERR_SSL_BAD_PROTOCOL_VERSION_NUMBER: 'ERR_TLS_VERSION',
  ERR_SSL_VERSION_TOO_LOW: 'ERR_TLS_VERSION',
  ERR_SSL_VERSION_TOO_HIGH: 'ERR_TLS_VERSION',
};

/** OpenSSL's verdicts on certificates (X509_V_ERR_…, as node:tls names them). */
export function certificateFailureCode(verdict: string): FailureCode {
  return CERTIFICATE_VERDICTS[verdict] ?? 'ERR_TLS_CERT_INVALID';
}

const CERTIFICATE_VERDICTS: Readonly<Record<string, FailureCode>> = {
  CERT_HAS_EXPIRED: 'ERR_TLS_CERT_EXPIRED',
  CERT_NOT_YET_VALID: 'ERR_TLS_CERT_NOT_YET_VALID',
  UNABLE_TO_GET_ISSUER_CERT: 'ERR_TLS_CERT_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'ERR_TLS_CERT_UNTRUSTED',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'ERR_TLS_CERT_UNTRUSTED',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'ERR_TLS_CERT_UNTRUSTED',
  SELF_SIGNED_CERT_IN_CHAIN: 'ERR_TLS_CERT_UNTRUSTED',
  CERT_UNTRUSTED: 'ERR_TLS_CERT_UNTRUSTED',
  CERT_CHAIN_TOO_LONG: 'ERR_TLS_CERT_UNTRUSTED',
  INVALID_CA: 'ERR_TLS_CERT_UNTRUSTED',
  CERT_REJECTED: 'ERR_TLS_CERT_UNTRUSTED',
  HOSTNAME_MISMATCH: 'ERR_TLS_CERT_ALTNAME_INVALID',
  ERR_TLS_CERT_ALTNAME_INVALID: 'ERR_TLS_CERT_ALTNAME_INVALID',
};

function openSslReason(error: NodeJS.ErrnoException & { readonly reason?: string }): string {
  return error.reason ?? error.code ?? 'unknown';
}

function failed(code: FailureCode, detail: string, alert: string | null): Trouble {
  return { kind: 'failed', code, detail, alert };
}

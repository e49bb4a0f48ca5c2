import { describe, expect, it } from 'vitest';
import { alertNameOf, certificateFailureCode, handshakeTroubleOf, tlsTroubleOf } from './tls-trouble.ts';

function error(code: string, syscall?: string): NodeJS.ErrnoException {
  return Object.assign(new Error('words are not looked at'), { code, ...(syscall === undefined ? {} : { syscall }) });
}

describe('what TLS errors mean', () => {
  it.each([
    ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', 'handshake_failure'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'handshake_failure'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'certificate_required'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'unknown_ca'],
    ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'unrecognized_name'],
    ['ERR_SSL_TLSV1_ALERT_USER_CANCELLED', 'user_canceled'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', null],
  ])('%s is the alert %s', (code, alert) => {
    expect(alertNameOf(code)).toBe(alert);
  });

  it.each([
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'ERR_TLS_VERSION'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'ERR_TLS_ALERT'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_TLS_NOT_TLS'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'ERR_TLS_VERSION'],
    ['ERR_SSL_BAD_SIGNATURE', 'ERR_TLS_HANDSHAKE'],
  ])('%s is %s', (code, failure) => {
    expect(tlsTroubleOf(error(code))).toMatchObject({ kind: 'failed', code: failure });
  });

  it('tells a FIN amid the handshake from a RST', () => {
    expect(handshakeTroubleOf(error('ECONNRESET'))).toMatchObject({ code: 'ERR_TLS_HANDSHAKE' });
    expect(handshakeTroubleOf(error('ECONNRESET', 'read'))).toMatchObject({ code: 'ECONNRESET' });
    expect(tlsTroubleOf(error('ECONNRESET'))).toBeNull();
  });

  it('has a code for every verdict on a certificate', () => {
    expect(certificateFailureCode('CERT_HAS_EXPIRED')).toBe('ERR_TLS_CERT_EXPIRED');
    expect(certificateFailureCode('SELF_SIGNED_CERT_IN_CHAIN')).toBe('ERR_TLS_CERT_UNTRUSTED');
    expect(certificateFailureCode('CERT_REVOKED')).toBe('ERR_TLS_CERT_INVALID');
  });
});

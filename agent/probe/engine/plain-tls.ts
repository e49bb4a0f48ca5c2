import type net from 'node:net';
import { isIP } from 'node:net';
import tls from 'node:tls';
import type { Secured, TlsRequest, Trouble } from './engine.ts';
import type { PlainEngineDeps } from './plain-engine.ts';
import { tlsFactsOf } from './tls-facts.ts';
import { certificateFailureCode, handshakeTroubleOf } from './tls-trouble.ts';

/**
 * Starts a handshake on a connected socket and calls back once, when it is through or has failed. The certificate is
 * judged here and not by `node:tls`, so that one that is refused can still be shown.
 */
export function secureSocket(
  deps: PlainEngineDeps,
  socket: net.Socket,
  request: TlsRequest,
  callback: (secured: Secured) => void,
): tls.TLSSocket {
  const secureContext = deps.secureContexts.for(request);
  const startedUs = deps.clock.monotonicUs();
  const secure = tls.connect({
    socket, secureContext,
    // An address literal is no server name (RFC 6066 §3); node:tls then sends none.
    servername: request.serverName !== null && isIP(request.serverName) === 0 ? request.serverName : '',
    ...(request.alpn.length > 0 ? { ALPNProtocols: [...request.alpn] } : {}),
    rejectUnauthorized: false,
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(request.identity, certificate),
  });
  const settle = (secured: Secured): void => {
    secure.off('secureConnect', onSecure).off('error', onError);
    // Whoever comes after listens for himself; nobody does once the handshake has failed.
    secure.on('error', ignore);
    callback(secured);
  };
  const onSecure = (): void => {
    const atUs = deps.clock.monotonicUs();
    const verdict = verdictOf(secure);
    const facts = tlsFactsOf(secure, verdict === null);
    if (facts === null) return settle({ ok: false, startedUs, trouble: failed('ERR_TLS_HANDSHAKE', 'no certificate'), facts, atUs });
    if (verdict !== null && request.verify) {
      return settle({ ok: false, startedUs, trouble: failed(certificateFailureCode(verdict), verdict), facts, atUs });
    }
    settle({ ok: true, startedUs, facts, atUs });
  };
  const onError = (error: Error): void =>
    settle({ ok: false, startedUs, trouble: handshakeTroubleOf(error), facts: null, atUs: deps.clock.monotonicUs() });
  secure.on('secureConnect', onSecure).on('error', onError);
  return secure;
}

/** OpenSSL's or node:tls' code of what is wrong with the certificate; null when nothing is. */
function verdictOf(secure: tls.TLSSocket): string | null {
  if (secure.authorized) return null;
  const error: unknown = secure.authorizationError;
  if (typeof error === 'string') return error;
  return (error as NodeJS.ErrnoException | null)?.code ?? 'CERT_INVALID';
}

function failed(code: Extract<Trouble, { kind: 'failed' }>['code'], detail: string): Trouble {
  return { kind: 'failed', code, detail, alert: null };
}

function ignore(): void {}

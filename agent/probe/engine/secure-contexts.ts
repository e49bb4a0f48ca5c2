import tls from 'node:tls';
import type { TlsRequest } from './engine.ts';

type ContextFacts = Pick<TlsRequest, 'ca' | 'minVersion' | 'maxVersion' | 'clientCertificate'>;

/** Contexts kept; making one costs as much as some handshakes. The one longest unused goes first. */
const CONTEXTS_MAX = 256;

/** OpenSSL contexts by what they are made of. Throws what `node:tls` throws on a PEM it cannot read. */
export class SecureContexts {
  readonly #contexts = new Map<string, tls.SecureContext>();

  for(request: ContextFacts): tls.SecureContext {
    const key = JSON.stringify([request.ca, request.minVersion, request.maxVersion ?? null, request.clientCertificate]);
    const context = this.#contexts.get(key) ?? make(request);
    this.#contexts.delete(key);
    this.#contexts.set(key, context);
    if (this.#contexts.size > CONTEXTS_MAX) this.#contexts.delete(this.#contexts.keys().next().value ?? '');
    return context;
  }
}

function make({ ca, minVersion, maxVersion = null, clientCertificate }: ContextFacts): tls.SecureContext {
  const isLegacy = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  return tls.createSecureContext({
    ...(ca === null ? {} : { ca }),
    ...(minVersion === null ? {} : { minVersion }),
    ...(maxVersion === null ? {} : { maxVersion }),
    // OpenSSL 3 speaks versions before 1.2 only at security level 0; whoever names one wants to reach such a server.
    ...(isLegacy ? { ciphers: `${tls.DEFAULT_CIPHERS}:@SECLEVEL=0` } : {}),
    ...(clientCertificate === null ? {} : { cert: clientCertificate.cert, key: clientCertificate.key }),
  });
}

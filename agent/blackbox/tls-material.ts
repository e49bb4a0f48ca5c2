import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { TlsRequest } from '../probe/engine/engine.ts';
import type { PemSource, TlsConfig } from './tls-config.ts';

/** A bundle of all public roots has a quarter of this. */
const PEM_BYTES_MAX = 1024 * 1024;

export type TlsMaterial =
  | { readonly ok: true; readonly request: TlsRequest }
  /** A sentence: which file, and what is wrong with it. */
  | { readonly ok: false; readonly problem: string };

/** What a handshake with this host needs, the PEM files read afresh. */
export async function tlsMaterial(config: TlsConfig, host: string): Promise<TlsMaterial> {
  const identity = (config.serverName ?? host).replace(/\.$/, '');
  try {
    const { clientCertificate } = config;
    return {
      ok: true,
      request: {
        serverName: isIP(identity) === 0 ? identity : null,
        identity, verify: !config.insecureSkipVerify, alpn: [],
        ca: config.ca === null ? null : await pemOf(config.ca),
        minVersion: config.minVersion, maxVersion: config.maxVersion,
        clientCertificate: clientCertificate === null ? null : { cert: await pemOf(clientCertificate.cert), key: await pemOf(clientCertificate.key) },
      },
    };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function pemOf(source: PemSource): Promise<string> {
  if (source.kind === 'inline') return source.pem;
  const { size } = await stat(source.path);
  if (size > PEM_BYTES_MAX) throw new Error(`${source.path} is larger than ${PEM_BYTES_MAX} bytes`);
  return await readFile(source.path, 'utf8');
}

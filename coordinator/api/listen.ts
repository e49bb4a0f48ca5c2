import type { FastifyInstance } from 'fastify';

/** Why the HTTP door could not be opened, as a sentence that says what to try. */
export class ListenError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ListenError';
  }
}

/** Opens the door; port 0 takes a free one. Throws `ListenError` when it cannot. */
export async function listen(app: FastifyInstance, at: { readonly host: string; readonly port: number }): Promise<{ readonly url: string; readonly port: number }> {
  try {
    await app.listen({ host: at.host, port: at.port });
  } catch (error) {
    throw new ListenError(sentenceFor(error, at), error);
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  const scheme = 'requestCert' in app.server ? 'https' : 'http';
  return { port, url: `${scheme}://${urlHostOf(at.host)}:${port}` };
}

function sentenceFor(error: unknown, { host, port }: { host: string; port: number }): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const what = `cannot listen for HTTP on ${host} port ${port}`;
  switch (code) {
    case 'EADDRINUSE': return `${what}: the port is already taken; stop what uses it or set SONDE_HTTP_PORT to another`;
    case 'EACCES': return `${what}: not permitted; ports below 1024 need privileges, set SONDE_HTTP_PORT to a higher one`;
    case 'EADDRNOTAVAIL': return `${what}: this machine has no such address; set SONDE_HTTP_HOST to one it has`;
    case 'ENOTFOUND': case 'EAI_AGAIN': return `${what}: the name does not resolve; set SONDE_HTTP_HOST to an address of this machine`;
    case 'ERR_SOCKET_BAD_PORT': return `${what}: a port is a number from 0 to 65535; set SONDE_HTTP_PORT`;
    default: return `${what}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** What a person on this machine can open. */
function urlHostOf(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

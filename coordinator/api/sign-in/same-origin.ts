import type { FastifyRequest } from 'fastify';
import { ApiError } from '../api-error.ts';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A write that a cookie vouches for comes from our own pages (reliability.md, Security). Browsers send `Origin` with
 * every write; one that does not says where it comes from in `Sec-Fetch-Site`. Hosts are compared, since a proxy may
 * have taken the TLS off. Throws 403.
 */
export function requireSameOrigin(request: FastifyRequest): void {
  if (READS.has(request.method)) return;
  const { origin, host } = request.headers;
  const isOwn = origin === undefined ? request.headers['sec-fetch-site'] === 'same-origin' : URL.parse(origin)?.host === host;
  if (!isOwn) throw new ApiError(403, 'this write does not come from a page of this coordinator; programs use an API key instead of the session of a browser');
}

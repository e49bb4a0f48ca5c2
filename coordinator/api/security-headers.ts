import type { FastifyInstance } from 'fastify';

export const DOCS_PREFIX = '/docs';

/** An answer of the API is data: nothing in it may run or be framed. */
const API_POLICY = "default-src 'none'; frame-ancestors 'none'";
/** The docs page has its assets from here and asks nobody else. Its style sheet holds images as data: URLs. */
const DOCS_POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data:", "font-src 'self' data:",
  "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ');

/** On every answer, errors included. */
export function sendSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply) => {
    const isDocs = (request.routeOptions.url ?? '').startsWith(DOCS_PREFIX);
    // The dashboard's page has set its own, with a nonce.
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', isDocs ? DOCS_POLICY : API_POLICY);
    reply.headers({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
    if (!isDocs && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
}

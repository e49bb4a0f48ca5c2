import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import type { ApiApp, ApiDeps } from './api-app.ts';
import { noSuchRoute } from './error-handler.ts';

/** Stands in index.html where each reader's own nonce goes. */
const NONCE_MARK = '__SONDE_NONCE__';
const NONCE_BYTES = 18;
const YEAR_S = 31_536_000;

/** As vite names them: one flat folder, no dots in front. */
const ASSET_NAME = /^\w[\w.-]*$/;

/** Paths that are the API's: what is not there is a JSON 404, never a page. */
const API_PATHS = /^\/(v\d+|docs|assets|metrics|healthz|readyz|openapi\.json)(\/|$)/;

/**
 * The dashboard as `vite build` left it in `siteDir`: assets, whose names change with their content, for good; the
 * page itself for every other path, since its routes are the browser's business.
 */
export async function serveDashboard(app: ApiApp, { siteDir, randomBytes }: { readonly siteDir: string } & Pick<ApiDeps, 'randomBytes'>): Promise<void> {
  await app.register(fastifyStatic, { root: siteDir, serve: false, preCompressed: true, dotfiles: 'deny', index: false });
  const hidden = { hide: true } as const;

  app.get<{ Params: { '*': string } }>('/assets/*', { config: { scope: 'public' }, schema: hidden }, (request, reply) => {
    const file = request.params['*'];
    if (!ASSET_NAME.test(file)) throw noSuchRoute(request);
    return reply.header('cache-control', `public, max-age=${YEAR_S}, immutable`).sendFile(file, join(siteDir, 'assets'), { cacheControl: false });
  });

  for (const file of ['sonde.svg', 'color-scheme.js']) {
    app.get(`/${file}`, { config: { scope: 'public' }, schema: hidden }, (_request, reply) =>
      reply.header('cache-control', 'public, max-age=3600').sendFile(file, { cacheControl: false }));
  }

  app.get('/*', { config: { scope: 'public' }, schema: hidden }, async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (API_PATHS.test(path) || /\.[a-z0-9]{1,8}$/i.test(path)) throw noSuchRoute(request);
    const page = await readPage(siteDir);
    if (page === null) return notBuilt(reply);
    const nonce = Buffer.from(randomBytes(NONCE_BYTES)).toString('base64');
    return reply.headers({ 'content-security-policy': policyWith(nonce), 'cache-control': 'no-cache' }).type('text/html; charset=utf-8')
      .send(page.replace(NONCE_MARK, nonce));
  });
}

/** Nothing from elsewhere, no script but the files of this site, no style but those and what carries the nonce. */
function policyWith(nonce: string): string {
  return [
    "default-src 'none'", "script-src 'self'", `style-src 'self' 'nonce-${nonce}'`, "img-src 'self'", "font-src 'self'", "connect-src 'self'",
    "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
  ].join('; ');
}

async function readPage(siteDir: string): Promise<string | null> {
  try {
    return await readFile(join(siteDir, 'index.html'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function notBuilt(reply: FastifyReply): FastifyReply {
  return reply.code(503).type('text/html; charset=utf-8').send(
    '<!doctype html><html lang="en"><title>Sonde</title><h1>The dashboard is not built</h1>'
    + '<p>Run <code>npm ci</code> with its development dependencies, or <code>npm run build:web</code>. The API works: <a href="/docs">/docs</a>.</p></html>',
  );
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { OidcVisit } from './oidc-provider.ts';
import { cookieNamed, type Reached } from './session-cookie.ts';

/** Signing in at the provider takes no longer; a browser that comes back later begins again. */
const VISIT_SECONDS = 600;
const NEXT_CHARS_MAX = 1_000;

const Kept = z.object({
  state: z.string().min(20).max(200), nonce: z.string().min(20).max(200), codeVerifier: z.string().min(43).max(128),
  next: z.string().max(NEXT_CHARS_MAX),
});

/** Any path of this site; `//elsewhere` and `/\elsewhere` are other sites to a browser. */
export function ownPath(given: string | undefined): string {
  return given !== undefined && given.length <= NEXT_CHARS_MAX && /^\/(?![/\\])[!-~]*$/.test(given) ? given : '/';
}

/** What ties the way back to the browser that went: no script reads it, and another site's pages cannot set it over TLS. */
export function giveVisitCookie(reply: FastifyReply, visit: OidcVisit, next: string, reached: Reached): void {
  reply.header('set-cookie', cookie(Buffer.from(JSON.stringify({ ...visit, next })).toString('base64url'), VISIT_SECONDS, reached));
}

/** Once: the browser forgets it with this answer. null: there is none. */
export function takeVisit(request: FastifyRequest, reply: FastifyReply, reached: Reached): (OidcVisit & { readonly next: string }) | null {
  reply.header('set-cookie', cookie('', 0, reached));
  const kept = cookieNamed(request, nameOf(reached));
  if (kept === null) return null;
  try {
    const visit = Kept.parse(JSON.parse(Buffer.from(kept, 'base64url').toString('utf8')));
    return { ...visit, next: ownPath(visit.next) };
  } catch {
    return null;
  }
}

function cookie(value: string, maxAgeSeconds: number, reached: Reached): string {
  return `${nameOf(reached)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${reached === 'tls' ? '; Secure' : ''}`;
}

function nameOf(reached: Reached): string {
  return reached === 'tls' ? '__Host-sonde-visit' : 'sonde-visit';
}

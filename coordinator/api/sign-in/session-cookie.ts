import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../api-error.ts';

/** How people reach this coordinator (rules.md 32). */
export type Reached =
  /** TLS, here or in a proxy in front. */
  | 'tls'
  /** Plain HTTP that does not leave the machine, or that the operator allows by a flag. */
  | 'plain'
  /** Plain HTTP between machines: nobody signs in over it. */
  | 'plain_refused';

/** A session is given up when it was not used for this long, */
export const SESSION_IDLE_MS = 3 * 86_400_000;
/** and after this long however much it was used. */
export const SESSION_LASTS_MS = 30 * 86_400_000;

/** `__Host-`: a browser takes it over TLS alone, for this host alone. */
const COOKIE_OVER_TLS = '__Host-sonde-session';
const COOKIE_OVER_PLAIN = 'sonde-session';
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** The token a browser sent, or null; what cannot be one is none. */
export function sessionTokenOf(request: FastifyRequest, reached: Reached): string | null {
  const token = cookieNamed(request, cookieName(reached));
  return token !== null && TOKEN.test(token) ? token : null;
}

/** As the browser sent it, or null. */
export function cookieNamed(request: FastifyRequest, name: string): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at >= 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/** Throws 403 where a cookie would travel in the clear. */
export function giveSessionCookie(reply: FastifyReply, token: string, reached: Reached): void {
  if (reached === 'plain_refused') {
    throw new ApiError(403, 'signing in over plain HTTP works on the machine of the coordinator only: give it a certificate (SONDE_HTTP_TLS_CERT), '
      + 'set SONDE_PUBLIC_URL to the https address of the proxy in front of it, or SONDE_HTTP_PLAINTEXT=1 if the network between is trusted');
  }
  reply.header('set-cookie', cookie(token, SESSION_LASTS_MS / 1000, reached));
}

export function takeSessionCookie(reply: FastifyReply, reached: Reached): void {
  reply.header('set-cookie', cookie('', 0, reached));
}

function cookie(value: string, maxAgeSeconds: number, reached: Reached): string {
  return `${cookieName(reached)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${reached === 'tls' ? '; Secure' : ''}`;
}

function cookieName(reached: Reached): string {
  return reached === 'tls' ? COOKIE_OVER_TLS : COOKIE_OVER_PLAIN;
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemAt } from '#shared/check/problem.ts';
import type { Clock } from '#shared/time/clock.ts';
import { ApiError } from './api-error.ts';
import { isPossibleKey, looksMinted } from './keys.ts';
import type { ApiStore, Caller } from './ports.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { RouteScope, Scope } from './scopes.ts';
import { requireSameOrigin } from './sign-in/same-origin.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route asks of the caller; registration fails without it. */
    scope?: RouteScope;
    /** A GET that changes something all the same. */
    isAudited?: boolean;
  }
  interface FastifyRequest {
    /** Who asks; null on public routes. */
    caller: Caller | null;
  }
}

type Doorkeeper = {
  readonly store: Pick<ApiStore, 'findCaller'>;
  readonly hashToken: (token: string) => Uint8Array;
  readonly clock: Clock;
  readonly limiter: RateLimiter;
  /** Of browsers; left out: keys alone. */
  readonly sessionOf?: (request: FastifyRequest) => Promise<Caller | null>;
};

/** Before a byte of the body is read: who asks, how often, and may they? */
export function authenticate(app: FastifyInstance, door: Doorkeeper): void {
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    const scope = request.routeOptions.config.scope;
    // Without a scope there is no route: the 404 handler answers, the same for everybody.
    if (scope === undefined || scope === 'public') return;
    request.caller = await callerBehind(request, reply, door);
    if (!request.caller.scopes.includes(scope)) throw missingScope(scope, request.caller);
  });
}

/** The caller of a route that is not public. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('a handler asked for the caller of a public route');
  return request.caller;
}

async function callerBehind(request: FastifyRequest, reply: FastifyReply, door: Doorkeeper): Promise<Caller> {
  if (request.headers.authorization === undefined && door.sessionOf) {
    const signedIn = await door.sessionOf(request);
    if (signedIn !== null) {
      requireSameOrigin(request);
      count(reply, door, `key ${signedIn.keyId}`);
      return signedIn;
    }
  }
  const token = bearerTokenOf(request.headers.authorization);
  // A wrong key counts against its address, a right one against itself: guessing behind one proxy stops nobody else.
  const stranger = `address ${request.ip}`;
  if (!isPossibleKey(token)) {
    count(reply, door, stranger);
    throw unauthorized(looksMinted(token) ? 'this API key has a typing error: its checksum does not fit' : 'this API key is not valid');
  }
  const caller = await door.store.findCaller(door.hashToken(token));
  count(reply, door, caller === null ? stranger : `key ${caller.keyId}`);
  if (caller === null) throw unauthorized('this API key is not valid');
  return caller;
}

function bearerTokenOf(header: string | undefined): string {
  if (header === undefined) throw unauthorized('an API key is needed: send the header Authorization: Bearer <key>');
  const match = /^bearer +(\S+) *$/i.exec(header);
  if (!match?.[1]) throw unauthorized('the Authorization header must read: Bearer <key>');
  return match[1];
}

function count(reply: FastifyReply, door: Doorkeeper, caller: string): void {
  const decision = door.limiter.take(caller, door.clock.monotonicUs() / 1000);
  reply.headers({
    'x-ratelimit-limit': String(door.limiter.max),
    'x-ratelimit-remaining': String(decision.remaining),
    'x-ratelimit-reset': String(decision.resetSeconds),
  });
  if (decision.allowed) return;
  throw new ApiError(429, `more than ${door.limiter.max} requests; try again in ${decision.resetSeconds} s`, {
    headers: { 'retry-after': String(decision.resetSeconds) },
  });
}

function unauthorized(message: string): ApiError {
  return new ApiError(401, message, { headers: { 'www-authenticate': 'Bearer' } });
}

function missingScope(scope: Scope, { user }: Caller): ApiError {
  return new ApiError(403, user === undefined ? `this API key has not the scope ${scope}` : `your role (${user.role}) has not the scope ${scope}`, {
    problems: [problemAt('scope', null, scope, `${scope} is needed`)],
  });
}

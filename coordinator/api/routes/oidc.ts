import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ApiApp } from '../api-app.ts';
import { auditAs } from '../audit-writes.ts';
import { callerOf } from '../authenticate.ts';
import { linkBase, presentedSession, signIn, type People } from '../sign-in/people.ts';
import { OidcProvider, type OidcPerson } from '../sign-in/oidc-provider.ts';
import { giveVisitCookie, ownPath, takeVisit } from '../sign-in/visit-cookie.ts';
import type { OidcRefusal } from '../users-port.ts';

const CALLBACK = '/v1/session/oidc/callback';
/** What the sign-in page is told: a word, never what somebody put into an address. */
type Refusal = OidcRefusal | 'refused' | 'begin_again' | 'unreachable' | 'plaintext';

const Ways = z.object({ oidc: z.object({ name: z.string() }).nullable() });
const OwnWays = z.object({ hasPassword: z.boolean(), oidc: z.object({ name: z.string(), isConnected: z.boolean() }).nullable() });

/** Signing in at an OpenID Connect provider, where the operator named one. Browsers are sent there and come back. */
export function oidcRoutes(app: ApiApp, people: People): void {
  const { store, limits, deps, oidc, reached } = people;

  app.get('/v1/sign-in', {
    config: { scope: 'public' },
    schema: { tags: ['users'], summary: 'How people may sign in, besides by password', response: { 200: Ways } },
  }, async (_request, reply) => reply.send({ oidc: oidc === undefined ? null : { name: oidc.providerName } }));

  app.get('/v1/session/ways', {
    config: { scope: 'account:read' },
    schema: { tags: ['users'], summary: 'How you may sign in', response: { 200: OwnWays } },
  }, async (request, reply) => {
    const { user } = callerOf(request);
    const own = user === undefined ? { hasPassword: false, isConnected: false } : await store.waysOf(user.id, oidc?.issuer ?? '');
    return reply.send({ hasPassword: own.hasPassword, oidc: oidc === undefined ? null : { name: oidc.providerName, isConnected: own.isConnected } });
  });
  if (oidc === undefined) return;
  const provider = new OidcProvider(oidc, deps.clock);

  app.get('/v1/session/oidc', {
    config: { scope: 'public' },
    schema: {
      tags: ['users'], summary: 'Sign in at the provider', description: 'For browsers: leads there. `next` is the page to come back to.',
      querystring: z.object({ next: z.string().optional() }), response: { 302: z.undefined() },
    },
  }, async (request, reply) => {
    if (reached === 'plain_refused') return toSignIn(reply, 'plaintext');
    try {
      const { url, visit } = await provider.begin(`${linkBase(people, request)}${CALLBACK}`);
      giveVisitCookie(reply, visit, ownPath(request.query.next), reached);
      return await reply.redirect(url.href, 302);
    } catch (error) {
      request.log.error({ err: error, issuer: oidc.issuer }, 'the OpenID Connect provider cannot be asked');
      return toSignIn(reply, 'unreachable');
    }
  });

  app.get(CALLBACK, {
    config: { scope: 'public', isAudited: true },
    schema: { tags: ['users'], summary: 'Back from the provider', querystring: z.record(z.string(), z.unknown()), response: { 302: z.undefined() } },
  }, async (request, reply) => {
    limits.count(request.ip, null);
    const visit = takeVisit(request, reply, reached);
    if (visit === null) return toSignIn(reply, 'begin_again');
    let person: OidcPerson;
    try {
      // What the browser was sent to, whatever a proxy in between made of it.
      person = await provider.finish(new URL(`${linkBase(people, request)}${request.raw.url ?? ''}`), visit);
    } catch (error) {
      request.log.warn({ err: error, issuer: oidc.issuer }, 'somebody came back from the OpenID Connect provider and was not let in');
      return toSignIn(reply, 'refused');
    }
    const entered = await store.enterByOidc({
      ...person, newUserId: deps.ids(), signedInUserId: (await presentedSession(people, request))?.user.id ?? null, newcomers: newcomersOf(person),
    });
    if (typeof entered === 'string') {
      request.log.info({ refused: entered, issuer: oidc.issuer, subject: person.subject }, 'somebody came back from the OpenID Connect provider and was not let in');
      return toSignIn(reply, entered);
    }
    auditAs(request, { accountId: entered.accountId, actor: { kind: 'user', id: entered.userId, name: entered.email } });
    await signIn(people, request, reply, entered);
    return reply.redirect(visit.next, 302);
  });

  function newcomersOf({ verifiedEmail }: OidcPerson) {
    const domain = verifiedEmail?.split('@')[1] ?? '';
    return oidc?.newUsers && oidc.newUsers.emailDomains.includes(domain) ? { accountId: oidc.newUsers.accountId, role: oidc.newUsers.role } : null;
  }
}

function toSignIn(reply: FastifyReply, problem: Refusal): FastifyReply {
  return reply.redirect(`/sign-in?problem=${problem}`, 302);
}

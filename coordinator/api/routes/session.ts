import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import type { ApiApp } from '../api-app.ts';
import { ApiError, invalidInput, notFound } from '../api-error.ts';
import { auditAs } from '../audit-writes.ts';
import { callerOf } from '../authenticate.ts';
import type { Caller } from '../ports.ts';
import { signIn, signOut, type People } from '../sign-in/people.ts';
import { requireSameOrigin } from '../sign-in/same-origin.ts';
import { scopesOf } from '../sign-in/role-scopes.ts';
import { SESSION_IDLE_MS, sessionTokenOf } from '../sign-in/session-cookie.ts';
import type { SignedIn } from '../users-port.ts';
import { validated } from '../validate.ts';
import { email, givenPassword, newPassword, role, SessionEntity, UserSessionEntity, userSessionEntity } from '../wire/user-entities.ts';

const SignInBody = z.object({ email, password: givenPassword });
const PasswordBody = z.object({ currentPassword: givenPassword, password: newPassword });
const AccountBody = z.object({ accountId: z.guid().transform((id) => id.toLowerCase()) });
const idParam = z.object({ id: z.guid().transform((id) => id.toLowerCase()) });

/** Signing in and out, and where one is signed in. */
export function sessionRoutes(app: ApiApp, people: People): void {
  const { store, passwords, limits, deps } = people;

  app.get('/v1/session', {
    config: { scope: 'account:read' },
    schema: { tags: ['users'], summary: 'Who is signed in', response: { 200: SessionEntity } },
  }, async (request, reply) => reply.send(await sessionEntity(callerOf(request), people)));

  app.post('/v1/session', {
    config: { scope: 'public' },
    schema: { tags: ['users'], summary: 'Sign in', description: 'Answers with a cookie; programs use an API key instead.', body: SignInBody, response: { 200: SessionEntity } },
  }, async (request, reply) => {
    requireSameOrigin(request);
    const given = validated(SignInBody, request.body);
    limits.count(request.ip, given.email);
    const user = await store.findUser(given.email);
    // An unknown address takes as long and hears the same.
    const isRight = await passwords.verify(given.password, user?.passwordHash ?? null);
    if (user !== null) auditAs(request, { accountId: user.accountId, actor: { kind: isRight ? 'user' : 'stranger', id: user.id, name: given.email } });
    if (user === null || !isRight) throw new ApiError(401, 'email and password do not fit together');
    const token = await signIn(people, request, reply, { accountId: user.accountId, userId: user.id });
    return reply.send(await openedSession(people, token));
  });

  app.delete('/v1/session', {
    config: { scope: 'public' },
    schema: { tags: ['users'], summary: 'Sign out', response: { 204: z.undefined() } },
  }, async (request, reply) => {
    requireSameOrigin(request);
    await signOut(people, request, reply);
    return reply.code(204).send();
  });

  app.get('/v1/session/accounts', {
    config: { scope: 'account:read' },
    schema: { tags: ['users'], summary: 'The accounts you are in', response: { 200: z.array(z.object({ id: z.string(), name: z.string(), role, isCurrent: z.boolean() })) } },
  }, async (request, reply) => {
    const { accountId, user } = callerOf(request);
    const accounts = user === undefined ? [] : await store.listAccountsOf(user.id);
    return reply.send(accounts.map((account) => ({ ...account, isCurrent: account.id === accountId })));
  });

  app.put('/v1/session/account', {
    config: { scope: 'account:read' },
    schema: { tags: ['users'], summary: 'Go on in another of your accounts', body: AccountBody, response: { 200: SessionEntity } },
  }, async (request, reply) => {
    personOf(callerOf(request));
    const { accountId } = validated(AccountBody, request.body);
    const token = sessionTokenOf(request, people.reached);
    if (token === null || !await store.switchAccount(deps.hashToken(token), accountId)) throw notFound(`the account ${accountId}`);
    return reply.send(await openedSession(people, token));
  });

  app.put('/v1/session/password', {
    config: { scope: 'account:read' },
    schema: { tags: ['users'], summary: 'Change your password', description: 'Ends your other sessions.', body: PasswordBody, response: { 204: z.undefined() } },
  }, async (request, reply) => {
    const user = personOf(callerOf(request));
    const given = validated(PasswordBody, request.body);
    limits.count(request.ip, user.email);
    if (!await passwords.verify(given.currentPassword, await store.passwordHashOf(user.id))) {
      throw invalidInput([problemAt('currentPassword', given.currentPassword, 'your password', 'is not your password')]);
    }
    await store.changePassword(user.id, await passwords.hash(given.password), user.sessionId);
    return reply.code(204).send();
  });

  app.get('/v1/session/all', {
    config: { scope: 'account:read' },
    schema: { tags: ['users'], summary: 'Where you are signed in', response: { 200: z.array(UserSessionEntity) } },
  }, async (request, reply) => {
    const { accountId, user } = callerOf(request);
    const sessions = user === undefined ? [] : await store.listUserSessions(accountId, user.id, SESSION_IDLE_MS);
    return reply.send(sessions.map((session) => userSessionEntity(session, user?.sessionId ?? null)));
  });

  app.delete('/v1/session/all/:id', {
    config: { scope: 'account:read' },
    schema: { tags: ['users'], summary: 'End one of your sessions', params: idParam, response: { 204: z.undefined() } },
  }, async (request, reply) => {
    const { accountId, user } = callerOf(request);
    if (user === undefined || !await store.revokeUserSession(accountId, user.id, request.params.id)) throw notFound(`the session ${request.params.id}`);
    return reply.code(204).send();
  });

  /** Who just came in, as `GET /v1/session` will answer. */
  async function openedSession(at: People, token: string): Promise<z.output<typeof SessionEntity>> {
    return sessionBehind(at, deps.hashToken(token));
  }
}

/** Of a session that was opened a moment ago. */
export async function sessionBehind(people: People, tokenHash: Uint8Array): Promise<z.output<typeof SessionEntity>> {
  const found = await people.store.findUserSession(tokenHash, SESSION_IDLE_MS);
  if (found === null) throw new ApiError(401, 'this session was ended');
  return sessionEntity({ ...found, scopes: scopesOf(found.user) }, people);
}

async function sessionEntity({ accountId, user, scopes }: Caller, { deps }: People): Promise<z.output<typeof SessionEntity>> {
  const account = await deps.store.getAccount(accountId);
  if (account === null) throw notFound('the account');
  return {
    account: { id: account.id, name: account.name },
    user: user === undefined ? null : { id: user.id, name: user.name, email: user.email, role: user.role },
    scopes: [...scopes],
  };
}

/** Throws where a key asks for what only a person has. */
function personOf({ user }: Caller): SignedIn {
  if (user === undefined) throw new ApiError(409, 'an API key has no password and no sessions: sign in instead');
  return user;
}

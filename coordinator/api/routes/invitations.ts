import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import type { ApiApp } from '../api-app.ts';
import { ApiError, invalidInput, notFound } from '../api-error.ts';
import { auditAs } from '../audit-writes.ts';
import { callerOf } from '../authenticate.ts';
import { linkBase, newToken, signIn, type People } from '../sign-in/people.ts';
import { requireSameOrigin } from '../sign-in/same-origin.ts';
import { validated } from '../validate.ts';
import { email, givenPassword, InvitationEntity, invitationEntity, newPassword, oneTimeToken, personName, role, SessionEntity } from '../wire/user-entities.ts';
import { sessionBehind } from './session.ts';
import { requireOwnerFor } from './users.ts';

const HOUR_MS = 3_600_000;
const INVITATION_HOURS = 7 * 24;
const INVITATION_HOURS_MAX = 30 * 24;

const idParam = z.object({ id: z.guid().transform((id) => id.toLowerCase()) });
const InviteBody = z.object({ email, role, expiresInHours: z.number().int().min(1).max(INVITATION_HOURS_MAX).default(INVITATION_HOURS) });
const LookBody = z.object({ token: oneTimeToken });
const AcceptBody = z.object({ token: oneTimeToken, name: personName, password: givenPassword });
const Looked = z.object({ email: z.string(), role, accountName: z.string(), isUser: z.boolean().meta({ description: 'has a password already, and joins with it' }) });

/** Asking people in: a link with a one-time token, a role and an end. */
export function invitationRoutes(app: ApiApp, people: People): void {
  const { store, passwords, limits, deps } = people;

  app.get('/v1/invitations', {
    config: { scope: 'users:read' },
    schema: { tags: ['users'], summary: 'Open invitations', response: { 200: z.array(InvitationEntity) } },
  }, async (request, reply) => reply.send((await store.listInvitations(callerOf(request).accountId)).map((invitation) => invitationEntity(invitation))));

  app.post('/v1/invitations', {
    config: { scope: 'users:write' },
    schema: { tags: ['users'], summary: 'Invite somebody', description: 'Answers with a link, shown this once. Replaces an open invitation of the same address.', body: InviteBody, response: { 201: InvitationEntity } },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const given = validated(InviteBody, request.body);
    requireOwnerFor(caller, [given.role]);
    const token = newToken(people);
    const invited = await store.invite(caller.accountId, {
      id: deps.ids(), email: given.email, role: given.role, invitedBy: caller.user?.email ?? caller.keyName ?? caller.keyId,
      tokenHash: deps.hashToken(token), lastsMs: given.expiresInHours * HOUR_MS,
    });
    if (invited === 'member') throw new ApiError(409, `${given.email} is a user of this account already`, { problems: [problemAt('email', given.email, 'not yet a user', 'is a user already')] });
    return reply.code(201).send(invitationEntity(invited, `${linkBase(people, request)}/invitation#token=${token}`));
  });

  app.delete('/v1/invitations/:id', {
    config: { scope: 'users:write' },
    schema: { tags: ['users'], summary: 'Take an invitation back', params: idParam, response: { 204: z.undefined() } },
  }, async (request, reply) => {
    if (!await store.revokeInvitation(callerOf(request).accountId, request.params.id)) throw notFound(`the invitation ${request.params.id}`);
    return reply.code(204).send();
  });

  app.post('/v1/invitations/look', {
    config: { scope: 'public' },
    schema: { tags: ['users'], summary: 'What an invitation is for, by its token', body: LookBody, response: { 200: Looked } },
  }, async (request, reply) => {
    limits.count(request.ip, null);
    const found = await invitationBehind(validated(LookBody, request.body).token);
    return reply.send({ email: found.email, role: found.role, accountName: found.accountName, isUser: found.isUser });
  });

  app.post('/v1/invitations/accept', {
    config: { scope: 'public' },
    schema: { tags: ['users'], summary: 'Accept an invitation', body: AcceptBody, response: { 201: SessionEntity } },
  }, async (request, reply) => {
    requireSameOrigin(request);
    limits.count(request.ip, null);
    const given = validated(AcceptBody, request.body);
    const invitation = await invitationBehind(given.token);
    if (invitation.isUser) {
      // The link alone must not open what is somebody's already.
      const user = await store.findUser(invitation.email);
      if (!await passwords.verify(given.password, user?.passwordHash ?? null)) throw invalidInput([problemAt('password', null, 'your password', 'is not the password you sign in with')]);
    } else {
      validated(z.object({ password: newPassword }), given);
    }
    const accepted = await store.acceptInvitation(deps.hashToken(given.token), {
      id: deps.ids(), name: given.name, email: invitation.email, passwordHash: await passwords.hash(given.password),
    });
    if (accepted === 'not_found') throw gone();
    auditAs(request, { accountId: accepted.accountId, actor: { kind: 'user', id: accepted.userId, name: invitation.email } });
    const token = await signIn(people, request, reply, accepted);
    return reply.code(201).send(await sessionBehind(people, deps.hashToken(token)));
  });

  async function invitationBehind(token: string) {
    const found = await store.findInvitation(deps.hashToken(token));
    if (found === null) throw gone();
    return found;
  }
}

function gone(): ApiError {
  return new ApiError(404, 'this invitation was used, taken back, or has expired');
}

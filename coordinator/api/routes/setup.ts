import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import type { ApiApp } from '../api-app.ts';
import { invalidInput } from '../api-error.ts';
import { auditAs } from '../audit-writes.ts';
import { signIn, type People } from '../sign-in/people.ts';
import { requireSameOrigin } from '../sign-in/same-origin.ts';
import { validated } from '../validate.ts';
import { email, newPassword, oneTimeToken, personName, SessionEntity } from '../wire/user-entities.ts';
import { sessionBehind } from './session.ts';

const ACCOUNT_NAME_CHARS_MAX = 100;
const SetupBody = z.object({
  token: oneTimeToken, name: personName, email, password: newPassword,
  accountName: z.string().trim().max(ACCOUNT_NAME_CHARS_MAX).optional().meta({ description: 'left out: stays as it is' }),
});

/** First run: whoever holds the one-time token becomes the owner. There is no default password. */
export function setupRoutes(app: ApiApp, people: People): void {
  const { store, passwords, limits, deps } = people;

  app.get('/v1/setup', {
    config: { scope: 'public' },
    schema: { tags: ['users'], summary: 'Has nobody set up this installation yet?', response: { 200: z.object({ isNeeded: z.boolean() }) } },
  }, async (_request, reply) => reply.send({ isNeeded: await store.isSetupNeeded() }));

  app.post('/v1/setup', {
    config: { scope: 'public' },
    schema: { tags: ['users'], summary: 'Become the owner, with the one-time setup token', body: SetupBody, response: { 201: SessionEntity } },
  }, async (request, reply) => {
    requireSameOrigin(request);
    const given = validated(SetupBody, request.body);
    limits.count(request.ip, null);
    const id = deps.ids();
    const passwordHash = await passwords.hash(given.password);
    const made = await store.setUp(deps.hashToken(given.token), { id, name: given.name, email: given.email, passwordHash }, given.accountName || null);
    if (made === 'wrong_token') {
      throw invalidInput([problemAt('token', given.token, 'the setup token', 'is not the setup token of this installation, or it has been used; the coordinator prints it when it starts')]);
    }
    await people.onSetUp?.();
    auditAs(request, { accountId: made.accountId, actor: { kind: 'user', id, name: given.email } });
    const token = await signIn(people, request, reply, { accountId: made.accountId, userId: id });
    return reply.code(201).send(await sessionBehind(people, deps.hashToken(token)));
  });
}

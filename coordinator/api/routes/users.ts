import { z } from 'zod';
import type { ApiApp } from '../api-app.ts';
import { ApiError, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import type { Caller } from '../ports.ts';
import type { People } from '../sign-in/people.ts';
import type { Role } from '../users-port.ts';
import { validated } from '../validate.ts';
import { role, UserEntity, userEntity } from '../wire/user-entities.ts';

const idParam = z.object({ id: z.guid().transform((id) => id.toLowerCase()) });
const RoleBody = z.object({ role });

/** Who is in the account, and as what. */
export function userRoutes(app: ApiApp, { store }: People): void {
  app.get('/v1/users', {
    config: { scope: 'users:read' },
    schema: { tags: ['users'], summary: 'The users of the account', response: { 200: z.array(UserEntity) } },
  }, async (request, reply) => reply.send((await store.listUsers(callerOf(request).accountId)).map(userEntity)));

  app.put('/v1/users/:id', {
    config: { scope: 'users:write' },
    schema: { tags: ['users'], summary: 'Change the role of a user', params: idParam, body: RoleBody, response: { 200: UserEntity } },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const before = await member(caller, request.params.id);
    const wanted = validated(RoleBody, request.body).role;
    requireOwnerFor(caller, [before.role, wanted]);
    const changed = await store.changeRole(caller.accountId, before.id, wanted);
    if (typeof changed === 'string') throw refused(changed, request.params.id);
    return reply.send(userEntity(changed));
  });

  app.delete('/v1/users/:id', {
    config: { scope: 'users:write' },
    schema: { tags: ['users'], summary: 'Remove a user from the account', description: 'Ends all sessions of the user.', params: idParam, response: { 204: z.undefined() } },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const before = await member(caller, request.params.id);
    requireOwnerFor(caller, [before.role]);
    const removed = await store.removeUser(caller.accountId, before.id);
    if (removed !== 'removed') throw refused(removed, request.params.id);
    return reply.code(204).send();
  });

  async function member({ accountId }: Caller, id: string) {
    const found = (await store.listUsers(accountId)).find((user) => user.id === id);
    if (!found) throw notFound(`the user ${id}`);
    return found;
  }
}

/** Only an owner makes, changes or removes owners; a key of the account stands for its owner. Throws 403. */
export function requireOwnerFor({ user }: Caller, roles: readonly Role[]): void {
  if (user === undefined || user.role === 'owner' || !roles.includes('owner')) return;
  throw new ApiError(403, 'only an owner can make somebody an owner, or change one');
}

function refused(why: 'not_found' | 'last_owner', id: string): ApiError {
  return why === 'not_found' ? notFound(`the user ${id}`) : new ApiError(409, 'this is the only owner: make somebody else an owner first');
}

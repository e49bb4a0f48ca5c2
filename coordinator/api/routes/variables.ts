import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { validated } from '../validate.ts';
import type { InUse, VariableName } from '../variables-port.ts';
import { VARIABLES_MAX, variableEntity, VariableEntity, VariableUpdateBody, variableWrite, VariableWriteBody } from '../wire/variable-entity.ts';

const groupId = z.coerce.number().int().min(1).max(2_147_483_647).optional().meta({ description: 'of this group; left out, of the account' });
const keyParam = z.object({ key: z.string().min(1).max(255) });
const ofGroup = z.object({ groupId });

/** Variables and secrets, which checks and channels name as `{{KEY}}`. */
export function variableRoutes(app: ApiApp, { store }: ApiDeps): void {
  const groupOf = async (accountId: string, id: number | undefined): Promise<number | null> => {
    if (id === undefined) return null;
    if (await store.getGroup(accountId, id) === null) throw notFound(`the group ${id}`);
    return id;
  };
  const nameOf = async (accountId: string, key: string, id: number | undefined): Promise<VariableName> => ({ key, groupId: await groupOf(accountId, id) });

  app.get('/v1/variables', {
    config: { scope: 'variables:read' },
    schema: { tags: ['variables'], summary: 'Your variables', description: 'The value of a secret is `[redacted]`.', querystring: ofGroup, response: { 200: z.array(VariableEntity) } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    return reply.send((await store.listVariables(accountId, await groupOf(accountId, request.query.groupId))).map(variableEntity));
  });

  app.post('/v1/variables', {
    config: { scope: 'variables:write' },
    schema: {
      tags: ['variables'], summary: 'Create a variable or a secret',
      description: 'Checks name it as `{{KEY}}` in hostname, data, steps and TLS server name, channels in their fields. A secret is sealed at rest, never answered, not allowed where it would be shown, and redacted from results.',
      querystring: ofGroup, body: VariableWriteBody, response: { 201: VariableEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const of = await groupOf(accountId, request.query.groupId);
    const body = validated(VariableWriteBody, request.body);
    if ((await store.listVariables(accountId, of)).length >= VARIABLES_MAX) throw new ApiError(409, `there are ${VARIABLES_MAX} variables already, which is the most there can be`);
    const write = variableWrite(body, body.key);
    if (write.value === null) throw invalidInput([problemAt('value', null, 'the secret itself', 'is what was shown in place of a secret, not the secret')]);
    const created = await store.createVariable(accountId, of, write);
    if (created === 'conflict') throw new ApiError(409, `there is a variable '${body.key}' already`, { problems: [problemAt('key', body.key, 'unused', 'is taken')] });
    if ('kind' in created) throw stillUsed(body.key, created);
    return reply.code(201).send(variableEntity(created));
  });

  app.get('/v1/variables/:key', {
    config: { scope: 'variables:read' },
    schema: { tags: ['variables'], summary: 'Read a variable', params: keyParam, querystring: ofGroup, response: { 200: VariableEntity } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const variable = await store.getVariable(accountId, await nameOf(accountId, request.params.key, request.query.groupId));
    if (variable === null) throw noSuchVariable(request.params.key);
    return reply.send(variableEntity(variable));
  });

  app.put('/v1/variables/:key', {
    config: { scope: 'variables:write' },
    schema: {
      tags: ['variables'], summary: 'Change a variable',
      description: 'Its key stays. `[redacted]` leaves the value of a secret. Agents learn of it at once; refused where a check would not work any more.',
      params: keyParam, querystring: ofGroup, body: VariableUpdateBody, response: { 200: VariableEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const name = await nameOf(accountId, request.params.key, request.query.groupId);
    const before = await store.getVariable(accountId, name);
    if (before === null) throw noSuchVariable(name.key);
    const body = validated(VariableUpdateBody, request.body);
    if (body.key !== undefined && body.key !== name.key) throw invalidInput([problemAt('key', body.key, name.key, `cannot be changed: make a new variable, and delete '${name.key}' when nothing uses it`)]);
    if (before.isSecret && body.secret !== true && body.value === '[redacted]') throw invalidInput([problemAt('value', null, 'a new value', 'a secret becomes a plain variable only with a new value')]);
    const changed = await store.updateVariable(accountId, name, variableWrite(body, name.key));
    if (changed === 'not_found') throw noSuchVariable(name.key);
    if ('kind' in changed) throw stillUsed(name.key, changed);
    return reply.send(variableEntity(changed));
  });

  app.delete('/v1/variables/:key', {
    config: { scope: 'variables:write' },
    schema: { tags: ['variables'], summary: 'Delete a variable', description: 'Refused while a check or a channel uses it.', params: keyParam, querystring: ofGroup, response: { 204: z.undefined() } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const deleted = await store.deleteVariable(accountId, await nameOf(accountId, request.params.key, request.query.groupId));
    if (deleted === 'not_found') throw noSuchVariable(request.params.key);
    if (deleted !== 'deleted') throw stillUsed(request.params.key, deleted);
    return reply.code(204).send();
  });

  app.get('/v1/secrets/sealing', {
    config: { scope: 'operator' },
    schema: { tags: ['variables'], summary: 'How secrets are sealed', description: 'Ids of the keys in the ring, the current one first, and how many values older keys have sealed.', response: { 200: SealingEntity } },
  }, async (_request, reply) => reply.send({ ...await store.countSealed(), keyIds: [...store.sealingKeyIds] }));

  app.post('/v1/secrets/sealing/rotate', {
    config: { scope: 'operator' },
    schema: {
      tags: ['variables'], summary: 'Seal anew by the current key',
      description: 'The next hundred or so values that an older key has sealed. Repeat until `resealed` is 0; it can be left and taken up again at any time.',
      response: { 200: SealingEntity.extend({ resealed: z.int() }) },
    },
  }, async (_request, reply) => {
    const resealed = await store.resealSome();
    return reply.send({ resealed, ...await store.countSealed(), keyIds: [...store.sealingKeyIds] });
  });
}

const SealingEntity = z.object({
  sealed: z.int(), byOlderKeys: z.int(), unreadable: z.int().meta({ description: 'by keys that are not in the ring: put them back' }), keyIds: z.array(z.string()),
}).meta({ id: 'Sealing' });

function noSuchVariable(key: string): ApiError {
  return notFound(`the variable ${key}`);
}

function stillUsed(key: string, { by }: InUse): ApiError {
  return new ApiError(409, `{{${key}}} is used by ${by.join(', ')}, which would not work any more; change ${by.length === 1 ? 'it' : 'them'} first`);
}

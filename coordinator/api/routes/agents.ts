import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import type { Caller } from '../ports.ts';
import { AgentEntity, agentEntity } from '../wire/fleet-entities.ts';

const idParam = z.object({ id: z.guid().transform((id) => id.toLowerCase()) });

/** Who runs the checks. Agents of public locations are the operator's to approve, to drain and to revoke. */
export function agentRoutes(app: ApiApp, { store }: ApiDeps): void {
  app.get('/v1/agents', {
    config: { scope: 'agents:read' },
    schema: { tags: ['fleet'], summary: 'The agents and how they are', response: { 200: z.array(AgentEntity) } },
  }, async (request, reply) => reply.send((await store.listAgents(callerOf(request).accountId)).map(agentEntity)));

  /** In which locations the caller may manage it; throws 404, or 403 where it is the operator's alone. */
  const manageable = async (caller: Caller, id: string): Promise<{ alsoPublic: boolean }> => {
    const { inPublic, inOwn } = await store.findAgent(caller.accountId, id);
    if (!inPublic && !inOwn) throw notFound(`the agent ${id}`);
    const isOperator = caller.scopes.includes('operator');
    if (!inOwn && !isOperator) {
      throw new ApiError(403, 'agents of public locations are the operator\'s', { problems: [problemAt('scope', null, 'operator', 'operator is needed')] });
    }
    return { alsoPublic: isOperator };
  };

  app.post('/v1/agents/:id/approve', {
    config: { scope: 'locations:write' },
    schema: {
      tags: ['fleet'], summary: 'Let a pending agent in', description: 'It comes by itself within seconds. An agent that is in already stays so.',
      params: idParam, response: { 204: z.undefined() },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    await store.approveAgent(caller.accountId, request.params.id, await manageable(caller, request.params.id));
    return reply.code(204).send();
  });

  app.post('/v1/agents/:id/drain', {
    config: { scope: 'locations:write' },
    schema: {
      tags: ['fleet'], summary: 'Take an agent out of work', params: idParam, response: { 204: z.undefined() },
      description: 'The other agents of its location have its checks within seconds, without a missing or a double slot. It stays connected and '
        + '`draining` until all it ran is finished and delivered, then `drained`: it may be stopped. While nobody else is there it goes on. It holds '
        + 'across restarts of the agent, until it is undone.',
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const { alsoPublic } = await manageable(caller, request.params.id);
    await store.drainAgent(caller.accountId, request.params.id, { isDraining: true, alsoPublic });
    return reply.code(204).send();
  });

  app.delete('/v1/agents/:id/drain', {
    config: { scope: 'locations:write' },
    schema: {
      tags: ['fleet'], summary: 'Put a drained agent back to work', description: 'It has its share of the checks again within seconds.',
      params: idParam, response: { 204: z.undefined() },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const { alsoPublic } = await manageable(caller, request.params.id);
    await store.drainAgent(caller.accountId, request.params.id, { isDraining: false, alsoPublic });
    return reply.code(204).send();
  });

  app.delete('/v1/agents/:id', {
    config: { scope: 'locations:write' },
    schema: {
      tags: ['fleet'], summary: 'Revoke an agent', description: 'Its streams are cut within seconds and it cannot come back as it is. What it has not delivered stays on its disk.',
      params: idParam, response: { 204: z.undefined() },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    await store.revokeAgent(caller.accountId, request.params.id, await manageable(caller, request.params.id));
    return reply.code(204).send();
  });
}

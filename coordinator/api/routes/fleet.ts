import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { validated } from '../validate.ts';
import { maskToken, mintToken } from '../keys.ts';
import {
  AgentEntity, agentEntity, CreatedLocationEntity, LocationEntity, locationEntity, LocationKeyEntity, LocationWrite,
} from '../wire/fleet-entities.ts';

/** Where checks run from, and who runs them there. The catalogue of public locations is the operator's. */
export function fleetRoutes(app: ApiApp, deps: ApiDeps): void {
  const { store } = deps;

  app.get('/v1/locations', {
    config: { scope: 'locations:read' },
    schema: { tags: ['fleet'], summary: 'Public locations and your private ones', response: { 200: z.array(LocationEntity) } },
  }, async (request, reply) => reply.send((await store.listLocations(callerOf(request).accountId)).map(locationEntity)));

  app.post('/v1/locations', {
    config: { scope: 'operator' },
    schema: {
      tags: ['fleet'], summary: 'Create a public location', description: 'Answers with a key for its agents, shown this once.',
      body: LocationWrite, response: { 201: CreatedLocationEntity },
    },
  }, async (request, reply) => {
    const { code, name = code } = validated(LocationWrite, request.body);
    const location = await store.createLocation({ code, name });
    if (location === 'conflict') {
      throw new ApiError(409, `there is a location '${code}' already`, { problems: [problemAt('code', code, 'unused', 'is taken')] });
    }
    const key = await addKey(deps, location.id);
    return reply.code(201).send({ ...locationEntity({ ...location, liveAgents: 0, available: false }), keys: [key] });
  });

  app.post('/v1/locations/:code/keys', {
    config: { scope: 'operator' },
    schema: {
      tags: ['fleet'], summary: 'Add a key to a public location', description: 'To rotate keys: add one, move the agents over, end the other.',
      params: z.object({ code: z.string().max(63) }), response: { 201: LocationKeyEntity },
    },
  }, async (request, reply) => {
    const { code } = request.params;
    const locations = await store.listLocations(callerOf(request).accountId);
    const location = locations.find((candidate) => candidate.kind === 'public' && candidate.code === code);
    if (!location) throw notFound(`the public location '${code}'`);
    return reply.code(201).send(await addKey(deps, location.id));
  });

  app.get('/v1/agents', {
    config: { scope: 'agents:read' },
    schema: { tags: ['fleet'], summary: 'The agents and how they are', response: { 200: z.array(AgentEntity) } },
  }, async (request, reply) => reply.send((await store.listAgents(callerOf(request).accountId)).map(agentEntity)));
}

async function addKey({ store, ids, randomBytes, hashToken }: ApiDeps, locationId: string): Promise<z.output<typeof LocationKeyEntity>> {
  const id = ids();
  const rawKey = mintToken('location', randomBytes);
  const maskedKey = maskToken(rawKey);
  await store.createLocationKey(locationId, { id, hash: hashToken(rawKey), masked: maskedKey });
  return { id, rawKey, maskedKey };
}

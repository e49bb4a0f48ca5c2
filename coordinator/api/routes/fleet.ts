import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { loadOf } from '../../fleet/forecast-load.ts';
import { validated } from '../validate.ts';
import { addLocationKey, mintLocationKey } from '../location-key.ts';
import { CreatedLocationEntity, LocationEntity, locationEntity, LocationWrite } from '../wire/fleet-entities.ts';
import { CreatedLocationKeyEntity, LocationKeyEntity, locationKeyEntity, LocationKeyWrite } from '../wire/location-key-entity.ts';

/** Where checks run from. The catalogue of public locations is the operator's. */
export function fleetRoutes(app: ApiApp, deps: ApiDeps): void {
  const { store, demand } = deps;

  app.get('/v1/locations', {
    config: { scope: 'locations:read' },
    schema: { tags: ['fleet'], summary: 'Public locations and your private ones', response: { 200: z.array(LocationEntity) } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const [locations, checks] = await Promise.all([store.listLocations(accountId), store.countChecksByLocation(accountId)]);
    return reply.send(locations.map((location) => locationEntity(location, demand ? loadOf(demand.in(location.id), location.capacity) : null, checks.get(location.id))));
  });

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
    const key = await addLocationKey(deps, { locationId: location.id }, mintLocationKey(deps));
    return reply.code(201).send({ ...locationEntity({ ...location, liveAgents: 0, available: false }, null), keys: [key] });
  });

  const publicLocation = async (accountId: string, code: string) => {
    const locations = await store.listLocations(accountId);
    const location = locations.find((candidate) => candidate.kind === 'public' && candidate.code === code);
    if (!location) throw notFound(`the public location '${code}'`);
    return location;
  };

  app.get('/v1/locations/:code/keys', {
    config: { scope: 'operator' },
    schema: { tags: ['fleet'], summary: 'The live keys of a public location', params: codeParam, response: { 200: z.array(LocationKeyEntity) } },
  }, async (request, reply) => {
    const location = await publicLocation(callerOf(request).accountId, request.params.code);
    return reply.send((await store.listLocationKeys(location.id)).map(locationKeyEntity));
  });

  app.post('/v1/locations/:code/keys', {
    config: { scope: 'operator' },
    schema: {
      tags: ['fleet'], summary: 'Add a key to a public location',
      description: 'At most two are live at once. To rotate: add one, restart the agents with it, delete the other.',
      params: codeParam, body: LocationKeyWrite.optional(), response: { 201: CreatedLocationKeyEntity },
    },
  }, async (request, reply) => {
    const location = await publicLocation(callerOf(request).accountId, request.params.code);
    return reply.code(201).send(await addLocationKey(deps, { locationId: location.id }, mintLocationKey(deps, request.body)));
  });

  app.delete('/v1/locations/:code/keys/:keyId', {
    config: { scope: 'operator' },
    schema: {
      tags: ['fleet'], summary: 'Revoke a key of a public location',
      description: 'Nobody enrols with it any more, and the agents that did are cut off within seconds, until they are given another key.',
      params: codeParam.extend({ keyId: z.string().max(64) }), response: { 204: z.undefined() },
    },
  }, async (request, reply) => {
    const location = await publicLocation(callerOf(request).accountId, request.params.code);
    if (!await store.revokeLocationKey(location.id, request.params.keyId)) throw notFound(`the key ${request.params.keyId}`);
    return reply.code(204).send();
  });
}

const codeParam = z.object({ code: z.string().max(63) });

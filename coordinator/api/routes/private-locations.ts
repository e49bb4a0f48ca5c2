import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { addLocationKey, mintLocationKey } from '../location-key.ts';
import type { PrivateLocation } from '../ports.ts';
import { validated } from '../validate.ts';
import { CreatedLocationKeyEntity, LocationKeyWrite } from '../wire/location-key-entity.ts';
import { PrivateLocationEntity, privateLocationEntity, PrivateLocationUpdateBody, PrivateLocationWriteBody } from '../wire/private-location-entity.ts';

const idParam = z.object({ id: z.guid().transform((id) => id.toLowerCase()) });

/** An account's own locations and the keys of their agents. */
export function privateLocationRoutes(app: ApiApp, deps: ApiDeps): void {
  const { store, version } = deps;
  const own = async (accountId: string, id: string): Promise<PrivateLocation> => {
    const location = await store.getPrivateLocation(accountId, id);
    if (!location) throw noSuchLocation(id);
    return location;
  };

  app.get('/v1/private-locations', {
    config: { scope: 'locations:read' },
    schema: { tags: ['private locations'], summary: 'Your private locations', response: { 200: z.array(PrivateLocationEntity) } },
  }, async (request, reply) => {
    const locations = await store.listPrivateLocations(callerOf(request).accountId);
    return reply.send(locations.map((location) => privateLocationEntity(location, { version })));
  });

  app.post('/v1/private-locations', {
    config: { scope: 'locations:write' },
    schema: {
      tags: ['private locations'], summary: 'Create a private location', description: 'Answers with a key for its agents, shown this once.',
      body: PrivateLocationWriteBody, response: { 201: PrivateLocationEntity },
    },
  }, async (request, reply) => {
    const { name, icon, proxyUrl, slugName } = validated(PrivateLocationWriteBody, request.body);
    const { raw, key } = mintLocationKey(deps);
    const created = await store.createPrivateLocation(callerOf(request).accountId, { id: deps.ids(), slugName, name, icon, proxyUrl, key });
    if (created === 'conflict') {
      throw new ApiError(409, `there is a private location '${slugName}' already`, { problems: [problemAt('slugName', slugName, 'unused', 'is taken')] });
    }
    return reply.code(201).send(privateLocationEntity(created, { version, rawKeys: new Map([[key.id, raw]]) }));
  });

  app.get('/v1/private-locations/:id', {
    config: { scope: 'locations:read' },
    schema: { tags: ['private locations'], summary: 'Read a private location', params: idParam, response: { 200: PrivateLocationEntity } },
  }, async (request, reply) => reply.send(privateLocationEntity(await own(callerOf(request).accountId, request.params.id), { version })));

  app.put('/v1/private-locations/:id', {
    config: { scope: 'locations:write' },
    schema: {
      tags: ['private locations'], summary: 'Change a private location', description: 'All but its slug, which is for good.',
      params: idParam, body: PrivateLocationUpdateBody, response: { 200: PrivateLocationEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    // Whose it is comes before what is in the body.
    const before = await own(accountId, request.params.id);
    const { name, icon, proxyUrl, slugName } = validated(PrivateLocationUpdateBody, request.body);
    if (slugName !== undefined && slugName !== '' && slugName !== before.slugName) {
      throw invalidInput([problemAt('slugName', slugName, before.slugName, `cannot be changed: it is '${before.slugName}' for good`)]);
    }
    const updated = await store.updatePrivateLocation(accountId, before.id, { name, icon, proxyUrl });
    if (!updated) throw noSuchLocation(before.id);
    return reply.send(privateLocationEntity(updated, { version }));
  });

  app.delete('/v1/private-locations/:id', {
    config: { scope: 'locations:write' },
    schema: {
      tags: ['private locations'], summary: 'Delete a private location',
      description: 'Refused while checks name it. Its keys end, its agents are cut off; what was seen from there stays.',
      params: idParam, response: { 204: z.undefined() },
    },
  }, async (request, reply) => {
    const deleted = await store.deletePrivateLocation(callerOf(request).accountId, request.params.id);
    if (deleted.kind === 'not_found') throw noSuchLocation(request.params.id);
    if (deleted.kind === 'in_use') {
      throw new ApiError(409, `checks run from this location: ${deleted.checks.map((name) => `'${name}'`).join(', ')}; take it out of them first`);
    }
    return reply.code(204).send();
  });

  app.post('/v1/private-locations/:id/keys', {
    config: { scope: 'locations:write' },
    schema: {
      tags: ['private locations'], summary: 'Add a key to a private location',
      description: 'At most two are live at once. To rotate: add one, restart the agents with it, delete the other.',
      params: idParam, body: LocationKeyWrite.optional(), response: { 201: CreatedLocationKeyEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { id } = await own(accountId, request.params.id);
    return reply.code(201).send(await addLocationKey(deps, { locationId: id, accountId }, mintLocationKey(deps, request.body)));
  });

  app.delete('/v1/private-locations/:id/keys/:keyId', {
    config: { scope: 'locations:write' },
    schema: {
      tags: ['private locations'], summary: 'Revoke a key of a private location',
      description: 'Nobody enrols with it any more, and the agents that did are cut off within seconds, until they are given another key.',
      params: idParam.extend({ keyId: z.string().max(64) }), response: { 204: z.undefined() },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { id } = await own(accountId, request.params.id);
    if (!await store.revokeLocationKey(id, request.params.keyId, accountId)) throw notFound(`the key ${request.params.keyId}`);
    return reply.code(204).send();
  });
}

function noSuchLocation(id: string): ApiError {
  return notFound(`the private location ${id}`);
}

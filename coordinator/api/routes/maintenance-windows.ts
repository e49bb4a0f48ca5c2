import { z } from 'zod';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { notFound, type ApiError } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { validated } from '../validate.ts';
import { maintenanceWindowEntity, MaintenanceWindowEntity, MaintenanceWindowWriteBody, windowOf } from '../wire/maintenance-window-entity.ts';
import { limit, page } from '../wire/query.ts';
import { contentRange } from './checks.ts';
import { numericIdParam } from './groups.ts';

/** Times in which checks are not run, or nobody is told. */
export function maintenanceWindowRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  const tags = ['maintenance windows'];

  app.get('/v1/maintenance-windows', {
    config: { scope: 'maintenance:read' },
    schema: { tags, summary: 'Your maintenance windows', querystring: z.object({ limit, page }), response: { 200: z.array(MaintenanceWindowEntity) } },
  }, async (request, reply) => {
    const { entries, total } = await store.listWindows(callerOf(request).accountId, request.query);
    reply.header('content-range', contentRange((request.query.page - 1) * request.query.limit, entries.length, total));
    return reply.send(entries.map((window) => maintenanceWindowEntity(window, clock.nowMs())));
  });

  app.post('/v1/maintenance-windows', {
    config: { scope: 'maintenance:write' },
    schema: {
      tags, summary: 'Create a maintenance window',
      description: 'In force a second later at the earliest. Runs that are ordered by hand are made all the same.',
      body: MaintenanceWindowWriteBody, response: { 201: MaintenanceWindowEntity },
    },
  }, async (request, reply) => {
    const body = validated(MaintenanceWindowWriteBody, request.body);
    return reply.code(201).send(maintenanceWindowEntity(await store.createWindow(callerOf(request).accountId, body.name, windowOf(body)), clock.nowMs()));
  });

  app.get('/v1/maintenance-windows/:id', {
    config: { scope: 'maintenance:read' },
    schema: { tags, summary: 'Read a maintenance window', params: numericIdParam, response: { 200: MaintenanceWindowEntity } },
  }, async (request, reply) => {
    const window = await store.getWindow(callerOf(request).accountId, request.params.id);
    if (window === null) throw noSuchWindow(request.params.id);
    return reply.send(maintenanceWindowEntity(window, clock.nowMs()));
  });

  app.put('/v1/maintenance-windows/:id', {
    config: { scope: 'maintenance:write' },
    schema: { tags, summary: 'Replace a maintenance window', params: numericIdParam, body: MaintenanceWindowWriteBody, response: { 200: MaintenanceWindowEntity } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    if (await store.getWindow(accountId, request.params.id) === null) throw noSuchWindow(request.params.id);
    const body = validated(MaintenanceWindowWriteBody, request.body);
    const replaced = await store.replaceWindow(accountId, request.params.id, body.name, windowOf(body));
    if (replaced === null) throw noSuchWindow(request.params.id);
    return reply.send(maintenanceWindowEntity(replaced, clock.nowMs()));
  });

  app.delete('/v1/maintenance-windows/:id', {
    config: { scope: 'maintenance:write' },
    schema: { tags, summary: 'Delete a maintenance window', description: 'Checks run again a second later.', params: numericIdParam, response: { 204: z.undefined() } },
  }, async (request, reply) => {
    if (!await store.deleteWindow(callerOf(request).accountId, request.params.id)) throw noSuchWindow(request.params.id);
    return reply.code(204).send();
  });
}

function noSuchWindow(id: number): ApiError {
  return notFound(`the maintenance window ${id}`);
}

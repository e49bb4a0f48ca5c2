import { z } from 'zod';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { resultsOfParam } from '../wire/query.ts';
import { CheckStatusEntity, statusEntity } from '../wire/status-entity.ts';

/** How the checks stand now. */
export function statusRoutes(app: ApiApp, { store }: ApiDeps): void {
  app.get('/v1/check-statuses', {
    config: { scope: 'checks:read' },
    schema: { tags: ['results'], summary: 'The current status of every check', response: { 200: z.array(CheckStatusEntity) } },
  }, async (request, reply) => reply.send((await store.listCheckStatuses(callerOf(request).accountId, null)).map(statusEntity)));

  app.get('/v1/check-statuses/:checkId', {
    config: { scope: 'checks:read' },
    schema: { tags: ['results'], summary: 'The current status of one check', params: resultsOfParam, response: { 200: CheckStatusEntity } },
  }, async (request, reply) => {
    const { checkId } = request.params;
    const [status] = await store.listCheckStatuses(callerOf(request).accountId, [checkId]);
    if (!status) throw notFound(`the check ${checkId}`);
    return reply.send(statusEntity(status));
  });
}

import { z } from 'zod';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { asJsonText } from '../json-text.ts';
import type { RunExtremes } from '../ports.ts';
import { AnswerCache } from '../summary-cache.ts';
import { resultsOfParam } from '../wire/query.ts';
import { CheckStatusEntity, statusEntity } from '../wire/status-entity.ts';

/** How the checks stand now. */
export function statusRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  const extremesOf = new AnswerCache<ReadonlyMap<string, RunExtremes>>(clock);
  app.get('/v1/check-statuses', {
    config: { scope: 'checks:read' },
    schema: { tags: ['results'], summary: 'The current status of every check', response: { 200: z.array(CheckStatusEntity) } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const [statuses, extremes] = await Promise.all([store.listCheckStatuses(accountId, null), extremesOf.get(accountId, () => store.listRunExtremes(accountId, null))]);
    const text = JSON.stringify(statuses.map((status) => statusEntity(status, extremes.get(status.checkId))));
    asJsonText(reply);
    return reply.send(text as unknown as z.output<typeof CheckStatusEntity>[]);
  });

  app.get('/v1/check-statuses/:checkId', {
    config: { scope: 'checks:read' },
    schema: { tags: ['results'], summary: 'The current status of one check', params: resultsOfParam, response: { 200: CheckStatusEntity } },
  }, async (request, reply) => {
    const { checkId } = request.params;
    const { accountId } = callerOf(request);
    const [[status], extremes] = await Promise.all([store.listCheckStatuses(accountId, [checkId]), store.listRunExtremes(accountId, [checkId])]);
    if (!status) throw notFound(`the check ${checkId}`);
    return reply.send(statusEntity(status, extremes.get(checkId)));
  });
}

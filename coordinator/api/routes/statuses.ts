import { z } from 'zod';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { asJsonText } from '../json-text.ts';
import type { CheckStatus, RunExtremes } from '../ports.ts';
import { AnswerCache } from '../summary-cache.ts';
import { resultsOfParam } from '../wire/query.ts';
import { CheckStatusEntity, statusEntity } from '../wire/status-entity.ts';

/** How the checks stand now. */
export function statusRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  const extremesOf = new AnswerCache<ReadonlyMap<string, RunExtremes>>(clock);
  /** The store gives the same status again for as long as it is the same: most of thousands. */
  const texts = new WeakMap<CheckStatus, { readonly extremes: RunExtremes | undefined; readonly text: string }>();
  const textOf = (status: CheckStatus, extremes: RunExtremes | undefined): string => {
    const known = texts.get(status);
    if (known && known.extremes?.longestMs === extremes?.longestMs && known.extremes?.shortestMs === extremes?.shortestMs) return known.text;
    const text = JSON.stringify(statusEntity(status, extremes));
    texts.set(status, { extremes, text });
    return text;
  };

  app.get('/v1/check-statuses', {
    config: { scope: 'checks:read' },
    schema: { tags: ['results'], summary: 'The current status of every check', response: { 200: z.array(CheckStatusEntity) } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const [statuses, extremes] = await Promise.all([store.listCheckStatuses(accountId, null), extremesOf.get(accountId, () => store.listRunExtremes(accountId, null))]);
    asJsonText(reply);
    return reply.send(`[${statuses.map((status) => textOf(status, extremes.get(status.checkId))).join(',')}]` as unknown as z.output<typeof CheckStatusEntity>[]);
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

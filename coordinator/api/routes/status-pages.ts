import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import type { StatusPageWrite } from '../status-page-port.ts';
import { firstDayMs, statusPageView, type StatusPageView } from '../status-page-view.ts';
import { AnswerCache } from '../summary-cache.ts';
import { validated } from '../validate.ts';
import { publicStatusPageEntity, PublicStatusPageEntity, statusPageEntity, StatusPageEntity, statusPageOf, StatusPageWriteBody } from '../wire/status-page-entity.ts';
import { numericIdParam } from './groups.ts';

/** Far more than anybody keeps up. */
const PAGES_MAX = 20;
const PUBLIC_MAX_AGE_S = 15;

/** What an account tells everybody about its checks, where it wants to. */
export function statusPageRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  const tags = ['status pages'];
  const views = new AnswerCache<StatusPageView>(clock);

  const writeOf = async (accountId: string, body: unknown): Promise<StatusPageWrite> => {
    const write = statusPageOf(validated(StatusPageWriteBody, body));
    const owned = await store.ownedChecks(accountId, write.sections.flatMap(({ components }) => components.map(({ checkId }) => checkId)));
    const problems = write.sections.flatMap(({ components }, section) => components.flatMap(({ checkId }, index) => (owned.has(checkId) ? []
      : [problemAt(`sections.${section}.components.${index}.checkId`, checkId, 'a check of this account', 'there is no such check')])));
    if (problems.length > 0) throw invalidInput(problems);
    return write;
  };

  app.get('/v1/status-pages', {
    config: { scope: 'account:read' },
    schema: { tags, summary: 'Your status pages', response: { 200: z.array(StatusPageEntity) } },
  }, async (request, reply) => reply.send((await store.listStatusPages(callerOf(request).accountId)).map(statusPageEntity)));

  app.post('/v1/status-pages', {
    config: { scope: 'account:write' },
    schema: { tags, summary: 'Create a status page', description: 'Nobody sees it before it is on.', body: StatusPageWriteBody, response: { 201: StatusPageEntity } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const write = await writeOf(accountId, request.body);
    if ((await store.listStatusPages(accountId)).length >= PAGES_MAX) throw new ApiError(409, `there are ${PAGES_MAX} status pages already, which is the most there can be`);
    const created = await store.createStatusPage(accountId, write);
    if (created === 'conflict') throw taken(write.slug);
    return reply.code(201).send(statusPageEntity(created));
  });

  app.get('/v1/status-pages/:id', {
    config: { scope: 'account:read' },
    schema: { tags, summary: 'Read a status page', params: numericIdParam, response: { 200: StatusPageEntity } },
  }, async (request, reply) => {
    const page = await store.getStatusPage(callerOf(request).accountId, request.params.id);
    if (page === null) throw notFound(`the status page ${request.params.id}`);
    return reply.send(statusPageEntity(page));
  });

  app.put('/v1/status-pages/:id', {
    config: { scope: 'account:write' },
    schema: { tags, summary: 'Replace a status page', params: numericIdParam, body: StatusPageWriteBody, response: { 200: StatusPageEntity } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { id } = request.params;
    // Whose it is comes before what is in the body.
    if (await store.getStatusPage(accountId, id) === null) throw notFound(`the status page ${id}`);
    const write = await writeOf(accountId, request.body);
    const replaced = await store.replaceStatusPage(accountId, id, write);
    if (replaced === null) throw notFound(`the status page ${id}`);
    if (replaced === 'conflict') throw taken(write.slug);
    return reply.send(statusPageEntity(replaced));
  });

  app.delete('/v1/status-pages/:id', {
    config: { scope: 'account:write' },
    schema: { tags, summary: 'Delete a status page', params: numericIdParam, response: { 204: z.undefined() } },
  }, async (request, reply) => {
    if (!await store.deleteStatusPage(callerOf(request).accountId, request.params.id)) throw notFound(`the status page ${request.params.id}`);
    return reply.code(204).send();
  });

  app.get('/v1/public/status-pages/:slug', {
    config: { scope: 'public' },
    schema: {
      tags, summary: 'A status page, for everybody', description: 'Without a key. 404 where there is none, or it is off.',
      params: z.object({ slug: z.string().max(63) }), response: { 200: PublicStatusPageEntity },
    },
  }, async (request, reply) => {
    const page = await store.findPublicStatusPage(request.params.slug);
    if (page === null) throw notFound('this status page');
    const checkIds = page.sections.flatMap(({ components }) => components.map(({ checkId }) => checkId));
    const view = await views.get(`${page.id} ${page.updatedAtMs}`, async () => {
      const nowMs = clock.nowMs();
      return statusPageView(page, await store.readStatusFacts(page.accountId, checkIds, firstDayMs(nowMs)), nowMs);
    });
    reply.header('cache-control', `public, max-age=${PUBLIC_MAX_AGE_S}`);
    return reply.send(publicStatusPageEntity(view));
  });
}

function taken(slug: string): ApiError {
  return new ApiError(409, `there is a status page '${slug}' already`, { problems: [problemAt('slug', slug, 'unused', 'is taken')] });
}

import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import { TRIGGERS } from '#shared/run/result.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import type { ResultFilter } from '../ports.ts';
import { flag, limit, page, resultsOfParam, unixSeconds } from '../wire/query.ts';
import { parseResultId, RESPONSE_BYTES_IN_LIST, RESPONSE_BYTES_IN_ONE, resultEntity } from '../wire/result-entity.ts';
import { CheckResultEntity, type CheckResultWire } from '../wire/result-schema.ts';
import { savedCheck } from './checks.ts';

const Filter = z.object({
  limit,
  from: unixSeconds.optional(),
  to: unixSeconds.optional(),
  location: z.string().min(1).max(255).optional(),
  hasFailures: flag.optional(),
  resultType: z.enum(['FINAL', 'ATTEMPT', 'ALL']).default('FINAL').meta({ description: 'FINAL leaves out the attempts that a retry followed' }),
  trigger: z.enum(TRIGGERS).optional(),
  checkType: z.enum(['TCP']).optional().meta({ description: 'only TCP checks are there' }),
});

const FIELDS = Object.keys(CheckResultEntity.shape) as (keyof CheckResultWire)[];

const ResultPage = z.object({
  length: z.int(),
  entries: z.array(CheckResultEntity.partial()).meta({ description: 'newest first; with `fields` only those' }),
  nextId: z.string().nullable().meta({ description: 'opaque; asks for the next page; null on the last' }),
}).meta({ id: 'CheckResultPage' });

/** What was seen: two list shapes (checkly-api.md §5.5) and one result. */
export function resultRoutes(app: ApiApp, { store }: ApiDeps): void {
  app.get('/v1/check-results/:checkId', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'List results of a check, by page', params: resultsOfParam,
      querystring: Filter.extend({ page }), response: { 200: z.array(CheckResultEntity) },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const filter = { ...filterOf(request.params.checkId, request.query), page: request.query.page };
    await savedCheck(store, accountId, request.params.checkId);
    const { entries } = await store.listResults(accountId, filter);
    return reply.send(entries.map((entry) => resultEntity(entry, RESPONSE_BYTES_IN_LIST)));
  });

  app.get('/v2/check-results/:checkId', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'List results of a check, page after page',
      description: 'Stays right while new results come in. `fields=id,startedAt` answers with those fields alone.',
      params: resultsOfParam,
      querystring: Filter.extend({ nextId: z.string().min(1).max(500).optional(), fields: z.string().min(1).max(1000).optional() }),
      response: { 200: ResultPage },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { nextId, fields } = request.query;
    const chosen = fields === undefined ? null : fieldsOf(fields);
    const filter = { ...filterOf(request.params.checkId, request.query), ...(nextId === undefined ? {} : { cursor: nextId }) };
    await savedCheck(store, accountId, request.params.checkId);
    const { entries, nextCursor } = await store.listResults(accountId, filter);
    const wire = entries.map((entry) => only(resultEntity(entry, RESPONSE_BYTES_IN_LIST), chosen));
    return reply.send({ length: wire.length, entries: wire, nextId: nextCursor });
  });

  app.get('/v1/check-results/:checkId/:resultId', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'Read one result',
      params: resultsOfParam.extend({ resultId: z.string().max(64) }), response: { 200: CheckResultEntity },
    },
  }, async (request, reply) => {
    const { checkId, resultId } = request.params;
    const id = parseResultId(resultId);
    const result = id && await store.getResult(callerOf(request).accountId, checkId, id.runId, id.attempt ?? undefined);
    // A store that knows only final attempts must not answer with another attempt than the one asked for.
    if (!id || !result || (id.attempt !== null && result.attempt !== id.attempt)) throw noSuchResult(resultId);
    return reply.send(resultEntity(result, RESPONSE_BYTES_IN_ONE));
  });
}

function filterOf(checkId: string, query: z.output<typeof Filter>): ResultFilter {
  const { from, to, location, hasFailures, trigger } = query;
  if (from !== undefined && to !== undefined && from > to) {
    throw invalidInput([problemAt('from', from, `at most ${to}`, 'must not be after to')]);
  }
  return {
    checkId, limit: query.limit, resultType: query.resultType,
    ...(from === undefined ? {} : { fromMs: from * 1000 }),
    ...(to === undefined ? {} : { toMs: to * 1000 }),
    ...(location === undefined ? {} : { locationCode: location }),
    ...(hasFailures === undefined ? {} : { hasFailures }),
    ...(trigger === undefined ? {} : { trigger }),
  };
}

function fieldsOf(text: string): readonly (keyof CheckResultWire)[] {
  const named = text.split(',').map((name) => name.trim()).filter((name) => name !== '');
  const unknown = named.filter((name) => !FIELDS.some((field) => field === name));
  if (unknown.length === 0) return FIELDS.filter((field) => named.includes(field));
  throw invalidInput(unknown.map((name) => problemAt('fields', name, FIELDS.join(' | '), `a result has no '${name.slice(0, 50)}'`)));
}

function only(wire: CheckResultWire, fields: readonly (keyof CheckResultWire)[] | null): Partial<CheckResultWire> {
  return fields === null ? wire : Object.fromEntries(fields.map((name) => [name, wire[name]]));
}

function noSuchResult(id: string): ApiError {
  return notFound(`the result ${id}`);
}

import { z } from 'zod';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { rangeOf, readCompleteness } from '../read-completeness.ts';
import { CompletenessEntity, completenessEntity, CompletenessPage } from '../wire/completeness-entity.ts';
import { checkIdParam, instantMs, limit, page } from '../wire/query.ts';

const RangeQuery = z.object({ from: instantMs.optional(), to: instantMs.optional() });
/** Gaps that are listed one by one; all are counted. */
const GAPS_OF_ONE_MAX = 1_000;
const GAPS_IN_PAGE_MAX = 50;

/** Has every due slot a result or a reason (rules.md 8)? Of a check that was deleted, too: its slots were due. */
export function completenessRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  app.get('/v1/checks/:id/completeness', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'What was due of a check, and what became of it',
      description: 'The last 24 hours, or `from` to `to`, at most 31 days. Every due slot is a result, a gap with its reason, pending, or missing.',
      params: checkIdParam, querystring: RangeQuery, response: { 200: CompletenessEntity },
    },
  }, async (request, reply) => {
    const nowMs = clock.nowMs();
    const range = rangeOf(request.query, nowMs);
    const { id } = request.params;
    const { entries: [books], locationCodes } = await readCompleteness(
      { store, accountId: callerOf(request).accountId, nowMs }, { kind: 'one', checkId: id }, range, GAPS_OF_ONE_MAX,
    );
    if (!books) throw notFound(`the check ${id}`);
    return reply.send(completenessEntity(books, range, locationCodes));
  });

  app.get('/v1/completeness', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'What was due of every check, and what became of it',
      description: 'Checks that were active in the range, deleted ones too, by age. At most 31 days.',
      querystring: RangeQuery.extend({ limit, page }), response: { 200: CompletenessPage },
    },
  }, async (request, reply) => {
    const nowMs = clock.nowMs();
    const range = rangeOf(request.query, nowMs);
    const { limit: entriesMax, page: number } = request.query;
    const { entries, total, locationCodes } = await readCompleteness(
      { store, accountId: callerOf(request).accountId, nowMs }, { kind: 'page', limit: entriesMax, page: number }, range, GAPS_IN_PAGE_MAX,
    );
    return reply.send({
      from: new Date(range.fromMs).toISOString(), to: new Date(range.toMs).toISOString(), total,
      entries: entries.map((books) => completenessEntity(books, range, locationCodes)),
    });
  });
}

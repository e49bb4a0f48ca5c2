import { z } from 'zod';
import { OUTCOMES, TRIGGERS } from '#shared/run/result.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import type { Neighbour } from '../views-port.ts';
import { isoOf } from '../wire/iso.ts';
import { checkIdParam, resultsOfParam } from '../wire/query.ts';
import { rangeFields, rangeOf } from '../wire/range-query.ts';
import { parseResultId, resultIdOf } from '../wire/result-entity.ts';
import { savedCheck } from './checks.ts';

const ALERTS_MAX = 200;

const NeighbourEntity = z.object({
  id: z.string().meta({ description: 'of the result' }), attempt: z.int(), outcome: z.enum(OUTCOMES), trigger: z.enum(TRIGGERS), dueAt: z.iso.datetime(),
  location: z.string().meta({ description: 'where it was executed' }), totalUs: z.number(), failureCode: z.string().nullable(),
}).meta({ id: 'ResultNeighbour' });
const AroundEntity = z.object({
  attempts: z.array(NeighbourEntity).meta({ description: 'of the same run, in order' }),
  slot: z.array(NeighbourEntity).meta({ description: 'the same slot in the other locations' }),
  previous: NeighbourEntity.nullable().meta({ description: 'of the schedule, in the same location' }), next: NeighbourEntity.nullable(),
}).meta({ id: 'ResultSurroundings' });

const StandingEntity = z.object({
  checkId: z.string(), status: z.enum(['passing', 'degraded', 'failing', 'noData']),
  since: z.iso.datetime().nullable().meta({ description: 'the slot that made it so; null: nothing was judged yet' }),
  alerts: z.array(z.object({
    id: z.string(), kind: z.enum(['failure', 'degraded', 'no_data']), since: z.iso.datetime().nullable(), openedAt: z.iso.datetime(), closedAt: z.iso.datetime().nullable(),
    ending: z.string().nullable().meta({ description: 'why it ended' }),
  })).meta({ description: `open at any moment of the range, newest first, ${ALERTS_MAX} at most` }),
}).meta({ id: 'CheckStanding' });

/** What surrounds one run; how one check stands. */
export function viewRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  app.get('/v1/check-results/:checkId/:resultId/around', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'What surrounds a result', description: 'Its attempts, the same slot in the other locations, and the runs before and after it.',
      params: resultsOfParam.extend({ resultId: z.string().max(64) }), response: { 200: AroundEntity },
    },
  }, async (request, reply) => {
    const { checkId, resultId } = request.params;
    const id = parseResultId(resultId);
    const around = id && await store.aroundResult(callerOf(request).accountId, checkId, id.runId);
    if (!around) throw notFound(`the result ${resultId}`);
    return reply.send({
      attempts: around.attempts.map(neighbourEntity), slot: around.slot.map(neighbourEntity),
      previous: around.previous && neighbourEntity(around.previous), next: around.next && neighbourEntity(around.next),
    });
  });

  app.get('/v1/checks/:id/standing', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'How a check stands, since when, and its alerts', description: 'As it was judged; alerts of the last 24 hours, or of a range.',
      params: checkIdParam, querystring: z.object(rangeFields), response: { 200: StandingEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { fromMs, toMs } = rangeOf(request.query, clock.nowMs(), 'last24Hours');
    await savedCheck(store, accountId, request.params.id);
    const { status, sinceMs, alerts } = await store.readStanding(accountId, request.params.id, { fromMs, alertsMax: ALERTS_MAX });
    return reply.send({
      checkId: request.params.id, status, since: isoOrNull(sinceMs),
      alerts: alerts.filter(({ openedAtMs }) => openedAtMs <= toMs).map(({ id, kind, ending, ...alert }) => ({
        id, kind, ending, since: isoOrNull(alert.sinceMs), openedAt: isoOf(alert.openedAtMs), closedAt: isoOrNull(alert.closedAtMs),
      })),
    });
  });
}

function neighbourEntity(neighbour: Neighbour): z.output<typeof NeighbourEntity> {
  const { attempt, outcome, trigger, dueAtMs, locationCode, totalUs, failureCode } = neighbour;
  return { id: resultIdOf(neighbour), attempt, outcome, trigger, dueAt: isoOf(dueAtMs), location: locationCode, totalUs, failureCode };
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoOf(ms);
}

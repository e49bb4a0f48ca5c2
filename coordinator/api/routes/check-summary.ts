import { z } from 'zod';
import { HOUR_MS, planReading } from '../../analytics/reading-plan.ts';
import { BAR_STATES, barState, NOTHING, unseen } from '../../analytics/tally.ts';
import type { CheckSummary } from '../analytics-port.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { callerOf } from '../authenticate.ts';
import { AnswerCache } from '../summary-cache.ts';
import { AVAILABILITY, FIGURES, REACHABILITY, figuresEntity, totalTimes } from '../wire/figures-entity.ts';
import { isoOf, isoOrNull } from '../wire/iso.ts';
import { page } from '../wire/query.ts';

/** The home page of an installation of the size it is built for. */
const CHECKS_MAX = 2_000;
const DAY_MS = 24 * HOUR_MS;
/** What the bar of each range is cut into. */
export const SUMMARY_RANGES = {
  '6h': { lengthMs: 6 * HOUR_MS, bucketMs: HOUR_MS }, '12h': { lengthMs: 12 * HOUR_MS, bucketMs: HOUR_MS }, '24h': { lengthMs: DAY_MS, bucketMs: HOUR_MS },
  '7d': { lengthMs: 7 * DAY_MS, bucketMs: 6 * HOUR_MS }, '30d': { lengthMs: 30 * DAY_MS, bucketMs: DAY_MS }, '90d': { lengthMs: 90 * DAY_MS, bucketMs: 3 * DAY_MS },
} as const;

export const SummaryEntity = z.object({
  checkId: z.string(), name: z.string(), tags: z.array(z.string()),
  runs: FIGURES.runs, availability: z.number().nullable().meta({ description: AVAILABILITY }), reachability: z.number().nullable().meta({ description: REACHABILITY }),
  unseen: FIGURES.unseen, unseenMinutes: FIGURES.unseenMinutes, maintenance: FIGURES.maintenance,
  avgMs: z.number().nullable(), p50Ms: z.number().nullable(), p95Ms: z.number().nullable(), p99Ms: z.number().nullable(),
  lastRunAt: z.iso.datetime().nullable().meta({ description: 'the newest slot with a verdict, as far as rolled up' }),
  lastOutcome: z.string().nullable(),
  state: z.enum(['passing', 'degraded', 'failing', 'noData']).meta({ description: 'as it alerts' }), stateSince: z.iso.datetime().nullable(),
  bar: z.array(z.enum(BAR_STATES)).meta({ description: 'the worst of each bucket, oldest first; none: nothing was due' }),
  barRuns: z.array(z.tuple([z.int(), z.int(), z.int()])).meta({ description: 'of each bucket: judged runs, failed ones, unseen ones' }),
}).meta({ id: 'CheckSummary' });

const SummaryPage = z.object({
  range: z.enum(Object.keys(SUMMARY_RANGES) as [keyof typeof SUMMARY_RANGES]), from: z.iso.datetime(), to: z.iso.datetime(), bucketSeconds: z.int(), buckets: z.int(),
  asOf: z.iso.datetime().meta({ description: 'when this was computed; a moment ago at most' }),
  total: z.int().meta({ description: 'checks on all pages' }), entries: z.array(SummaryEntity),
}).meta({ id: 'CheckSummaryPage' });

/** Every check at a glance, from hours and days. */
export function checkSummaryRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  const answers = new AnswerCache<z.output<typeof SummaryPage>>(clock);
  app.get('/v1/checks/summary', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'Every check at a glance: availability, times and a bar of its worst outcomes',
      description: 'Checks by age. The range ends with the present bucket. Availability and percentiles are of final results of scheduled runs.',
      querystring: z.object({
        range: z.enum(Object.keys(SUMMARY_RANGES) as [keyof typeof SUMMARY_RANGES]).default('24h'),
        limit: z.coerce.number().int().min(1).max(CHECKS_MAX).default(CHECKS_MAX), page,
      }),
      response: { 200: SummaryPage },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { range, limit, page: number } = request.query;
    return reply.send(await answers.get(JSON.stringify([accountId, range, limit, number]), async () => {
      const { lengthMs, bucketMs } = SUMMARY_RANGES[range];
      const nowMs = clock.nowMs();
      const toMs = Math.ceil((nowMs + 1) / bucketMs) * bucketMs;
      const fromMs = toMs - lengthMs;
      const { segments } = planReading({ fromMs, toMs, cut: { kind: 'every', ms: bucketMs }, mustReadRows: false });
      const { entries, total } = await store.summariseChecks(accountId, { segments, fromMs, bucketMs, limit, page: number });
      const buckets = lengthMs / bucketMs;
      return {
        range, from: isoOf(fromMs), to: isoOf(toMs), bucketSeconds: bucketMs / 1000, buckets, asOf: isoOf(nowMs), total,
        entries: entries.map((entry) => summaryEntity(entry, buckets)),
      };
    }));
  });
}

export function summaryEntity({ checkId, name, tags, coversMs, tally, total, bar, last, status, sinceMs }: CheckSummary, buckets: number): z.output<typeof SummaryEntity> {
  const { runs, availability, reachability, unseen: notSeen, unseenMinutes, maintenance } = figuresEntity(tally, coversMs);
  const times = totalTimes(tally, total);
  const cut = Array.from({ length: buckets }, (_, n) => bar.get(n) ?? NOTHING);
  return {
    checkId, name, tags: [...tags], runs, availability, reachability, unseen: notSeen, unseenMinutes, maintenance,
    avgMs: times?.avgMs ?? null, p50Ms: times?.p50Ms ?? null, p95Ms: times?.p95Ms ?? null, p99Ms: times?.p99Ms ?? null,
    lastRunAt: last ? isoOf(last.dueAtMs) : null, lastOutcome: last?.outcome ?? null, state: status, stateSince: isoOrNull(sinceMs),
    bar: cut.map(barState), barRuns: cut.map((one) => [one.passed + one.degraded + one.failed, one.failed, unseen(one)]),
  };
}

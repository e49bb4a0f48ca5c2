import { z } from 'zod';
import { unpack } from '../../analytics/gathered-times.ts';
import { factsOf, isRaw, METRICS, metricOf, RAW_METRICS, UNITS } from '../../analytics/metrics.ts';
import { QUICK_RANGES } from '../../analytics/quick-range.ts';
import { planReading, type Cut } from '../../analytics/reading-plan.ts';
import { problemAt } from '#shared/check/problem.ts';
import { timingPhasesMs } from '#shared/run/timings.ts';
import type { CheckName, Piece } from '../analytics-port.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import type { StoredResult } from '../ports.ts';
import { validated } from '../validate.ts';
import { isoOf } from '../wire/iso.ts';
import { checkIdParam, instantMs, limit, page } from '../wire/query.ts';
import { AVAILABILITY, REACHABILITY } from '../wire/figures-entity.ts';
import { rangeOf } from '../wire/range-query.ts';

const MINUTE_MS = 60_000;
const ROWS_RANGE_MAX_MS = 31 * 86_400_000;
const CHECKS_MAX = 100;
const USUAL_METRICS = 'availability,total_avg,total_p50,total_p95,total_p99';

const metrics = z.string().max(2_000).default(USUAL_METRICS).meta({ description: `comma-separated: ${METRICS.join(', ')}` });
const period = {
  quickRange: z.enum(QUICK_RANGES).optional().meta({ description: 'instead of from and to; left out: last24Hours' }),
  from: instantMs.optional(), to: instantMs.optional(),
};
const BatchBody = z.object({
  checkIds: z.array(z.guid().transform((id) => id.toLowerCase())).min(1).max(CHECKS_MAX), metrics: z.array(z.string()).max(METRICS.length).optional(), ...period,
});
const Facts = z.object({ label: z.string(), unit: z.enum(UNITS), aggregation: z.string().nullable() });
const Point = z.record(z.string(), z.union([z.number(), z.string(), z.null()]));
const AnalyticsEntity = z.object({
  checkId: z.string(), name: z.string(), checkType: z.literal('TCP'), frequency: z.number().meta({ description: 'minutes' }), tags: z.array(z.string()),
  from: z.iso.datetime(), to: z.iso.datetime(),
  series: z.array(z.object({ runLocation: z.string().optional(), data: z.array(Point).meta({ description: 'oldest first; single results newest first' }) })),
  metadata: z.record(z.string(), Facts),
  pagination: z.object({ page: z.int(), limit: z.int() }),
}).meta({ id: 'CheckAnalytics' });

const ABOUT = `Only final results of scheduled runs count. Availability: ${AVAILABILITY}, here in percent. Reachability: ${REACHABILITY}, here in percent. `
  + 'Times are of runs that passed or degraded, in ms; percentiles are merged from sketches (within 1 %), never averaged.';

/** Figures in the shape of Checkly's analytics. */
export function analyticsRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  app.get('/v1/analytics/tcp-checks/:id', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'Metrics of one check', description: ABOUT, params: checkIdParam,
      querystring: z.object({
        metrics, ...period,
        aggregationInterval: z.coerce.number().int().min(1).max(43_200).optional().meta({ description: 'minutes; left out: one figure for the whole range' }),
        groupBy: z.enum(['runLocation']).optional(),
        filterByStatus: z.enum(['success', 'failure']).optional().meta({ description: 'times of failed runs, or figures without them; from rows, at most 31 days' }),
        limit, page,
      }),
      response: { 200: AnalyticsEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { query } = request;
    const { id: checkId } = request.params;
    const wanted = metricsOf(query.metrics);
    const nowMs = clock.nowMs();
    const range = rangeOf({ ...query, range: query.quickRange }, nowMs, 'last24Hours');
    if (query.filterByStatus !== undefined && range.toMs - range.fromMs > ROWS_RANGE_MAX_MS) {
      throw invalidInput([problemAt('filterByStatus', query.filterByStatus, 'a range of at most 31 days', 'needs the rows, which are kept for a while only: choose at most 31 days')]);
    }
    const [check] = await store.listCheckNames(accountId, [checkId]);
    if (!check) throw notFound(`the check ${checkId}`);
    const about = { ...aboutOf(check), metadata: Object.fromEntries(wanted.map((metric) => [metric, factsOf(metric)])), pagination: { page: query.page, limit: query.limit } };
    if (wanted.some(isRaw)) {
      const { entries } = await store.listResults(accountId, {
        checkId, limit: query.limit, page: query.page, fromMs: range.fromMs, toMs: range.toMs, ...(query.filterByStatus === undefined ? {} : { hasFailures: query.filterByStatus === 'failure' }),
      });
      return reply.send({ ...about, from: isoOf(range.fromMs), to: isoOf(range.toMs), series: seriesOfResults(entries, wanted, query.groupBy !== undefined) });
    }
    const cut: Cut = query.aggregationInterval === undefined ? { kind: 'whole' } : { kind: 'every', ms: query.aggregationInterval * MINUTE_MS };
    const plan = planReading({ ...range, cut, mustReadRows: query.filterByStatus !== undefined, nowMs });
    const pieces = await store.readPieces(accountId, {
      checkIds: [checkId], segments: plan.segments, cut, byLocation: query.groupBy !== undefined, times: timesFor(wanted), ...(query.filterByStatus === undefined ? {} : { status: query.filterByStatus }),
    });
    const from = (query.page - 1) * query.limit;
    const series = [...Map.groupBy(pieces, ({ locationCode }) => locationCode)].map(([runLocation, of]) => ({
      ...(runLocation === null ? {} : { runLocation }),
      data: of.slice(from, from + query.limit).map((piece) => ({ startedAt: isoOf(cut.kind === 'whole' ? plan.fromMs : piece.atMs), ...valuesOf(piece, wanted, query.groupBy === undefined ? check.coversMs : check.frequencyMs, query.filterByStatus) })),
    }));
    return reply.send({ ...about, from: isoOf(plan.fromMs), to: isoOf(plan.toMs), series });
  });

  app.post('/v1/analytics/checks', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'Metrics of many checks, each over the whole range', description: ABOUT,
      body: BatchBody,
      response: { 200: z.array(z.object({ checkId: z.string(), name: z.string(), checkType: z.literal('TCP'), from: z.iso.datetime(), to: z.iso.datetime(), metrics: Point })) },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { checkIds, metrics: named, ...query } = validated(BatchBody, request.body ?? {});
    const wanted = metricsOf(named?.join(',') ?? USUAL_METRICS);
    const raw = wanted.filter(isRaw);
    if (raw.length > 0) throw invalidInput(raw.map((metric) => problemAt('metrics', metric, METRICS.filter((one) => !isRaw(one)).join(' | '), `'${metric}' is of single results; choose an aggregation, as ${metric}_p95`)));
    const nowMs = clock.nowMs();
    const range = rangeOf({ ...query, range: query.quickRange }, nowMs, 'last24Hours');
    const plan = planReading({ ...range, cut: { kind: 'whole' }, mustReadRows: false, nowMs });
    const [checks, pieces] = await Promise.all([
      store.listCheckNames(accountId, checkIds), store.readPieces(accountId, { checkIds, segments: plan.segments, cut: { kind: 'whole' }, byLocation: false, times: timesFor(wanted) }),
    ]);
    const byCheck = new Map(pieces.map((piece) => [piece.checkId, piece]));
    return reply.send(checks.map(({ checkId, name, coversMs }) => {
      const piece = byCheck.get(checkId);
      return {
        checkId, name, checkType: 'TCP' as const, from: isoOf(plan.fromMs), to: isoOf(plan.toMs),
        metrics: piece ? valuesOf(piece, wanted, coversMs) : Object.fromEntries(wanted.map((metric) => [metric, null])),
      };
    }));
  });
}

function metricsOf(text: string): readonly string[] {
  const named = [...new Set(text.split(',').map((name) => name.trim()).filter((name) => name !== ''))];
  const unknown = named.filter((name) => !METRICS.includes(name));
  if (unknown.length > 0) throw invalidInput(unknown.map((name) => problemAt('metrics', name, METRICS.join(' | '), `there is no metric '${name.slice(0, 50)}'`)));
  const mixed = named.some(isRaw) ? named.filter((name) => name.includes('_')) : [];
  if (mixed.length > 0) throw invalidInput([problemAt('metrics', text, `either ${RAW_METRICS.join(', ')}, or aggregations of them`, 'asks for single results and for aggregations at once; ask twice')]);
  return named;
}

/** Sketches that these metrics are told from. */
function timesFor(metrics: readonly string[]): 'none' | 'total' | 'all' {
  const times = metrics.filter((metric) => metric.includes('_'));
  return times.length === 0 ? 'none' : times.every((metric) => metric.startsWith('total_')) ? 'total' : 'all';
}

function aboutOf({ checkId, name, tags, frequencyMs }: CheckName) {
  return { checkId, name, checkType: 'TCP' as const, tags: [...tags], frequency: frequencyMs / MINUTE_MS };
}

function valuesOf({ tally, total, phases }: Piece, wanted: readonly string[], coversMs: number, status?: 'success' | 'failure') {
  const timed = status === 'failure' ? tally.failed : tally.passed + tally.degraded;
  const sketches = unpack(total, phases);
  return Object.fromEntries(wanted.map((metric) => [metric, metricOf(metric, { tally, sketches, timed, coversMs })]));
}

function seriesOfResults(results: readonly StoredResult[], wanted: readonly string[], byLocation: boolean) {
  return [...Map.groupBy(results, ({ locationExecutedCode }) => (byLocation ? locationExecutedCode : null))].map(([runLocation, of]) => ({
    ...(runLocation === null ? {} : { runLocation }),
    data: of.map((result) => {
      const { timings } = result.report;
      const times = { ...timingPhasesMs(timings), tls: timings.tlsUs / 1000, firstByte: timings.firstByteUs / 1000 };
      const isUp = result.outcome === 'passed' || result.outcome === 'degraded';
      const isVerdict = isUp || result.outcome === 'failed';
      const values = { ...times, availability: isVerdict ? (isUp ? 100 : 0) : null, reachability: isVerdict ? (result.report.established ? 100 : 0) : null, retries: result.attempt - 1 };
      return { startedAt: isoOf(result.startedAtMs), ...Object.fromEntries(wanted.map((metric) => [metric, values[metric as keyof typeof values] ?? null])) };
    }),
  }));
}


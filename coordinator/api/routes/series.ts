import { z } from 'zod';
import { HOUR_MS, DAY_MS, planReading } from '../../analytics/reading-plan.ts';
import { NOTHING, plus, type Tally } from '../../analytics/tally.ts';
import type { Piece } from '../analytics-port.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { problemAt } from '#shared/check/problem.ts';
import { invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { FIGURES, figuresEntity, phasesEntity, PhasesEntity } from '../wire/figures-entity.ts';
import { isoOf } from '../wire/iso.ts';
import { checkIdParam } from '../wire/query.ts';
import { rangeFields, rangeOf } from '../wire/range-query.ts';

const MINUTE_MS = 60_000;
/** Points of a chart. */
const BUCKETS_MAX = 1_000;
const BUCKETS_USUAL = 100;
const USUAL_BUCKETS_MS = [1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 10_080].map((minutes) => minutes * MINUTE_MS);
/** Buckets shorter than an hour are computed from rows, which are kept for a while only. */
const ROWS_RANGE_MAX_MS = 31 * DAY_MS;

const Bucket = z.object({
  at: z.iso.datetime().meta({ description: 'its start' }), ...FIGURES, phases: PhasesEntity,
  correctedAt: z.iso.datetime().nullable().meta({ description: 'when late results last changed it after it was over' }),
});
const SeriesEntity = z.object({
  checkId: z.string(), from: z.iso.datetime(), to: z.iso.datetime(), bucketSeconds: z.int(),
  source: z.enum(['rows', 'rollups']).meta({ description: 'rollups lag behind by up to half a minute' }),
  whole: z.object({ ...FIGURES, phases: PhasesEntity }),
  buckets: z.array(Bucket).meta({ description: 'every one of the range, also those in which nothing ran' }),
  locations: z.array(z.object({ location: z.string(), ...FIGURES, phases: PhasesEntity })),
}).meta({ id: 'CheckSeries' });

/** The charts of one check. */
export function seriesRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  app.get('/v1/checks/:id/series', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'A check over time: outcomes, gaps by reason and the times of every phase, by bucket and by location',
      description: 'The last 24 hours, or a range. Only final results of scheduled runs count; percentiles are merged, never averaged.',
      params: checkIdParam,
      querystring: z.object({
        ...rangeFields,
        bucket: z.coerce.number().int().min(1).max(43_200).optional().meta({ description: `minutes; left out: about ${BUCKETS_USUAL} buckets` }),
        location: z.string().max(64).optional().meta({ description: 'code of a location; left out: all of them' }),
      }),
      response: { 200: SeriesEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { id: checkId } = request.params;
    const { bucket, location } = request.query;
    const nowMs = clock.nowMs();
    const range = rangeOf(request.query, nowMs, 'last24Hours');
    const bucketMs = bucketFor(range.toMs - range.fromMs, bucket);
    const cut = { kind: 'every', ms: bucketMs } as const;
    const plan = planReading({ ...range, cut, mustReadRows: false, nowMs });
    const isOfRows = plan.segments.some(({ source }) => source === 'rows');
    const question = { checkIds: [checkId], segments: plan.segments, ...(location === undefined ? {} : { locationCode: location }) };
    const [[check], pieces, ofPlaces] = await Promise.all([
      store.listCheckNames(accountId, [checkId]),
      // Rows are gone through once, for both; of a few runs it costs little to add up here what is of one bucket.
      store.readPieces(accountId, { ...question, cut, byLocation: isOfRows }),
      // The same span from days where there are whole ones.
      isOfRows ? null : store.readPieces(accountId, { ...question, segments: planReading({ ...plan, cut: WHOLE, nowMs, mustReadRows: false }).segments, cut: WHOLE, byLocation: true }),
    ]);
    const places = ofPlaces ?? pieces;
    if (!check) throw notFound(`the check ${checkId}`);
    return reply.send({
      checkId, from: isoOf(plan.fromMs), to: isoOf(plan.toMs), bucketSeconds: bucketMs / 1000,
      source: isOfRows ? 'rows' as const : 'rollups' as const,
      whole: figuresWith(places, check.coversMs),
      buckets: filled(pieces, { ...plan, bucketMs, coversMs: check.coversMs }),
      locations: [...Map.groupBy(places, ({ locationCode }) => locationCode ?? '')].map(([code, of]) => ({ location: code, ...figuresWith(of, check.frequencyMs) })),
    });
  });
}

const WHOLE = { kind: 'whole' } as const;

function bucketFor(lengthMs: number, minutes: number | undefined): number {
  if (minutes === undefined) return USUAL_BUCKETS_MS.find((ms) => lengthMs / ms <= BUCKETS_USUAL && (ms >= HOUR_MS || lengthMs <= 25 * HOUR_MS)) ?? USUAL_BUCKETS_MS.at(-1)!;
  const bucketMs = minutes * MINUTE_MS;
  if (lengthMs / bucketMs > BUCKETS_MAX) throw invalidInput([problemAt('bucket', minutes, `at least ${Math.ceil(lengthMs / MINUTE_MS / BUCKETS_MAX)} minutes`, `makes more than ${BUCKETS_MAX} buckets of this range`)]);
  if (bucketMs % HOUR_MS !== 0 && lengthMs > ROWS_RANGE_MAX_MS) throw invalidInput([problemAt('bucket', minutes, 'whole hours', 'must be whole hours for ranges above 31 days')]);
  return bucketMs;
}

export function figuresWith(pieces: readonly Piece[], coversMs: number) {
  const tally = pieces.reduce<Tally>((sum, piece) => plus(sum, piece.tally), NOTHING);
  return { ...figuresEntity(tally, coversMs), phases: phasesEntity(tally, pieces.flatMap(({ total, phases }) => [total, phases])) };
}

function filled(pieces: readonly Piece[], { fromMs, toMs, bucketMs, coversMs }: { readonly fromMs: number; readonly toMs: number; readonly bucketMs: number; readonly coversMs: number }) {
  const byStart = Map.groupBy(pieces, ({ atMs }) => atMs);
  return Array.from({ length: Math.ceil((toMs - fromMs) / bucketMs) }, (_, index) => {
    const of = byStart.get(fromMs + index * bucketMs) ?? [];
    const correctedAtMs = of.reduce((latest, piece) => Math.max(latest, piece.correctedAtMs ?? 0), 0);
    return { at: isoOf(fromMs + index * bucketMs), ...figuresWith(of, coversMs), correctedAt: correctedAtMs === 0 ? null : isoOf(correctedAtMs) };
  });
}

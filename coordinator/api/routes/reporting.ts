import { z } from 'zod';
import { unpack } from '../../analytics/gathered-times.ts';
import { metricOf } from '../../analytics/metrics.ts';
import { QUICK_RANGES, type Range } from '../../analytics/quick-range.ts';
import { DAY_MS, planReading, type Cut } from '../../analytics/reading-plan.ts';
import { isTimeZone } from '../../alerting/local-time.ts';
import { problemAt } from '#shared/check/problem.ts';
import type { Piece } from '../analytics-port.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { invalidInput } from '../api-error.ts';
import { asJsonText } from '../json-text.ts';
import { callerOf } from '../authenticate.ts';
import { AnswerCache } from '../summary-cache.ts';
import { AVAILABILITY } from '../wire/figures-entity.ts';
import { isoOf } from '../wire/iso.ts';
import { instantMs } from '../wire/query.ts';
import { rangeOf } from '../wire/range-query.ts';

/** Of one report; more is asked for by tag. */
const CHECKS_MAX = 2_000;
const PIECES_MAX = 20_000;
const UNIT_MS = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000, month: 28 * 86_400_000 } as const;

const Aggregate = z.object({
  successRatio: z.number().nullable().meta({ description: `percent: ${AVAILABILITY}` }), unseenMinutes: z.number().nullable().meta({ description: 'of due runs that nobody can tell up or down of' }),
  noData: z.number().nullable(), impaired: z.number().nullable(), maintenance: z.number().nullable().meta({ description: 'due runs, neither up nor down' }),
  avg: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable(),
}).meta({ id: 'ReportAggregate', description: 'times in ms' });
const ReportEntity = z.object({
  checkId: z.string(), name: z.string(), checkType: z.literal('TCP'), tags: z.array(z.string()), aggregate: Aggregate,
  series: z.array(Aggregate.extend({ from: z.iso.datetime() })).optional().meta({ description: 'by calendar, when a granularity is asked for; oldest first' }),
}).meta({ id: 'Report' });

type Report = z.output<typeof ReportEntity>;
type ReportQuestion = { readonly range: Range; readonly tags: readonly string[]; readonly granularity: keyof typeof UNIT_MS | undefined; readonly timezone: string };

/** What was promised and what was kept, of every check. */
export function reportingRoutes(app: ApiApp, { store, clock, retention }: ApiDeps): void {
  const texts = new AnswerCache<string>(clock);
  app.get('/v1/reporting', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'Success ratio and response times of every check over a range',
      querystring: z.object({
        quickRange: z.enum(QUICK_RANGES).optional(), presetWindow: z.enum(QUICK_RANGES).optional().meta({ description: 'another name of quickRange' }),
        from: instantMs.optional(), to: instantMs.optional(),
        filterByTags: z.string().max(1_000).optional().meta({ description: 'comma-separated; a check with any of them' }),
        granularity: z.enum(['hour', 'day', 'week', 'month']).optional(),
        timezone: z.string().max(64).default('UTC').meta({ description: 'of the calendar, as Europe/Berlin. Where it is not whole hours from UTC, pieces begin exactly for as long as single results are kept; before that an hour belongs to the piece in which it begins' }),
      }),
      response: { 200: z.array(ReportEntity) },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { quickRange, presetWindow, filterByTags = '', granularity, timezone, ...given } = request.query;
    if (!isTimeZone(timezone)) throw invalidInput([problemAt('timezone', timezone, 'a name as Europe/Berlin', 'is no time zone')]);
    const range = rangeOf({ ...given, range: quickRange ?? presetWindow }, clock.nowMs(), 'last24Hours');
    const tags = filterByTags.split(',').map((tag) => tag.trim()).filter((tag) => tag !== '');
    const plan = planReading({ ...range, cut: { kind: 'whole' }, mustReadRows: false });
    // A report of thousands of checks is asked for by every viewer of a wall alike: made once, as text.
    const text = await texts.get(JSON.stringify([accountId, plan.fromMs, plan.toMs, tags, granularity, timezone]), async () => JSON.stringify(await report(accountId, { range, tags, granularity, timezone })));
    asJsonText(reply);
    return reply.send(text as unknown as Report[]);
  });

  async function report(accountId: string, { range, tags, granularity, timezone }: ReportQuestion): Promise<readonly Report[]> {
    const checks = (await store.listCheckNames(accountId, null, tags)).slice(0, CHECKS_MAX);
    if (granularity && checks.length * ((range.toMs - range.fromMs) / UNIT_MS[granularity]) > PIECES_MAX) {
      throw invalidInput([problemAt('granularity', granularity, `at most ${PIECES_MAX} figures`, 'makes too many figures; choose a shorter range, a coarser granularity, or a tag')]);
    }
    const checkIds = checks.map(({ checkId }) => checkId);
    const kept = Math.min(retention?.raw ?? Infinity, (await store.readRetention(accountId))?.raw ?? Infinity);
    // Of the oldest day some may have gone by now.
    const rowsFromMs = Number.isFinite(kept) ? (Math.floor(clock.nowMs() / DAY_MS) - kept + 1) * DAY_MS : Infinity;
    const read = (cut: Cut): Promise<readonly Piece[]> => store.readPieces(accountId, { checkIds, segments: planReading({ ...range, cut, mustReadRows: false, rowsFromMs, nowMs: clock.nowMs() }).segments, cut, byLocation: false, times: 'total' });
    const whole = new Map((await read({ kind: 'whole' })).map((piece) => [piece.checkId, piece]));
    const series = granularity ? Map.groupBy(await read({ kind: 'calendar', unit: granularity, timeZone: timezone }), ({ checkId }) => checkId) : null;
    return checks.map(({ checkId, name, tags: of, coversMs }) => ({
      checkId, name, checkType: 'TCP' as const, tags: [...of], aggregate: aggregateOf(whole.get(checkId), coversMs),
      ...(series ? { series: (series.get(checkId) ?? []).map((piece) => ({ from: isoOf(piece.atMs), ...aggregateOf(piece, coversMs) })) } : {}),
    }));
  }
}

function aggregateOf(piece: Piece | undefined, coversMs: number): z.output<typeof Aggregate> {
  if (!piece) return { successRatio: null, unseenMinutes: null, noData: null, impaired: null, maintenance: null, avg: null, p95: null, p99: null };
  const sketches = unpack(piece.total);
  const of = (metric: string): number | null => metricOf(metric, { tally: piece.tally, sketches, timed: piece.tally.passed + piece.tally.degraded, coversMs });
  return {
    successRatio: of('availability'), unseenMinutes: of('unseenMinutes'), noData: of('noData'), impaired: of('impaired'), maintenance: of('maintenance'),
    avg: of('total_avg'), p95: of('total_p95'), p99: of('total_p99'),
  };
}

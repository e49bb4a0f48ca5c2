import { z } from 'zod';
import { BAR_STATES, barState, NOTHING, unseen } from '../../analytics/tally.ts';
import type { CheckSummary } from '../analytics-port.ts';
import type { ApiApp } from '../api-app.ts';
import { callerOf } from '../authenticate.ts';
import { asJsonText } from '../json-text.ts';
import { BOARD_CHECKS_MAX, SUMMARY_RANGES, type SummaryBoard, type SummaryBoards, type SummaryRange } from '../summary-board.ts';
import { AVAILABILITY, FIGURES, REACHABILITY, figuresEntity, totalTimes } from '../wire/figures-entity.ts';
import { isoOf, isoOrNull } from '../wire/iso.ts';
import { page } from '../wire/query.ts';

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
export function checkSummaryRoutes(app: ApiApp, boards: SummaryBoards): void {
  const textsOf = new WeakMap<SummaryBoard, readonly string[]>();
  app.get('/v1/checks/summary', {
    config: { scope: 'results:read' },
    schema: {
      tags: ['results'], summary: 'Every check at a glance: availability, times and a bar of its worst outcomes',
      description: 'Checks by age. The range ends with the present bucket. Availability and percentiles are of final results of scheduled runs.',
      querystring: z.object({
        range: z.enum(Object.keys(SUMMARY_RANGES) as [keyof typeof SUMMARY_RANGES]).default('24h'),
        limit: z.coerce.number().int().min(1).max(BOARD_CHECKS_MAX).default(BOARD_CHECKS_MAX), page,
      }),
      response: { 200: SummaryPage },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { range, limit, page: number } = request.query;
    const board = await boards.ofAll(accountId, range);
    const page = board.total <= BOARD_CHECKS_MAX ? board : await boards.of(accountId, range, { limit, page: number });
    const [first, last] = page === board ? [(number - 1) * limit, number * limit] : [0, limit];
    // Validated by its type: going through thousands of bars again costs more than making them.
    asJsonText(reply);
    return reply.send(textOf(range, page, entriesOf(page).slice(first, last)) as unknown as z.output<typeof SummaryPage>);
  });

  /** Text of an entry is made once for each board: it is what costs most, and every page and viewer shares it. */
  function entriesOf(board: SummaryBoard): readonly string[] {
    const known = textsOf.get(board) ?? board.entries.map((entry) => JSON.stringify(summaryEntity(entry, board.buckets)));
    textsOf.set(board, known);
    return known;
  }
}

function textOf(range: SummaryRange, { fromMs, toMs, bucketMs, buckets, atMs, total }: SummaryBoard, entries: readonly string[]): string {
  const head: Omit<z.output<typeof SummaryPage>, 'entries'> = { range, from: isoOf(fromMs), to: isoOf(toMs), bucketSeconds: bucketMs / 1000, buckets, asOf: isoOf(atMs), total };
  return `${JSON.stringify(head).slice(0, -1)},"entries":[${entries.join(',')}]}`;
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

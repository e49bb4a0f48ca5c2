import { z } from 'zod';
import { planReading } from '../../analytics/reading-plan.ts';
import type { CheckSummary } from '../analytics-port.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { callerOf } from '../authenticate.ts';
import { chosenRows, countByStatus, OVERVIEW_STATUSES, overviewRows, targetOf, type OverviewRow } from '../overview.ts';
import { AnswerCache } from '../summary-cache.ts';
import { isoOf, isoOrNull } from '../wire/iso.ts';
import { page } from '../wire/query.ts';
import { statusEntity } from '../wire/status-entity.ts';
import { SUMMARY_RANGES, summaryEntity, SummaryEntity } from './check-summary.ts';

/** The home page of an installation of the size it is built for. */
const CHECKS_MAX = 5_000;
const ROWS_MAX = 100;
const TAGS_MAX = 200;
type RangeName = keyof typeof SUMMARY_RANGES;

const Query = z.object({
  range: z.enum(Object.keys(SUMMARY_RANGES) as [RangeName]).default('24h'),
  search: z.string().min(1).max(255).optional().meta({ description: 'part of the name or the target' }),
  tag: z.string().min(1).max(255).optional(), status: z.enum(OVERVIEW_STATUSES).optional(), location: z.string().min(1).max(255).optional(),
  limit: z.coerce.number().int().min(1).max(ROWS_MAX).default(50), page,
});

const RowEntity = SummaryEntity.extend({
  target: z.string(), activated: z.boolean(), muted: z.boolean(), status: z.enum(OVERVIEW_STATUSES),
  locations: z.array(z.string()), privateLocations: z.array(z.string()),
}).meta({ id: 'OverviewRow' });

const OverviewEntity = z.object({
  range: z.string(), from: z.iso.datetime(), bucketSeconds: z.int(), buckets: z.int(),
  counts: z.record(z.enum(OVERVIEW_STATUSES), z.int()).meta({ description: 'of all checks, whatever is asked for' }),
  agents: z.object({ online: z.int(), total: z.int() }),
  tags: z.array(z.string()), locations: z.array(z.string()).meta({ description: 'in which checks run' }),
  total: z.int().meta({ description: 'checks that match, on all pages' }), entries: z.array(RowEntity),
}).meta({ id: 'Overview' });

/** The home page in one answer: what needs somebody first, filtered and cut into pages here. */
export function overviewRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  const figures = new AnswerCache<{ readonly byId: ReadonlyMap<string, CheckSummary>; readonly fromMs: number; readonly bucketMs: number; readonly buckets: number }>(clock);

  app.get('/v1/checks/overview', {
    config: { scope: 'checks:read' },
    schema: { tags: ['results'], summary: 'Checks with their status and figures, the worst first', querystring: Query, response: { 200: OverviewEntity } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { range, search = null, tag = null, status = null, location = null, limit, page: number } = request.query;
    const [{ entries }, states, agents, { byId, fromMs, bucketMs, buckets }] = await Promise.all([
      store.listChecks(accountId, { limit: CHECKS_MAX, page: 1 }), store.listCheckStatuses(accountId, null), store.listAgents(accountId),
      figures.get(`${accountId} ${range}`, () => readFigures(accountId, range)),
    ]);
    const rows = overviewRows(entries, states, (state) => statusEntity(state).status);
    const chosen = chosenRows(rows, { search, tag, status, location });
    return reply.send({
      range, from: isoOf(fromMs), bucketSeconds: bucketMs / 1000, buckets, counts: countByStatus(rows),
      agents: { online: agents.filter(({ connected }) => connected).length, total: agents.length },
      tags: distinct(rows, ({ stored: { check } }) => check.tags).slice(0, TAGS_MAX),
      locations: distinct(rows, ({ stored: { check } }) => [...check.locations, ...check.privateLocations]),
      total: chosen.length,
      entries: chosen.slice((number - 1) * limit, number * limit).map((row) => rowEntity(row, byId.get(row.stored.id), buckets)),
    });
  });

  async function readFigures(accountId: string, range: RangeName) {
    const { lengthMs, bucketMs } = SUMMARY_RANGES[range];
    const toMs = Math.ceil((clock.nowMs() + 1) / bucketMs) * bucketMs;
    const fromMs = toMs - lengthMs;
    const { segments } = planReading({ fromMs, toMs, cut: { kind: 'every', ms: bucketMs }, mustReadRows: false });
    const { entries } = await store.summariseChecks(accountId, { segments, fromMs, bucketMs, limit: CHECKS_MAX, page: 1 });
    return { byId: new Map(entries.map((entry) => [entry.checkId, entry])), fromMs, bucketMs, buckets: lengthMs / bucketMs };
  }
}

const NO_FIGURES = {
  runs: 0, availability: null, reachability: null, unseen: 0, unseenMinutes: 0, maintenance: 0, avgMs: null, p50Ms: null, p95Ms: null, p99Ms: null,
} as const;

function rowEntity({ stored, status, state }: OverviewRow, summary: CheckSummary | undefined, buckets: number): z.output<typeof RowEntity> {
  const { check } = stored;
  const known = summary ? summaryEntity(summary, buckets) : {
    ...NO_FIGURES, lastRunAt: null, lastOutcome: null, state: state?.status ?? 'noData' as const, stateSince: isoOrNull(state?.sinceMs ?? null),
    bar: Array.from({ length: buckets }, () => 'none' as const), barRuns: Array.from({ length: buckets }, (): [number, number, number] => [0, 0, 0]),
  };
  return {
    ...known, checkId: stored.id, name: check.name, tags: [...check.tags],
    // The newest row may not have been rolled up yet.
    lastRunAt: state?.last ? isoOf(state.last.dueAtMs) : known.lastRunAt, lastOutcome: state?.last?.outcome ?? known.lastOutcome,
    target: targetOf(check), activated: check.activated, muted: check.muted, status, locations: [...check.locations], privateLocations: [...check.privateLocations],
  };
}

function distinct(rows: readonly OverviewRow[], of: (row: OverviewRow) => readonly string[]): string[] {
  return [...new Set(rows.flatMap((row) => [...of(row)]))].sort((one, other) => one.localeCompare(other));
}

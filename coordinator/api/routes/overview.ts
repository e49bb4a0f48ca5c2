import { z } from 'zod';
import type { CheckSummary } from '../analytics-port.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { callerOf } from '../authenticate.ts';
import { chosenChecks, countByStatus, distinct, OVERVIEW_STATUSES, shownStatus } from '../overview.ts';
import type { OverviewCheck } from '../overview-port.ts';
import { isoOf, isoOrNull } from '../wire/iso.ts';
import { page } from '../wire/query.ts';
import { BOARD_CHECKS_MAX, SUMMARY_RANGES, type SummaryBoards } from '../summary-board.ts';
import { summaryEntity, SummaryEntity } from './check-summary.ts';

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

/**
 * The home page in one answer: what needs somebody first. Of all checks one light row is read, filtered and cut into
 * pages here; figures are read of those on the page alone, from hours and days. Nothing scans history.
 */
export function overviewRoutes(app: ApiApp, { store }: ApiDeps, boards: SummaryBoards): void {
  app.get('/v1/checks/overview', {
    config: { scope: 'checks:read' },
    schema: { tags: ['results'], summary: 'Checks with their status and figures, the worst first', querystring: Query, response: { 200: OverviewEntity } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { range, search = null, tag = null, status = null, location = null, limit, page: number } = request.query;
    const [checks, agents] = await Promise.all([store.listOverview(accountId), store.countAgents(accountId)]);
    const chosen = chosenChecks(checks, { search, tag, status, location });
    const shown = chosen.slice((number - 1) * limit, number * limit);
    const ids = shown.map(({ checkId }) => checkId);
    const [{ byId, fromMs, bucketMs, buckets }, lastMs] = await Promise.all([readFigures(accountId, range, ids), store.lastVerdictsMs(accountId, ids)]);
    return reply.send({
      range, from: isoOf(fromMs), bucketSeconds: bucketMs / 1000, buckets, counts: countByStatus(checks), agents,
      tags: distinct(checks, ({ tags }) => tags).slice(0, TAGS_MAX), locations: distinct(checks, ({ locations }) => locations, ({ privateLocations }) => privateLocations),
      total: chosen.length,
      entries: shown.map((check) => rowEntity(check, { summary: byId.get(check.checkId), buckets, lastMs: lastMs.get(check.checkId) ?? null })),
    });
  });

  async function readFigures(accountId: string, range: RangeName, checkIds: readonly string[]) {
    const board = await boards.ofAll(accountId, range);
    const { fromMs, bucketMs, buckets, entries } = board.total <= BOARD_CHECKS_MAX ? board : await boards.of(accountId, range, { checkIds, limit: ROWS_MAX, page: 1 });
    const wanted = new Set(checkIds);
    return { byId: new Map(entries.filter(({ checkId }) => wanted.has(checkId)).map((entry) => [entry.checkId, entry])), fromMs, bucketMs, buckets };
  }
}

const NO_FIGURES = {
  runs: 0, availability: null, reachability: null, unseen: 0, unseenMinutes: 0, maintenance: 0, avgMs: null, p50Ms: null, p95Ms: null, p99Ms: null, lastRunAt: null, lastOutcome: null,
} as const;

type Known = { readonly summary: CheckSummary | undefined; readonly buckets: number; readonly lastMs: number | null };

function rowEntity(check: OverviewCheck, { summary, buckets, lastMs }: Known): z.output<typeof RowEntity> {
  const figures = summary ? summaryEntity(summary, buckets) : {
    ...NO_FIGURES, state: check.status, stateSince: null, bar: Array.from({ length: buckets }, () => 'none' as const), barRuns: Array.from({ length: buckets }, (): [number, number, number] => [0, 0, 0]),
  };
  return {
    // Figures are kept for some seconds; what a check is, and how it stands, is of now.
    ...figures, checkId: check.checkId, name: check.name, tags: [...check.tags], state: check.status, stateSince: isoOrNull(check.sinceMs),
    // The newest slot may not have been rolled up yet.
    lastRunAt: lastMs === null ? figures.lastRunAt : isoOf(lastMs),
    target: check.target, activated: check.activated, muted: check.muted, status: shownStatus(check), locations: [...check.locations], privateLocations: [...check.privateLocations],
  };
}

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../../../api/api.ts';
import type { CheckWire, ResultWire, SeriesWire } from '../wire.ts';
import { CHECK_RANGES, DEFAULT_RANGE, type CheckSearch } from './check-search.ts';

export type StandingWire = {
  readonly status: 'passing' | 'degraded' | 'failing' | 'noData'; readonly since: string | null;
  readonly alerts: readonly { readonly id: string; readonly kind: 'failure' | 'degraded' | 'no_data'; readonly since: string | null; readonly openedAt: string; readonly closedAt: string | null; readonly ending: string | null }[];
};
export type CompletenessWire = {
  readonly due: number; readonly results: number; readonly gapCount: number; readonly pending: number; readonly missing: number; readonly lateReplacements: number;
  readonly gaps: readonly { readonly from: string; readonly to: string; readonly reason: string; readonly location: string; readonly count: number }[]; readonly gapsOmitted: number;
};
export type RunsPage = { readonly entries: readonly ResultWire[]; readonly nextId: string | null };

const RUNS_PER_PAGE = 25;
/** Behind the live events. */
const REFRESH_MS = 30_000;

const since = (range: CheckSearch['range']): string => new Date(Date.now() - CHECK_RANGES[range ?? DEFAULT_RANGE]).toISOString();

export const checkQuery = (id: string) => queryOptions({ queryKey: ['check', id, 'definition'], queryFn: ({ signal }) => api.get<CheckWire>(`/v1/checks/${id}`, {}, { signal }) });

export const standingQuery = (id: string, range: CheckSearch['range']) => queryOptions({
  queryKey: ['check', id, 'standing', range], placeholderData: keepPreviousData, refetchInterval: REFRESH_MS,
  queryFn: ({ signal }) => api.get<StandingWire>(`/v1/checks/${id}/standing`, { from: since(range) }, { signal }),
});

export const seriesQuery = (id: string, { range, location }: CheckSearch) => queryOptions({
  queryKey: ['check', id, 'series', range, location], placeholderData: keepPreviousData, refetchInterval: REFRESH_MS,
  queryFn: ({ signal }) => api.get<SeriesWire>(`/v1/checks/${id}/series`, { from: since(range), location }, { signal }),
});

export const completenessQuery = (id: string, range: CheckSearch['range']) => queryOptions({
  queryKey: ['check', id, 'completeness', range], placeholderData: keepPreviousData,
  queryFn: ({ signal }) => api.get<CompletenessWire>(`/v1/checks/${id}/completeness`, { from: since(range) }, { signal }),
});

/** One page of runs; `bucketMs` bounds them to the stretch that was clicked. */
export const runsQuery = (id: string, { range, location, outcome, trigger, at }: CheckSearch, bucketMs: number, nextId: string | null) => queryOptions({
  queryKey: ['check', id, 'runs', range, location, outcome, trigger, at, at === undefined ? 0 : bucketMs, nextId], placeholderData: keepPreviousData,
  queryFn: ({ signal }) => api.get<RunsPage>(`/v2/check-results/${id}`, {
    limit: RUNS_PER_PAGE, location, trigger, nextId, hasFailures: outcome === undefined ? undefined : outcome === 'failed',
    from: at === undefined ? Date.parse(since(range)) / 1_000 : at / 1_000, to: at === undefined ? undefined : (at + bucketMs) / 1_000,
    fields: 'id,runLocation,startedAt,attempts,responseTime,tcpCheckResult',
  }, { signal }),
});

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import type { Status } from '../../parts/status-mark.tsx';

export type ApiStatus = 'failing' | 'degraded' | 'noData' | 'passing' | 'inactive';
export const RANGES = ['6h', '24h', '7d', '30d', '90d'] as const;
export type Range = (typeof RANGES)[number];

export type Row = {
  readonly checkId: string; readonly name: string; readonly target: string; readonly tags: readonly string[];
  readonly activated: boolean; readonly muted: boolean; readonly status: ApiStatus;
  readonly locations: readonly string[]; readonly privateLocations: readonly string[];
  readonly availability: number | null; readonly p95Ms: number | null; readonly lastRunAt: string | null;
  readonly bar: readonly BarState[]; readonly barRuns: readonly (readonly [number, number, number])[];
};
export type BarState = 'none' | 'passing' | 'degraded' | 'failing' | 'noData' | 'impaired' | 'maintenance';
export type Overview = {
  readonly from: string; readonly bucketSeconds: number; readonly buckets: number;
  readonly counts: Readonly<Record<ApiStatus, number>>; readonly agents: { readonly online: number; readonly total: number };
  readonly tags: readonly string[]; readonly locations: readonly string[]; readonly total: number; readonly entries: readonly Row[];
};

/** What the address holds: a link to what one sees. */
export type HomeSearch = {
  readonly q?: string; readonly tag?: string; readonly status?: ApiStatus; readonly location?: string; readonly range?: Range; readonly page?: number;
};
export const ROWS_PER_PAGE = 50;
const STATUSES: readonly ApiStatus[] = ['failing', 'degraded', 'noData', 'passing', 'inactive'];

export function homeSearch(given: Record<string, unknown>): HomeSearch {
  const text = (name: string): string | undefined => (typeof given[name] === 'string' && given[name] !== '' ? given[name] : typeof given[name] === 'number' ? String(given[name]) : undefined);
  const [q, tag, location] = [text('q'), text('tag'), text('location')];
  const status = STATUSES.find((one) => one === given['status']);
  const range = RANGES.find((one) => one === given['range']);
  const page = Number(given['page']);
  return {
    ...(q === undefined ? {} : { q }), ...(tag === undefined ? {} : { tag }), ...(location === undefined ? {} : { location }),
    ...(status === undefined ? {} : { status }), ...(range === undefined ? {} : { range }), ...(Number.isInteger(page) && page > 1 ? { page } : {}),
  };
}

export function overviewQuery({ q, tag, status, location, range, page }: HomeSearch) {
  return queryOptions({
    queryKey: ['checks', 'overview', { q, tag, status, location, range, page }],
    queryFn: ({ signal }) => api.get<Overview>('/v1/checks/overview', { search: q, tag, status, location, range: range ?? '24h', page: page ?? 1, limit: ROWS_PER_PAGE }, { signal }),
    placeholderData: keepPreviousData,
    // Behind the live events.
    refetchInterval: 30_000,
  });
}

export function shownStatus(status: ApiStatus): Status {
  return status === 'noData' ? 'no-data' : status === 'inactive' ? 'paused' : status;
}

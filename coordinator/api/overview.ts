import type { CheckStatus, StoredCheck } from './ports.ts';

/** As a person reads it, the worst first: what needs somebody stands at the top. */
export const OVERVIEW_STATUSES = ['failing', 'degraded', 'noData', 'passing', 'inactive'] as const;
export type OverviewStatus = (typeof OVERVIEW_STATUSES)[number];

export type OverviewFilter = {
  readonly search: string | null;
  readonly tag: string | null;
  readonly status: OverviewStatus | null;
  /** Code of a public location or slug of a private one. */
  readonly location: string | null;
};

export type OverviewRow = { readonly stored: StoredCheck; readonly status: OverviewStatus; readonly state: CheckStatus | null };

/** An inactive check is that, whatever its last run said. */
export function overviewRows(checks: readonly StoredCheck[], states: readonly CheckStatus[], statusOf: (state: CheckStatus) => Exclude<OverviewStatus, 'inactive'>): readonly OverviewRow[] {
  const byId = new Map(states.map((state) => [state.checkId, state]));
  return checks.map((stored) => {
    const state = byId.get(stored.id) ?? null;
    return { stored, state, status: !stored.check.activated ? 'inactive' : state === null ? 'noData' : statusOf(state) };
  });
}

/** Those that match, the worst first, then by name. */
export function chosenRows(rows: readonly OverviewRow[], { search, tag, status, location }: OverviewFilter): readonly OverviewRow[] {
  const wanted = search?.toLowerCase() ?? null;
  return rows
    .filter(({ stored: { check }, status: own }) => (status === null || own === status)
      && (tag === null || check.tags.includes(tag))
      && (location === null || check.locations.includes(location) || check.privateLocations.includes(location))
      && (wanted === null || `${check.name}\n${targetOf(check)}`.toLowerCase().includes(wanted)))
    .toSorted((one, other) => OVERVIEW_STATUSES.indexOf(one.status) - OVERVIEW_STATUSES.indexOf(other.status) || one.stored.check.name.localeCompare(other.stored.check.name));
}

export function countByStatus(rows: readonly OverviewRow[]): Readonly<Record<OverviewStatus, number>> {
  const counts = { failing: 0, degraded: 0, noData: 0, passing: 0, inactive: 0 };
  for (const { status } of rows) counts[status] += 1;
  return counts;
}

/** `host:port`, `[v6]:port`. */
export function targetOf({ request: { hostname, port } }: StoredCheck['check']): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}

import type { OverviewCheck } from './overview-port.ts';

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

/** An inactive check is that, whatever its last run said. */
export function shownStatus({ activated, status }: Pick<OverviewCheck, 'activated' | 'status'>): OverviewStatus {
  return activated ? status : 'inactive';
}

/** Those that match, the worst first, then by name. */
export function chosenChecks(checks: readonly OverviewCheck[], { search, tag, status, location }: OverviewFilter): readonly OverviewCheck[] {
  const wanted = search?.toLowerCase() ?? null;
  return checks
    .filter((check) => (status === null || shownStatus(check) === status)
      && (tag === null || check.tags.includes(tag))
      && (location === null || check.locations.includes(location) || check.privateLocations.includes(location))
      && (wanted === null || `${check.name}\n${check.target}`.toLowerCase().includes(wanted)))
    .toSorted((one, other) => rankOf(one) - rankOf(other) || COLLATOR.compare(one.name, other.name) || (one.checkId < other.checkId ? -1 : 1));
}

/** `localeCompare` makes one for every pair, which is most of the time of sorting thousands. */
const COLLATOR = new Intl.Collator('en', { numeric: true });

function rankOf(check: OverviewCheck): number {
  return OVERVIEW_STATUSES.indexOf(shownStatus(check));
}

export function countByStatus(checks: readonly OverviewCheck[]): Readonly<Record<OverviewStatus, number>> {
  const counts = { failing: 0, degraded: 0, noData: 0, passing: 0, inactive: 0 };
  for (const check of checks) counts[shownStatus(check)] += 1;
  return counts;
}

/** Each once, in order. */
export function distinct(checks: readonly OverviewCheck[], ...lists: readonly ((check: OverviewCheck) => readonly string[])[]): string[] {
  const found = new Set<string>();
  for (const check of checks) for (const of of lists) for (const one of of(check)) found.add(one);
  return [...found].sort(COLLATOR.compare);
}

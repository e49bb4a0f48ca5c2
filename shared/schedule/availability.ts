import type { AvailabilityChange } from './epoch.ts';

/** Availability arranged for asking; made once for a whole planning round. */
export type AvailabilityIndex = {
  /** Had this location a live agent at `atMs`? Without any row it had none (rules.md 3). */
  isAvailable(locationId: string, atMs: number): boolean;
  /** Instants after `fromMs` and before `untilMs` at which one of these locations changes; ascending, each once. */
  changesBetween(locationIds: readonly string[], fromMs: number, untilMs: number): readonly number[];
};

/** Rows in any order across locations; of several rows of a location at one instant the last one counts. */
export function availabilityIndex(changes: readonly AvailabilityChange[] | AvailabilityIndex): AvailabilityIndex {
  if ('isAvailable' in changes) return changes;
  const byLocation = Map.groupBy(changes, (change) => change.locationId);
  for (const rows of byLocation.values()) rows.sort((a, b) => a.fromAtMs - b.fromAtMs);
  return {
    isAvailable: (locationId, atMs) => {
      const rows = byLocation.get(locationId) ?? [];
      return rows[countUntil(rows, atMs) - 1]?.available ?? false;
    },
    changesBetween: (locationIds, fromMs, untilMs) => {
      const instants = new Set<number>();
      for (const locationId of locationIds) {
        const rows = byLocation.get(locationId) ?? [];
        for (let index = countUntil(rows, fromMs); index < rows.length; index += 1) {
          const atMs = rows[index]!.fromAtMs;
          if (atMs >= untilMs) break;
          instants.add(atMs);
        }
      }
      return [...instants].sort((a, b) => a - b);
    },
  };
}

/** How many of the sorted rows have `fromAtMs ≤ atMs`, by bisection. */
function countUntil(rows: readonly AvailabilityChange[], atMs: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]!.fromAtMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

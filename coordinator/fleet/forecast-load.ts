import type { Check } from '#shared/check/check.ts';
import type { ScheduleEpoch } from '#shared/schedule/epoch.ts';

/** What an attempt is expected to take, if its limit is not lower: an answer takes much less, silence the whole limit. */
export const EXPECTED_ATTEMPT_MS = 1_000;
/** From here on a location is told to be overloaded. */
export const FULL_LOAD = 1;

type Schedule = Pick<ScheduleEpoch, 'intervalMs' | 'strategy' | 'order' | 'active'>;

/** Attempts that a check keeps under way at once, on average, in each location of its order: attempts a second by what one takes. */
export function demandOf({ maxResponseTime }: Pick<Check, 'maxResponseTime'>, { intervalMs, strategy, order, active }: Schedule): number {
  if (!active || order.length === 0) return 0;
  const attempts = 1 / intervalMs / (strategy === 'round_robin' ? order.length : 1);
  return attempts * Math.min(maxResponseTime, EXPECTED_ATTEMPT_MS);
}

/** Demand against the attempts that the live agents run at once: 1 is full; null where nobody is to run them. */
export function loadOf(demand: number, capacity: number): number | null {
  return capacity > 0 ? demand / capacity : null;
}

/** The locations that would be beyond their capacity, as sentences for whoever saves a check. */
export function overloadWarnings(locations: readonly { readonly code: string; readonly load: number | null }[]): readonly string[] {
  return locations.flatMap(({ code, load }) => (load === null || load <= FULL_LOAD ? [] : [
    `location '${code}' at ${Math.round(load * 100)} % of its capacity: add agents there, or check less often`,
  ]));
}

import { RETURN_GRACE_MS } from './presence.ts';

/** Sessions that one coordinator may open in a second: chosen, not measured; one costs some ms of CPU (deploy/bench/fleet). */
export const SESSIONS_PER_SECOND = 200;
const WINDOW_MIN_MS = 1_000;
/** Whoever is away for longer is missed. */
const WINDOW_MAX_MS = 30_000;

/** The window over which this many agents come back at random, so that they come no faster than they can be let in. */
export function reconnectWindowMs(sessions: number): number {
  return Math.min(WINDOW_MAX_MS, Math.max(WINDOW_MIN_MS, Math.ceil(sessions / SESSIONS_PER_SECOND) * 1_000));
}

/** How long nobody counts as lost after an outage: the window of them all, and time for the second try. */
export function returnGraceMs(agents: number): number {
  return Math.max(RETURN_GRACE_MS, reconnectWindowMs(agents) + 5_000);
}

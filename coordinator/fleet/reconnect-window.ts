import { RETURN_GRACE_MS, type ReturnGrace } from './presence.ts';

/** Sessions that one coordinator is expected to open in a second: one costs about 10 ms of its CPU (deploy/bench/fleet). */
export const SESSIONS_PER_SECOND = 100;
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

/**
 * The same for who has which check. After a crash it is the window alone: an agent that died with its coordinator is to
 * be replaced as soon as all others can have come back, and one that only took its time runs its checks meanwhile as
 * before. With lease, look and announcement that is a takeover within 9.5 s of both deaths for up to 100 agents
 * (rules.md 26), and within 8.5 s and the window for more, 38.5 s at most.
 */
export function rosterGraceOf(agents: number): ReturnGrace {
  return { afterStopMs: returnGraceMs(agents), afterCrashMs: reconnectWindowMs(agents) };
}

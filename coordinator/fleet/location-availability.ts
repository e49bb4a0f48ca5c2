/**
 * When a location counts as available for round-robin turns (rules.md 3). Hysteresis, so that an agent that flaps
 * does not rewrite turns: away for `AWAY_AFTER_MS` without a live agent, back after `BACK_AFTER_MS` with one; a
 * location that has been away long, or was never here, is back at once.
 */
export type LocationPresence = {
  readonly available: boolean;
  /** Since when there has been a live agent without a break, or has not; ms since the epoch. */
  readonly hasAgent: boolean;
  readonly sinceMs: number;
  /** When it last stopped being available; -Infinity for never. */
  readonly awaySinceMs: number;
};

/** The lease of 6 s (rules.md 26) and one heartbeat on top. */
export const AWAY_AFTER_MS = 8_000;
export const BACK_AFTER_MS = 5_000;
/** Away for longer than this, the next agent is welcome at once. */
const LONG_AWAY_MS = 30_000;

export function newPresence(available: boolean, nowMs: number): LocationPresence {
  // A location last known to be available is given the time to return: a coordinator's restart is no agent's death.
  return { available, hasAgent: false, sinceMs: nowMs, awaySinceMs: Number.NEGATIVE_INFINITY };
}

/** The presence after looking at `nowMs`, and whether availability changed by it. `sinceMs`: when the last agent was heard of, if there is none now. */
export function observePresence(presence: LocationPresence, hasAgent: boolean, nowMs: number, sinceMs = nowMs): { presence: LocationPresence; changed: boolean } {
  const seen = hasAgent === presence.hasAgent ? presence : { ...presence, hasAgent, sinceMs: Math.min(nowMs, Math.max(sinceMs, presence.sinceMs)) };
  const lastedMs = nowMs - seen.sinceMs;
  if (seen.available && !hasAgent && lastedMs >= AWAY_AFTER_MS) {
    return { presence: { ...seen, available: false, awaySinceMs: nowMs }, changed: true };
  }
  const isWelcome = lastedMs >= BACK_AFTER_MS || nowMs - seen.awaySinceMs >= LONG_AWAY_MS;
  if (!seen.available && hasAgent && isWelcome) return { presence: { ...seen, available: true }, changed: true };
  return { presence: seen, changed: false };
}

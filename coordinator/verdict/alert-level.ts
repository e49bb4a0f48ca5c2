import type { CheckState } from './check-state.ts';
import type { Policy } from './policy.ts';

export type AlertLevel = 'none' | 'degraded' | 'failure';

/**
 * What the policy asks to be told of a check that stands like this (checkly-api.md §4.1). Going from degraded to
 * failing, or from failing to degraded, is told whatever the threshold; the rest once it is reached.
 */
export function alertLevelOf(state: CheckState, policy: Policy, nowMs: number): AlertLevel {
  const own = levelOfStanding(state, policy, nowMs);
  return own !== 'failure' && locationsOverLimit(state, policy).length > 0 ? 'failure' : own;
}

/** Locations that alone see enough failing runs in a row to alert (`perLocationFailedRuns`). */
export function locationsOverLimit(state: CheckState, { perLocationFailedRuns: limit }: Policy): readonly string[] {
  if (limit === null) return [];
  return Object.entries(state.locations).filter(([, { standing, streak }]) => standing === 'failing' && streak >= limit).map(([id]) => id);
}

function levelOfStanding(state: CheckState, policy: Policy, nowMs: number): AlertLevel {
  if (state.standing === null || state.standing === 'passing') return 'none';
  const level = state.standing === 'failing' ? 'failure' : 'degraded';
  const overridesThreshold = state.before !== null && state.before.standing === OTHER_TROUBLE[state.standing];
  const atMs = escalatesAtMs(state, policy);
  return overridesThreshold || state.isEscalated || (atMs !== null && nowMs >= atMs) ? level : 'none';
}

const OTHER_TROUBLE = { failing: 'degraded', degraded: 'failing' } as const;

/** When the trouble will have lasted long enough, if time is what the policy counts. */
export function escalatesAtMs(state: CheckState, { escalation }: Policy): number | null {
  if (escalation.kind === 'runs' || state.standing === null || state.standing === 'passing') return null;
  return state.sinceMs + escalation.ms;
}

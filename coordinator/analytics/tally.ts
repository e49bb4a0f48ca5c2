/** What became of due runs, added up; and the ratios that are made of it, each defined once, here. */
export type GapReasons = Readonly<Record<string, number>>;

export type Tally = {
  readonly passed: number;
  readonly degraded: number;
  readonly failed: number;
  readonly agentFaults: number;
  readonly egressDenied: number;
  /** Results of a window in which the agent was itself cut off (rules.md 22). */
  readonly impaired: number;
  /** Of passed, degraded and failed: with an established connection. */
  readonly established: number;
  readonly overMax: number;
  /** Of all results counted here. */
  readonly attempts: number;
  /** Due runs without a result; by reason in `gapReasons`. */
  readonly gaps: number;
  readonly gapReasons: GapReasons;
};

export const NOTHING: Tally = {
  passed: 0, degraded: 0, failed: 0, agentFaults: 0, egressDenied: 0, impaired: 0, established: 0, overMax: 0, attempts: 0, gaps: 0, gapReasons: {},
};

export function sumOfReasons(all: readonly GapReasons[]): GapReasons {
  const sum: Record<string, number> = {};
  for (const reasons of all) for (const [reason, n] of Object.entries(reasons)) sum[reason] = (sum[reason] ?? 0) + n;
  return sum;
}

export function plus(one: Tally, other: Tally): Tally {
  return {
    passed: one.passed + other.passed, degraded: one.degraded + other.degraded, failed: one.failed + other.failed,
    agentFaults: one.agentFaults + other.agentFaults, egressDenied: one.egressDenied + other.egressDenied, impaired: one.impaired + other.impaired,
    established: one.established + other.established, overMax: one.overMax + other.overMax, attempts: one.attempts + other.attempts,
    gaps: one.gaps + other.gaps, gapReasons: sumOfReasons([one.gapReasons, other.gapReasons]),
  };
}

/** Results that say something of the target. */
export function judged({ passed, degraded, failed }: Tally): number {
  return passed + degraded + failed;
}

/** Results of any outcome. */
export function results(tally: Tally): number {
  return judged(tally) + tally.agentFaults + tally.egressDenied + tally.impaired;
}

/** Runs that should have been: those with a result, and gaps. */
export function due(tally: Tally): number {
  return results(tally) + tally.gaps;
}

/** Runs that ended passed or degraded, of those that ended passed, degraded or failed; null without any. */
export function availability(tally: Tally): number | null {
  return judged(tally) === 0 ? null : (tally.passed + tally.degraded) / judged(tally);
}

/** Runs whose connection was established, whatever came after, of those that ended passed, degraded or failed; null without any. */
export function reachability(tally: Tally): number | null {
  return judged(tally) === 0 ? null : tally.established / judged(tally);
}

/** Attempts beyond the first. */
export function retries(tally: Tally): number {
  return tally.attempts - results(tally);
}

/** Wanted by the user: these runs are neither seen nor missed. */
const WANTED_GAPS = ['maintenance', 'paused'] as const;

export function maintenance({ gapReasons }: Tally): number {
  return WANTED_GAPS.reduce((sum, reason) => sum + (gapReasons[reason] ?? 0), 0);
}

/** Due runs that nobody can tell up or down of: gaps that nobody wanted, agent faults, denied egress, impaired windows. */
export function unseen(tally: Tally): number {
  return tally.gaps - maintenance(tally) + tally.agentFaults + tally.egressDenied + tally.impaired;
}

/**
 * Minutes that unseen runs leave open, each for `coversMs`: the interval, shared by the locations that owe each slot,
 * as the check is scheduled now.
 */
export function unseenMinutes(tally: Tally, coversMs: number): number {
  return Math.round(unseen(tally) * coversMs / 6_000) / 10;
}

export const BAR_STATES = ['none', 'passing', 'degraded', 'failing', 'noData', 'impaired', 'maintenance'] as const;
/** The worst that a stretch of time saw; `none`: nothing was due, or is known yet. */
export type BarState = (typeof BAR_STATES)[number];

export function barState(tally: Tally): BarState {
  if (tally.failed > 0) return 'failing';
  if (tally.degraded > 0) return 'degraded';
  if (tally.passed > 0) return 'passing';
  if (tally.impaired > 0) return 'impaired';
  if (unseen(tally) > 0) return 'noData';
  return maintenance(tally) > 0 ? 'maintenance' : 'none';
}

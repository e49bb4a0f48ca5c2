/** What is metered (rules.md 24), what it costs, and where a quota stands. Times in ms since the epoch, days of UTC. */

/** Of a stored run: the first attempt of a scheduled one, any further attempt, or one that somebody ordered. */
export const RUN_KINDS = ['scheduled', 'retry', 'manual', 'deploy'] as const;
export type RunKind = (typeof RUN_KINDS)[number] | 'external';

/** The pool that all runs draw on unless usage from elsewhere names another. */
export const DEFAULT_POOL = 'runs';

/** Runs of one piece of time. `source`: null for our own, else who posted them. */
export type UsageCount = {
  readonly source: string | null;
  readonly checkType: string;
  readonly pool: string;
  readonly kind: RunKind;
  readonly runs: number;
  readonly degraded: number;
  readonly failed: number;
  readonly overMax: number;
};

/** At the quota: run on and say so, or run on and take neither new checks nor manual runs. Nothing that runs is ever stopped. */
export const QUOTA_POLICIES = ['continue', 'refuse_new'] as const;
export type QuotaPolicy = (typeof QUOTA_POLICIES)[number];

export type Quota = {
  /** Runs of a calendar month (UTC), of all check types that draw on the pool. */
  readonly runsPerMonth: number;
  readonly policy: QuotaPolicy;
  readonly warnAtPercent: number;
};

export type QuotaState = 'ok' | 'warning' | 'exceeded';

export const WARN_AT_PERCENT = 80;

export function monthOf(nowMs: number): { readonly name: string; readonly fromMs: number; readonly toMs: number } {
  const now = new Date(nowMs);
  const fromMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
  return { name: new Date(fromMs).toISOString().slice(0, 7), fromMs, toMs: Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) };
}

export function quotaStateOf({ runsPerMonth, warnAtPercent }: Quota, used: number): QuotaState {
  if (used >= runsPerMonth) return 'exceeded';
  return used * 100 >= runsPerMonth * warnAtPercent ? 'warning' : 'ok';
}

/** What the month comes to if it goes on as so far; null in its first hour, of which nothing can be told. */
export function projectedRuns(used: number, nowMs: number): number | null {
  const { fromMs, toMs } = monthOf(nowMs);
  return nowMs - fromMs < 3_600_000 ? null : Math.round((used * (toMs - fromMs)) / (nowMs - fromMs));
}

/** To the cent's hundredth: small accounts would otherwise all cost nothing. */
export function costOf(runs: number, pricePer10000: number): number {
  return Math.round(runs * pricePer10000) / 10_000;
}

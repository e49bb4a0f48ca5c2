/** What usage needs of the store. Every method sees one account only. */
import type { Quota, UsageCount } from '../usage/usage.ts';

/** Runs that another system made, of one of its days: what is posted again takes the place of what was. */
export type ExternalUsage = {
  readonly source: string;
  readonly checkType: string;
  readonly pool: string;
  /** UTC, `2026-11-22`. */
  readonly date: string;
  readonly runs: number;
};

export type UsageOfDay = UsageCount & { /** Start of the day or hour. */ readonly atMs: number };

export type UsageStore = {
  /** Oldest first; counts of one piece of time by source, check type, pool and kind. What others posted is known by day only, and stands at its start. */
  readUsage(accountId: string, range: { readonly fromMs: number; readonly toMs: number; readonly unit: 'hour' | 'day' }): Promise<readonly UsageOfDay[]>;
  /** Sets counts; all or nothing. */
  putExternalUsage(accountId: string, entries: readonly ExternalUsage[]): Promise<void>;
  /** Own quotas by pool; pools without one go by the installation's default. */
  readQuotas(accountId: string): Promise<ReadonlyMap<string, Quota>>;
  /** null: back to the installation's default. */
  setQuota(accountId: string, pool: string, quota: Quota | null): Promise<void>;
  /** Stores the notices that are due for these accounts as usage stands; what was told already is not told again. */
  tellQuotas(accountIds: readonly string[], defaultQuota: Quota | null, nowMs: number): Promise<void>;
};

/** What runs cost and how many are allowed where an account has no quota of its own. */
export type UsageSettings = { readonly pricePer10000: number; readonly currency: string; readonly defaultQuota: Quota | null };

export const DEFAULT_USAGE_SETTINGS: UsageSettings = { pricePer10000: 2, currency: 'USD', defaultQuota: null };

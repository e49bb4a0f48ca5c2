/** What the home page needs of the store. Every method sees one account only, and reads neither results nor gaps. */
import type { CheckStatus } from '../verdict/check-state.ts';

/** A check as the home page lists it. */
export type OverviewCheck = {
  readonly checkId: string;
  readonly name: string;
  readonly tags: readonly string[];
  /** `host:port`, `[v6]:port`. */
  readonly target: string;
  readonly activated: boolean;
  readonly muted: boolean;
  /** As the judge left it. */
  readonly status: CheckStatus;
  /** Since when, ms; null: it was never judged. */
  readonly sinceMs: number | null;
  readonly locations: readonly string[];
  readonly privateLocations: readonly string[];
};

export type OverviewStore = {
  /** All that are not deleted, in no order. */
  listOverview(accountId: string): Promise<readonly OverviewCheck[]>;
  /** `dueAt` of the newest slot with a verdict, ms; of those of these checks that have one. */
  lastVerdictsMs(accountId: string, checkIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** In public locations and the account's own. */
  countAgents(accountId: string): Promise<{ readonly online: number; readonly total: number }>;
};

import type { AccountFacts } from '../prometheus/account-metrics.ts';

export type PrometheusStore = {
  /** Checks, everything ever counted of them, and private locations, all of one moment; no row of a result is read but those of two minutes. */
  readAccountFacts(accountId: string): Promise<AccountFacts>;
};

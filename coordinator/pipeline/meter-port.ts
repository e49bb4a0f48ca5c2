/** What metering needs of the store. */
import type { Quota } from '../usage/usage.ts';
import type { LeaseStore } from './closing-port.ts';

export type MeterStore = LeaseStore & {
  /** Counts the hours that ingest has marked since anew from the rows; a bounded number of marks at a time, all or nothing. */
  meterMarked(): Promise<{ readonly hours: number; readonly accountIds: readonly string[] }>;
  /** Adds the figures of whole days before `beforeMs` to the sums that counters go on from; at most one day at a time. False when there is none left. */
  foldCounters(beforeMs: number): Promise<boolean>;
  /** Stores the notices that are due for these accounts; what was told already is not told again. */
  tellQuotas(accountIds: readonly string[], defaultQuota: Quota | null, nowMs: number): Promise<void>;
};

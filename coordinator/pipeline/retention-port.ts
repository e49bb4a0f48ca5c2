/** What retention needs of the store. */
import type { LeaseStore } from './closing-port.ts';

/** Days that are kept, today not counted: rows, hourly and daily rollups. No account keeps more. */
export type RetentionDays = { readonly raw: number; readonly hourly: number; readonly daily: number };

export type RetentionStore = LeaseStore & {
  /** Makes the coming days' partitions. */
  ensurePartitions(fromMs?: number, toMs?: number): Promise<void>;
  /** Drops what nobody keeps any more, whole partitions at a time; their names. One that is busy is left for the next time. */
  dropPartitions(days: RetentionDays, nowMs: number): Promise<readonly string[]>;
  /** Deletes a bounded number of rows of accounts that keep less; how many. 0: none is left. */
  deleteExpired(nowMs: number): Promise<number>;
};

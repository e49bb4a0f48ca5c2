/** What rolling up needs of the store. */
import type { LeaseStore } from './closing-port.ts';

export type RolledUp = { readonly marks: number; readonly hours: number; readonly days: number };

export type RollupStore = LeaseStore & {
  /**
   * Computes the hours that ingest has marked since, and their days, anew from the rows; a bounded number of marks at
   * a time, all or nothing. What is committed meanwhile has marks of its own.
   */
  rollUpMarked(): Promise<RolledUp>;
  /**
   * Computes every hour and day that touches `[fromMs, toMs)` anew from the rows, each day (UTC) all or nothing, some at
   * a time. Once the signal aborts no further day is begun.
   */
  rebuildRollups(fromMs: number, toMs: number, options?: RebuildOptions): Promise<void>;
};

export type RebuildOptions = { readonly onDay?: (day: { readonly dayMs: number; readonly hours: number; readonly days: number }) => void; readonly signal?: AbortSignal };

/** What closing slots needs of the store. */
import type { RunDefinition } from '../planning/closing-time.ts';

/** A lease in Postgres' time: until it ends nobody else gets it. */
export type Lease = {
  readonly name: string;
  readonly holder: string;
  /** Counts up with every new holding: a write with an older one is refused. */
  readonly token: number;
  readonly ttlMs: number;
  /** Postgres' clock when it was given. */
  readonly nowMs: number;
};

export type LeaseStore = {
  /** Takes a lease that is free or has run out, or prolongs one's own; null while another holds it. */
  acquireLease(name: string, holder: string, ttlMs: number): Promise<Lease | null>;
  /** Ends it early; nothing happens when it has passed on by then. */
  releaseLease(lease: Lease): Promise<void>;
};

/** A slot in one location, and the run it should have become. */
export type OwedRun = {
  readonly accountId: string;
  readonly checkId: string;
  readonly locationId: string;
  readonly dueAtMs: number;
  readonly runId: string;
};

/** What may have kept a run from happening; left out: not. */
export type WhyUnsettled = {
  /** An agent that was there had refused the check. */
  readonly wasRejected: boolean;
  /** Its result may have been lost when a backup was put back. */
  readonly wasRestored?: boolean;
  /** Who was there last had said goodbye. */
  readonly wasStopped?: boolean;
};

export type ClosingStore = LeaseStore & {
  /** Every slot due before this is closed. */
  closedThroughMs(): Promise<number>;
  /** Forwards only. False, and nothing done, when the lease has passed to somebody else. */
  moveClosedThrough(lease: Lease, dueMs: number): Promise<boolean>;
  /** Those that have neither a final result (surplus is none) nor a gap, and what is known of why. */
  findUnsettled<Run extends OwedRun>(runs: readonly Run[]): Promise<readonly (Run & WhyUnsettled)[]>;
  /** Definitions that were replaced after `sinceMs`: runs under them may still go on. */
  listReplacedDefinitions(sinceMs: number): Promise<readonly { readonly checkId: string; readonly definition: RunDefinition }[]>;
};

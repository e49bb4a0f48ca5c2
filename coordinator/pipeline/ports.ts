/** What the stages need from the store. Times are ms since the epoch; a revision is one number for all of the config. */
import type { Check } from '#shared/check/check.ts';
import type { Variables } from '#shared/check/variables.ts';
import type { Location } from '#shared/check/location.ts';
import type { Gap } from '#shared/run/gap.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import type { AvailabilityChange, ScheduleEpoch } from '#shared/schedule/epoch.ts';
import type { RosterEpoch } from '../fleet/roster.ts';
import type { Lease } from './closing-port.ts';
import type { WindowVersion } from '../planning/pauses.ts';

/** A check as planning needs it. A deleted check keeps its epochs: the last one is inactive. */
export type PlannedCheck = {
  readonly accountId: string;
  readonly checkId: string;
  readonly revision: number;
  /** Under its group: as it runs. What it sends has its variables by name. */
  readonly check: Check;
  /** Values for them; left out: none. */
  readonly variables?: Variables;
  /** Every version of a maintenance window that slots not yet closed may fall into; left out: none. */
  readonly windows?: readonly WindowVersion[];
  readonly isDeleted: boolean;
  /** In order of `fromAtMs`. */
  readonly epochs: readonly ScheduleEpoch[];
};

export type PlanStore = {
  /** The config's revision: it counts up by one, in commit order, with every change of a check, location or availability. */
  configRevision(): Promise<number>;
  /** Everything changed after `sinceRevision` (0: everything), and the revision it is complete up to; one snapshot. */
  loadConfig(sinceRevision: number): Promise<{
    readonly revision: number;
    readonly checks: readonly PlannedCheck[];
    readonly locations: readonly Location[];
    readonly availability: readonly AvailabilityChange[];
    readonly rosters: readonly RosterEpoch[];
  }>;
  /** Appends rows, never before what is there; bumps the config revision. False, and nothing done, when the fence has passed to somebody else. */
  appendAvailability(changes: readonly AvailabilityChange[], fence?: Lease): Promise<boolean>;
  /** Appends rows, each of another location, likewise. */
  appendRosters(rosters: readonly RosterEpoch[], fence?: Lease): Promise<boolean>;
  /** Calls back (coalesced, maybe spuriously) when the config may have changed; survives a lost connection. */
  onConfigHint(callback: () => void): () => void;
};

export type IngestRow =
  | { readonly kind: 'result'; readonly accountId: string; readonly agentId: string; readonly isSurplus: boolean; readonly result: AttemptResult }
  /** `agentId` null: the coordinator closed the slot. */
  | { readonly kind: 'gap'; readonly accountId: string; readonly agentId: string | null; readonly gap: Gap };

export type IngestStore = {
  /**
   * Commits the rows, each once however often it comes: the key decides (rules.md 5). A final result that is no
   * surplus takes the place of the gap of its run, and says so; a gap whose run has one is dropped. Throws when
   * Postgres does not commit; the rows may then still be there, and the same call again is harmless.
   */
  ingest(rows: readonly IngestRow[]): Promise<{ readonly inserted: number; readonly duplicates: number }>;
};

export type SessionStore = {
  /** Registers the agent and bumps its generation: the newest wins (rules: protocol, Identity). */
  openSession(session: {
    agentId: string; instanceId: string; name: string; locationId: string; version: string; capacity: number;
    /** The coordinator that holds the stream. */
    coordinatorId?: string;
  }): Promise<{ readonly sessionId: string; readonly generation: number }>;
  /** Is this still the agent's newest session? For `Results`, which a balancer may send elsewhere (rules.md 25). */
  findSession(sessionId: string): Promise<{ readonly agentId: string; readonly locationId: string; readonly generation: number; readonly isNewest: boolean } | null>;
  /** This coordinator lives, and has heard these heartbeats; one moment of Postgres' clock for all of them. */
  touchSessions(coordinatorId: string, beats: readonly HeardBeat[]): Promise<void>;
  /** What is due after the instant is someone else's. */
  sayGoodbye(sessionId: string, lastSlotMs: number): Promise<void>;
  /** `coordinator_stops`: no word about the agent, which is given time to come back elsewhere. */
  closeSession(sessionId: string, why?: 'ended' | 'coordinator_stops'): Promise<void>;
};

export type SessionBeat = {
  readonly sessionId: string;
  readonly appliedRevision: number;
  readonly rejected: readonly { readonly checkId: string; readonly code: string; readonly reason: string }[];
  readonly inFlight: number;
  readonly spoolDepth: number;
  readonly latenessP99Us: number;
  readonly loopDelayP99Us: number;
  readonly clockOffsetUs: number;
  readonly clockErrorUs: number;
  /** What times its sockets, and why that is not the kernel-timed engine; null: it does not tell. */
  readonly engine: 'kernel' | 'plain' | null;
  readonly engineReason: string;
};

/** A heartbeat that was heard a moment ago. */
export type HeardBeat = SessionBeat & { readonly heardAgoMs: number; readonly lastSlotMs: number | null };

/** Shots of saved checks, so that their results are known to be owed (rules.md 7, 9). */
export type ShotStore = {
  recordShot(shot: {
    accountId: string; runId: string; checkId: string; checkRevision: number; locationId: string;
    trigger: 'deploy' | 'manual' | 'confirm' | 'retry'; orderedAtMs: number;
    retryOf?: RetryRun;
  }): Promise<void>;
  findShots(runIds: readonly string[]): Promise<readonly { runId: string; accountId: string; checkId: string; checkRevision: number; locationId: string; orderedAtMs: number; retryOf?: RetryRun }[]>;
};

/** A further attempt of a scheduled run, in another location than the one that owed it. */
export type RetryRun = {
  readonly runId: string;
  /** The slot of the run. */
  readonly dueAtMs: number;
  readonly locationOwed: string;
  readonly attempt: number;
  /** There is none after it; one that does not fail is final anyway. */
  readonly isLast: boolean;
};

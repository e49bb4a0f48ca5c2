/**
 * What the API needs from the rest of the coordinator. `store/` and `sessions/` satisfy these structurally;
 * `main` joins them. Every method that takes an `accountId` sees that account only.
 */
import type { Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { AttemptResult, Outcome, Trigger } from '#shared/run/result.ts';

export type Account = { readonly id: string; readonly name: string; readonly createdAtMs: number };

/** Who is asking: found by the HMAC of the bearer token. */
export type Caller = { readonly accountId: string; readonly keyId: string; readonly scopes: readonly string[] };

export type StoredCheck = {
  readonly id: string;
  readonly accountId: string;
  /** Counts up by one with every change; revisions are immutable rows. */
  readonly revision: number;
  readonly check: Check;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

/** One stored attempt with the check as it was at its revision. */
export type StoredResult = AttemptResult & {
  readonly accountId: string;
  readonly agentId: string;
  readonly isSurplus: boolean;
  readonly receivedAtMs: number;
  /** Codes (not ids) of the two locations. */
  readonly locationOwedCode: string;
  readonly locationExecutedCode: string;
  /** The check at the result's revision. */
  readonly check: Check;
};

export type ResultFilter = {
  readonly checkId: string;
  readonly limit: number;
  /** Opaque: from the page before; results are newest first by (due_at, run id, attempt). */
  readonly cursor?: string;
  /** 1-based, for the v1 shape; either this or a cursor. */
  readonly page?: number;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly locationCode?: string;
  readonly hasFailures?: boolean;
  readonly outcome?: Outcome;
  readonly trigger?: Trigger;
  readonly resultType?: 'FINAL' | 'ATTEMPT' | 'ALL';
};

export type CheckStatus = {
  readonly checkId: string;
  readonly name: string;
  readonly revision: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Of the newest slot with a verdict; null while there is none (no data). */
  readonly last: { readonly runId: string; readonly dueAtMs: number; readonly locationCode: string; readonly outcome: Outcome } | null;
  /** Over the final results of the last 24 h, ms; null without any. */
  readonly longestRunMs: number | null;
  readonly shortestRunMs: number | null;
};

export type AgentRow = {
  readonly id: string;
  readonly name: string;
  readonly locationCode: string;
  readonly version: string;
  readonly generation: number;
  readonly connected: boolean;
  /** Does it hold the location's assignments, or stand by? */
  readonly isHolder: boolean;
  readonly lastSeenAtMs: number;
  readonly appliedRevision: number;
  readonly rejected: readonly { readonly checkId: string; readonly code: string; readonly reason: string }[];
  readonly inFlight: number;
  readonly capacity: number;
  readonly spoolDepth: number;
  readonly latenessP99Us: number;
  readonly loopDelayP99Us: number;
  readonly clockOffsetUs: number;
  readonly clockErrorUs: number;
};

export type ApiStore = {
  /** null when there is no such live key. `hash` is the HMAC of the presented token. */
  findCaller(hash: Uint8Array): Promise<Caller | null>;
  getAccount(accountId: string): Promise<Account | null>;

  /** The check and its first schedule epoch, in one transaction. Unknown locations are refused before this is called. */
  createCheck(accountId: string, id: string, check: Check, idempotencyKey: string | null): Promise<StoredCheck>;
  listChecks(accountId: string, page: { limit: number; page: number; tag?: string; search?: string }): Promise<{ entries: readonly StoredCheck[]; total: number }>;
  getCheck(accountId: string, id: string): Promise<StoredCheck | null>;
  /** 'not_found'; 'conflict' when `ifRevision` is given and is not the current one. */
  replaceCheck(accountId: string, id: string, check: Check, ifRevision: number | null): Promise<StoredCheck | 'not_found' | 'conflict'>;
  deleteCheck(accountId: string, id: string): Promise<boolean>;

  /** Public locations and the account's private ones. */
  listLocations(accountId: string): Promise<readonly (Location & { readonly liveAgents: number; readonly available: boolean })[]>;
  /** A public location, by the operator. 'conflict' when the code is taken. */
  createLocation(location: { code: string; name: string }): Promise<Location | 'conflict'>;
  /** A key that lets an agent join the location; `hash` is the HMAC of the key shown once to the operator. */
  createLocationKey(locationId: string, key: { id: string; hash: Uint8Array; masked: string }): Promise<void>;
  listAgents(accountId: string): Promise<readonly AgentRow[]>;

  listResults(accountId: string, filter: ResultFilter): Promise<{ entries: readonly StoredResult[]; nextCursor: string | null }>;
  /** The final attempt, or the numbered one. */
  getResult(accountId: string, checkId: string, runId: string, attempt?: number): Promise<StoredResult | null>;
  listCheckStatuses(accountId: string, checkIds: readonly string[] | null): Promise<readonly CheckStatus[]>;
};

/** Runs outside the schedule, over the live sessions (rules.md 7, 29). */
export type ShotRunner = {
  /** `saved` null: an unsaved definition, neither stored nor metered. */
  run(shot: {
    accountId: string;
    location: Location;
    spec: ProbeSpec;
    saved: { checkId: string; revision: number } | null;
    timeoutMs: number;
  }): Promise<{ kind: 'done'; result: AttemptResult & { agentId: string } } | { kind: 'no_agent' } | { kind: 'timeout' }>;
};

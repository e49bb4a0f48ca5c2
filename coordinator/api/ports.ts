/**
 * What the API needs from the rest of the coordinator. `store/` and `sessions/` satisfy these structurally;
 * `main` joins them. Every method that takes an `accountId` sees that account only.
 */
import type { Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { SignedIn } from './users-port.ts';
import type { AttemptResult, Outcome, Trigger } from '#shared/run/result.ts';

export type Account = { readonly id: string; readonly name: string; readonly createdAtMs: number };

/** Who is asking: found by the HMAC of the bearer token, or of the session's. `keyId` of a session: `session-<id>`. */
export type Caller = {
  readonly accountId: string; readonly keyId: string; readonly scopes: readonly string[];
  /** As people named the key. */
  readonly keyName?: string;
  /** Of a session: the person. */
  readonly user?: SignedIn;
};

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

/** No data is a state of its own, and not passing. */
export type JudgedStatus = 'passing' | 'degraded' | 'failing' | 'noData';

export type CheckStatus = {
  readonly checkId: string;
  readonly name: string;
  readonly revision: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** As the judge has it, and since when (the due instant of its first slot); also as seen from each location. */
  readonly status: JudgedStatus;
  readonly sinceMs: number | null;
  readonly locations: readonly { readonly code: string; readonly status: JudgedStatus; readonly sinceMs: number | null }[];
  /** Of the newest slot with a verdict; null while there is none (no data). */
  readonly last: { readonly runId: string; readonly dueAtMs: number; readonly locationCode: string; readonly outcome: Outcome } | null;
};

/** Over the final results of the last 24 h, ms. */
export type RunExtremes = { readonly longestMs: number; readonly shortestMs: number };

export type AgentRow = {
  readonly id: string;
  readonly name: string;
  readonly locationCode: string;
  readonly version: string;
  readonly generation: number;
  readonly connected: boolean;
  /** Has it a part of the location's checks? */
  readonly inRoster: boolean;
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
  /** What times its sockets, and why that is not the kernel-timed engine; null: it does not tell. */
  readonly engine: { readonly kind: 'kernel' | 'plain'; readonly reason: string } | null;
  readonly state: AgentState;
  /** Since when somebody takes it out of work, ms; null: nobody does. */
  readonly drainingSinceMs: number | null;
  /** Two live copies of it displace each other. */
  readonly conflict: boolean;
  readonly enrolledAtMs: number;
  /** What tells it that it is itself cut off (rules.md 22). */
  readonly witnesses: { readonly state: 'none' | 'unknown' | 'ok' | 'failing'; readonly sinceMs: number | null; readonly answering: number; readonly total: number };
  /** What it sees now is believed to be of its own making. */
  readonly impaired: boolean;
};

/** `pending` waits for approval; `draining` still has something to run or to deliver; `drained` may be stopped: nothing is lost by it. */
export type AgentState = 'active' | 'pending' | 'draining' | 'drained';

/** A location key as it may be shown: never the key itself. */
export type LocationKey = {
  readonly id: string;
  readonly masked: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly isOneTime: boolean;
  readonly isUsed: boolean;
  readonly agentsMax: number | null;
  readonly needsApproval: boolean;
};

/** A key to be made; `hash` is the HMAC of what is shown once. Limits left out: none. */
export type NewLocationKey = {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly masked: string;
  readonly limits?: Partial<Pick<LocationKey, 'expiresAtMs' | 'isOneTime' | 'agentsMax' | 'needsApproval'>>;
};

/** What a user says of a private location; its slug is for good. */
export type PrivateLocationWrite = { readonly name: string; readonly icon: string; readonly proxyUrl: string | null };

export type PrivateLocation = PrivateLocationWrite & {
  readonly id: string;
  readonly slugName: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Those that are neither revoked nor expired nor used up. */
  readonly keys: readonly LocationKey[];
  /** null: never had an agent. */
  readonly lastSeenAtMs: number | null;
  /** Connected ones. */
  readonly agents: readonly { readonly id: string; readonly version: string; readonly lastSeenAtMs: number }[];
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
  /** `capacity`: attempts that its connected agents run at once. */
  listLocations(accountId: string): Promise<readonly (Location & { readonly liveAgents: number; readonly available: boolean; readonly capacity: number })[]>;
  /** A public location, by the operator. 'conflict' when the code is taken. */
  createLocation(location: { code: string; name: string }): Promise<Location | 'conflict'>;
  /** A key that lets agents join the location. 'too_many': two are live already. `accountId` of a private location's owner. */
  createLocationKey(locationId: string, key: NewLocationKey, accountId?: string): Promise<LocationKey | 'too_many'>;
  /** The live keys, oldest first. */
  listLocationKeys(locationId: string, accountId?: string): Promise<readonly LocationKey[]>;
  /** false: there is no such live or ended key. Cuts off the agents that enrolled with it. */
  revokeLocationKey(locationId: string, keyId: string, accountId?: string): Promise<boolean>;

  listPrivateLocations(accountId: string): Promise<readonly PrivateLocation[]>;
  getPrivateLocation(accountId: string, id: string): Promise<PrivateLocation | null>;
  /** 'conflict' when the account has the slug already. */
  createPrivateLocation(accountId: string, location: PrivateLocationWrite & { id: string; slugName: string; key: NewLocationKey }): Promise<PrivateLocation | 'conflict'>;
  updatePrivateLocation(accountId: string, id: string, change: PrivateLocationWrite): Promise<PrivateLocation | null>;
  /** Not while checks run there: their names, ten at most. Revokes its keys, too. */
  deletePrivateLocation(accountId: string, id: string): Promise<{ kind: 'deleted' } | { kind: 'not_found' } | { kind: 'in_use'; checks: readonly string[] }>;

  /** Agents in public locations and the account's own; neither revoked ones nor those of locations that are gone. */
  listAgents(accountId: string): Promise<readonly AgentRow[]>;
  /** In which of the locations that the account sees this agent is: the operator's, its own, or none of them. */
  findAgent(accountId: string, id: string): Promise<{ readonly inPublic: boolean; readonly inOwn: boolean }>;
  /** Lets a pending agent in, in the account's locations and (by the operator) in public ones. */
  approveAgent(accountId: string, id: string, where: { readonly alsoPublic: boolean }): Promise<void>;
  /** Turns the agent out, likewise; its streams are cut within seconds, what it has spooled stays with it. */
  revokeAgent(accountId: string, id: string, where: { readonly alsoPublic: boolean }): Promise<void>;
  /** Takes it out of work, or back in, likewise; what it is already stays as it is. Others have its checks within seconds. */
  drainAgent(accountId: string, id: string, change: { readonly isDraining: boolean; readonly alsoPublic: boolean }): Promise<void>;

  listResults(accountId: string, filter: ResultFilter): Promise<{ entries: readonly StoredResult[]; nextCursor: string | null }>;
  /** The final attempt, or the numbered one. */
  getResult(accountId: string, checkId: string, runId: string, attempt?: number): Promise<StoredResult | null>;
  listCheckStatuses(accountId: string, checkIds: readonly string[] | null): Promise<readonly CheckStatus[]>;
  /** Of those of these checks (null: all) that ran. Goes through a day of rows: to be asked seldom for all. */
  listRunExtremes(accountId: string, checkIds: readonly string[] | null): Promise<ReadonlyMap<string, RunExtremes>>;
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

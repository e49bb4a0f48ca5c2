import type { EnrolmentDecision, EnrolmentFacts, EnrolmentKey, KnownAgent } from '#coordinator/fleet/decide-enrolment.ts';
import type { RosterEpoch } from '#coordinator/fleet/roster.ts';
import type { Lease, OwedRun, WhyUnsettled } from '#coordinator/pipeline/closing-port.ts';
import type { IngestRow, PlannedCheck } from '#coordinator/pipeline/ports.ts';
import type { AgentHello } from '#coordinator/sessions/enrolment-port.ts';
import { intervalMsOf, type Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import { EPOCH_LEAD_MS, nextEpoch, type AvailabilityChange, type ScheduleEpoch } from '#shared/schedule/epoch.ts';
import { JudgingModel, type JudgingMistakes, type JudgingModelDeps } from './judging-model.ts';
import { LeasesModel, type LeaseTaken } from './leases-model.ts';
import { SessionsModel } from './sessions-model.ts';
import { ShotsModel } from './shots-model.ts';
import { StoredRuns, type RunsMistakes, type StoredChange } from './stored-runs.ts';

/** What a change of the config looked like when it was committed; for the oracle. */
export type ConfigChange =
  | { readonly kind: 'epoch'; readonly checkId: string; readonly fromAtMs: number }
  | { readonly kind: 'availability'; readonly locationId: string; readonly fromAtMs: number; readonly available: boolean; readonly fence: Lease | null }
  | { readonly kind: 'roster'; readonly locationId: string; readonly fromAtMs: number; readonly fence: Lease | null };

/** Where the model may be told to be wrong, for the planted bugs. */
export type StoreMistakes = RunsMistakes & JudgingMistakes & {
  /** ms added to the instant from which an epoch, an availability or a roster governs. */
  readonly epochShiftMs?: number;
  readonly availabilityShiftMs?: number;
  readonly rosterShiftMs?: number;
  /** A lease ends by the clock of whoever asks. */
  readonly leaseByCallersClock?: boolean;
  /** What a holder writes is taken though its lease has passed on. */
  readonly ignoresFences?: boolean;
  /** An older session of an agent still counts. */
  readonly ignoresGenerations?: boolean;
};

/** What a write that is asked for at this moment may still take until it is there for others (coordinator/store/config-revision.ts). */
const COMMIT_TAKES_MS = 200;

/**
 * Postgres as the coordinator uses it, in memory: each method is one transaction at one instant of Postgres' own
 * clock. `store-model.pg.test.ts` holds it against the real store; without that the simulation would prove nothing.
 */
export class StoreModel {
  readonly runs: StoredRuns;
  readonly checks = new Map<string, PlannedCheck & { readonly changedAt: number }>();
  readonly revisions: { readonly checkId: string; readonly definition: Check; replacedAtMs: number | null }[] = [];
  readonly locations: (Location & { readonly changedAt: number })[] = [];
  readonly availability: (AvailabilityChange & { readonly changedAt: number })[] = [];
  readonly rosters: (RosterEpoch & { readonly changedAt: number })[] = [];
  readonly sessions: SessionsModel;
  readonly pins = new Map<string, { readonly publicKey: string; readonly location: Location }>();
  readonly shots: ShotsModel;
  readonly judging: JudgingModel;
  readonly #keys = new Map<string, Location>();
  readonly #leases: LeasesModel;
  readonly #deps: StoreModelDeps;
  revision = 1;
  closedThroughMs: number;

  constructor(deps: StoreModelDeps) {
    this.#deps = deps;
    this.judging = new JudgingModel({
      nowMs: deps.nowMs, onHint: () => deps.onJudgeHint?.(), ...(deps.mistakes ? { mistakes: deps.mistakes } : {}),
      ...(deps.onLook ? { onLook: deps.onLook } : {}), ...(deps.onNotice ? { onNotice: deps.onNotice } : {}),
    });
    this.runs = new StoredRuns((change) => {
      this.judging.stored(change);
      deps.onStored?.(change);
    }, deps.mistakes);
    this.sessions = new SessionsModel({ nowMs: deps.nowMs, newId: deps.newId, onHint: () => deps.onFleetHint?.(), ignoresGenerations: deps.mistakes?.ignoresGenerations ?? false });
    this.#leases = new LeasesModel(deps.nowMs, (taken) => deps.onLease?.(taken));
    this.shots = new ShotsModel(deps.nowMs, () => deps.onShotHint?.());
    this.closedThroughMs = Math.floor(deps.nowMs());
  }

  get nowMs(): number {
    return this.#deps.nowMs();
  }

  addLocation(location: Location, key: string): void {
    this.revision += 1;
    this.locations.push({ ...location, changedAt: this.revision });
    this.#keys.set(key, location);
  }

  /** Rows and their marks, in one transaction. */
  ingest(rows: readonly IngestRow[]): { readonly inserted: number; readonly duplicates: number } {
    const counts = this.runs.ingest(rows);
    this.judging.ingested(rows);
    return counts;
  }

  loadConfig(since: number) {
    const news = <Row extends { readonly changedAt: number }>(rows: Iterable<Row>): Row[] => [...rows].filter(({ changedAt }) => changedAt > since);
    return {
      revision: this.revision, checks: news(this.checks.values()), locations: news(this.locations),
      availability: news(this.availability), rosters: news(this.rosters),
    };
  }

  createCheck(accountId: string, checkId: string, check: Check): void {
    const windows = [...this.checks.values()].find((other) => other.accountId === accountId)?.windows;
    this.#putCheck({ accountId, checkId, revision: 1, check, isDeleted: false, epochs: [], ...(windows ? { windows } : {}) }, scheduleOf(check));
  }

  replaceCheck(checkId: string, check: Check): void {
    const known = this.checks.get(checkId);
    if (!known || known.isDeleted) return;
    this.#putCheck({ ...known, revision: known.revision + 1, check }, scheduleOf(check));
  }

  deleteCheck(checkId: string): void {
    const known = this.checks.get(checkId);
    if (!known || known.isDeleted) return;
    this.#putCheck({ ...known, isDeleted: true }, { ...known.epochs.at(-1)!, active: false });
  }

  /** The checks of an account change in what stands beside their definition: they are planned and judged anew. */
  touchChecks(accountId: string, change: (check: PlannedCheck) => PlannedCheck): void {
    this.revision += 1;
    for (const check of this.checks.values()) {
      if (check.accountId !== accountId || check.isDeleted) continue;
      this.checks.set(check.checkId, { ...change(check), changedAt: this.revision });
      this.judging.checkChanged(accountId, check.checkId);
    }
    this.#deps.onHint?.();
  }

  #putCheck(check: PlannedCheck, schedule: Omit<ScheduleEpoch, 'fromAtMs'>): void {
    this.revision += 1;
    const epoch = nextEpoch(check.epochs.at(-1) ?? null, schedule, this.nowMs + COMMIT_TAKES_MS);
    const shifted = epoch && { ...epoch, fromAtMs: epoch.fromAtMs + (this.#deps.mistakes?.epochShiftMs ?? 0) };
    const before = this.revisions.findLast(({ checkId }) => checkId === check.checkId);
    if (before?.definition !== check.check) {
      if (before) before.replacedAtMs = this.nowMs;
      this.revisions.push({ checkId: check.checkId, definition: check.check, replacedAtMs: null });
    }
    this.checks.set(check.checkId, { ...check, epochs: shifted ? [...check.epochs, shifted] : check.epochs, changedAt: this.revision });
    this.judging.checkChanged(check.accountId, check.checkId);
    if (shifted) this.#deps.onConfig?.({ kind: 'epoch', checkId: check.checkId, fromAtMs: shifted.fromAtMs });
    this.#deps.onHint?.();
  }

  /** False: the fence has passed on, and nothing was done. */
  appendAvailability(changes: readonly AvailabilityChange[], fence?: Lease): boolean {
    if (changes.length === 0) return true;
    if (fence && !this.#holds(fence)) return false;
    this.revision += 1;
    for (const change of changes) {
      const last = this.availability.findLast(({ locationId }) => locationId === change.locationId);
      const fromAtMs = this.#neverRetroactive(change.fromAtMs, last?.fromAtMs ?? null) + (this.#deps.mistakes?.availabilityShiftMs ?? 0);
      this.availability.push({ ...change, fromAtMs, changedAt: this.revision });
      this.#deps.onConfig?.({ kind: 'availability', ...change, fromAtMs, fence: fence ?? null });
    }
    this.#deps.onHint?.();
    return true;
  }

  appendRosters(rosters: readonly RosterEpoch[], fence?: Lease): boolean {
    if (fence && !this.#holds(fence)) return false;
    if (rosters.length === 0) return true;
    this.revision += 1;
    for (const roster of rosters) {
      const last = this.rosters.findLast(({ locationId }) => locationId === roster.locationId);
      const fromAtMs = this.#neverRetroactive(roster.fromAtMs, last?.fromAtMs ?? null) + (this.#deps.mistakes?.rosterShiftMs ?? 0);
      this.rosters.push({ ...roster, fromAtMs, changedAt: this.revision });
      this.#deps.onConfig?.({ kind: 'roster', locationId: roster.locationId, fromAtMs, fence: fence ?? null });
    }
    this.#deps.onHint?.();
    return true;
  }

  #holds(lease: Lease): boolean {
    return this.#deps.mistakes?.ignoresFences === true || this.#leases.isHeld(lease);
  }

  /** From when on something that is committed now governs: never retroactive (rules.md 2). */
  nextFromMs(lastMs: number | null): number {
    return this.#neverRetroactive(0, lastMs);
  }

  #neverRetroactive(wantedMs: number, lastMs: number | null): number {
    return Math.max(Math.ceil(wantedMs), Math.ceil(this.nowMs + COMMIT_TAKES_MS) + EPOCH_LEAD_MS, lastMs === null ? 0 : lastMs + 1);
  }

  enrol(hello: AgentHello, decide: (facts: EnrolmentFacts) => EnrolmentDecision): EnrolmentDecision {
    const keyId = hello.keyHash === null ? null : Buffer.from(hello.keyHash).toString();
    const location = keyId === null ? undefined : this.#keys.get(keyId);
    const key: EnrolmentKey | null = keyId === null || !location ? null : {
      id: keyId, location, isRevoked: false, expiresAtMs: null, isOneTime: false, isUsed: false, agentsMax: null, needsApproval: false, otherAgents: 0, otherPending: 0,
    };
    const publicKey = hello.publicKey === null ? '' : Buffer.from(hello.publicKey).toString('hex');
    const pinned = this.pins.get(hello.agentId);
    const known: KnownAgent[] = !pinned ? [] : [{
      location: pinned.location, isLocationDeleted: false, state: 'active',
      pin: pinned.publicKey === '' ? 'unpinned' : pinned.publicKey === publicKey ? 'same' : 'other', keyId: null, isKeyRevoked: false,
    }];
    const decision = decide({ hasOwnKey: hello.publicKey !== null, isKeyGiven: keyId !== null, key, known, nowMs: this.nowMs });
    if (decision.kind === 'enrol') this.pins.set(hello.agentId, { publicKey, location: decision.location });
    return decision;
  }

  /** `callerMs`: the asking coordinator's clock, which must not count. */
  acquireLease(name: string, holder: string, ttlMs: number, callerMs: number): Lease | null {
    return this.#leases.acquire(name, holder, ttlMs, this.#deps.mistakes?.leaseByCallersClock ? callerMs : this.nowMs);
  }

  releaseLease(lease: Lease): void {
    this.#leases.release(lease);
  }

  moveClosedThrough(lease: Lease, dueMs: number): boolean {
    if (!this.#holds(lease)) return false;
    this.closedThroughMs = Math.max(this.closedThroughMs, dueMs);
    return true;
  }

  findUnsettled<Run extends OwedRun>(runs: readonly Run[]): readonly (Run & WhyUnsettled)[] {
    return runs.filter((run) => this.runs.isUnsettled(run)).map((run) => ({
      ...run, wasRejected: this.sessions.wasRejected(run), ...(this.sessions.wasStopped(run) ? { wasStopped: true } : {}),
    }));
  }

  listReplacedDefinitions(sinceMs: number) {
    return this.revisions.flatMap(({ checkId, definition, replacedAtMs }) => (replacedAtMs !== null && replacedAtMs >= sinceMs ? [{ checkId, definition }] : []));
  }
}

export type StoreModelDeps = {
  /** Postgres' clock. */
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly mistakes?: StoreMistakes;
  readonly onStored?: (change: StoredChange) => void;
  readonly onConfig?: (change: ConfigChange) => void;
  readonly onLease?: (taken: LeaseTaken) => void;
  /** NOTIFY. */
  readonly onHint?: () => void;
  readonly onFleetHint?: () => void;
  readonly onShotHint?: () => void;
  readonly onJudgeHint?: () => void;
  readonly onLook?: JudgingModelDeps['onLook'];
  readonly onNotice?: JudgingModelDeps['onNotice'];
};

function scheduleOf(check: Check): Omit<ScheduleEpoch, 'fromAtMs'> {
  return { intervalMs: intervalMsOf(check), strategy: check.runParallel ? 'parallel' : 'round_robin', order: check.locations, active: check.activated };
}

import type { EnrolmentDecision, EnrolmentFacts, EnrolmentKey, KnownAgent } from '#coordinator/fleet/decide-enrolment.ts';
import type { Opening } from '#coordinator/fleet/detect-conflict.ts';
import type { Sighting } from '#coordinator/fleet/presence.ts';
import type { RosterEpoch } from '#coordinator/fleet/roster.ts';
import type { Lease, OwedRun } from '#coordinator/pipeline/closing-port.ts';
import type { HeardBeat, PlannedCheck, SessionBeat, SessionStore } from '#coordinator/pipeline/ports.ts';
import type { AgentHello, CutOff } from '#coordinator/sessions/enrolment-port.ts';
import { intervalMsOf, type Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import { EPOCH_LEAD_MS, nextEpoch, type AvailabilityChange, type ScheduleEpoch } from '#shared/schedule/epoch.ts';
import { ShotsModel } from './shots-model.ts';
import { StoredRuns, type RunsMistakes, type StoredChange } from './stored-runs.ts';

/** What a change of the config looked like when it was committed; for the oracle. */
export type ConfigChange =
  | { readonly kind: 'epoch'; readonly checkId: string; readonly fromAtMs: number }
  | { readonly kind: 'availability'; readonly locationId: string; readonly fromAtMs: number; readonly available: boolean }
  | { readonly kind: 'roster'; readonly locationId: string; readonly fromAtMs: number };

/** Where the model may be told to be wrong, for the planted bugs. */
export type StoreMistakes = RunsMistakes & {
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

export type SessionRow = {
  readonly sessionId: string; readonly agentId: string; readonly locationId: string; readonly generation: number;
  readonly capacity: number; readonly coordinatorId: string | null;
  readonly openedAtMs: number; closedAtMs: number | null; lastSeenMs: number; rejected: SessionBeat['rejected'];
  isClosedByCoordinator: boolean; lastSlotMs: number | null;
};

/** What a write that is asked for now may still take until it is there for others (coordinator/store/config-revision.ts). */
const COMMIT_TAKES_MS = 200;
/** Of agents away for longer nothing is told any more (coordinator/store/liveness.ts). */
const LOOK_BACK_MS = 600_000;
/** rules.md 26. */
const LEASE_MS = 6_000;
/** Sessions of an agent that are kept (coordinator/store/sessions.ts). */
const SESSIONS_KEPT = 20;

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
  readonly sessions = new Map<string, SessionRow>();
  /** When each coordinator was last heard of. */
  readonly coordinators = new Map<string, number>();
  readonly generations = new Map<string, number>();
  readonly pins = new Map<string, { readonly publicKey: string; readonly location: Location }>();
  readonly shots: ShotsModel;
  readonly conflicts = new Set<string>();
  readonly #keys = new Map<string, Location>();
  readonly #leases = new Map<string, { holder: string; token: number; endsMs: number }>();
  readonly #openings = new Map<string, Opening[]>();
  readonly #deps: StoreModelDeps;
  revision = 1;
  closedThroughMs: number;

  constructor(deps: StoreModelDeps) {
    this.#deps = deps;
    this.runs = new StoredRuns(deps.onStored ?? (() => undefined), deps.mistakes);
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

  loadConfig(since: number) {
    const news = <Row extends { readonly changedAt: number }>(rows: Iterable<Row>): Row[] => [...rows].filter(({ changedAt }) => changedAt > since);
    return {
      revision: this.revision, checks: news(this.checks.values()), locations: news(this.locations),
      availability: news(this.availability), rosters: news(this.rosters),
    };
  }

  createCheck(accountId: string, checkId: string, check: Check): void {
    this.#putCheck({ accountId, checkId, revision: 1, check, isDeleted: false, epochs: [] }, scheduleOf(check));
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
      this.#deps.onConfig?.({ kind: 'availability', ...change, fromAtMs });
    }
    this.#deps.onHint?.();
    return true;
  }

  appendRoster(roster: RosterEpoch, fence?: Lease): boolean {
    if (fence && !this.#holds(fence)) return false;
    this.revision += 1;
    const last = this.rosters.findLast(({ locationId }) => locationId === roster.locationId);
    const fromAtMs = this.#neverRetroactive(roster.fromAtMs, last?.fromAtMs ?? null) + (this.#deps.mistakes?.rosterShiftMs ?? 0);
    this.rosters.push({ ...roster, fromAtMs, changedAt: this.revision });
    this.#deps.onConfig?.({ kind: 'roster', locationId: roster.locationId, fromAtMs });
    this.#deps.onHint?.();
    return true;
  }

  #holds({ name, token }: Lease): boolean {
    if (this.#deps.mistakes?.ignoresFences) return true;
    const known = this.#leases.get(name);
    return known?.token === token && known.endsMs > this.nowMs;
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

  openSession({ agentId, locationId, instanceId, capacity, coordinatorId }: Parameters<SessionStore['openSession']>[0]): { readonly sessionId: string; readonly generation: number } {
    const generation = (this.generations.get(agentId) ?? 0) + 1;
    this.generations.set(agentId, generation);
    this.#openings.set(agentId, [...this.#openings.get(agentId) ?? [], { instanceId, openedAtMs: this.nowMs }].slice(-20));
    for (const session of this.sessions.values()) {
      if (session.agentId !== agentId) continue;
      if (session.closedAtMs === null && !this.#deps.mistakes?.ignoresGenerations) session.closedAtMs = this.nowMs;
      if (session.generation <= generation - SESSIONS_KEPT) this.sessions.delete(session.sessionId);
    }
    const sessionId = this.#deps.newId();
    this.sessions.set(sessionId, {
      sessionId, agentId, locationId, generation, capacity, coordinatorId: coordinatorId ?? null, openedAtMs: this.nowMs, closedAtMs: null,
      lastSeenMs: this.nowMs, rejected: [], isClosedByCoordinator: false, lastSlotMs: null,
    });
    this.#deps.onFleetHint?.();
    return { sessionId, generation };
  }

  joinCoordinators(coordinatorId: string): void {
    this.coordinators.set(coordinatorId, this.coordinators.get(coordinatorId) ?? this.nowMs);
  }

  observeAgents(): { readonly nowMs: number; readonly sightings: readonly Sighting[] } {
    const { nowMs } = this;
    const agoMs = (instantMs: number): number => Math.max(0, nowMs - instantMs);
    const sightings = [...this.sessions.values()].filter((session) => this.#isNewest(session) && Math.max(session.lastSeenMs, session.closedAtMs ?? -Infinity) > nowMs - LOOK_BACK_MS)
      .map((session): Sighting => {
        const seenMs = session.coordinatorId === null ? undefined : this.coordinators.get(session.coordinatorId);
        return {
          agentId: session.agentId, locationId: session.locationId, capacity: session.capacity, heardAgoMs: agoMs(session.lastSeenMs),
          closedAgoMs: session.closedAtMs === null ? null : agoMs(session.closedAtMs), isClosedByCoordinator: session.isClosedByCoordinator,
          lastSlotMs: session.lastSlotMs, coordinatorAgoMs: seenMs === undefined ? null : agoMs(seenMs),
        };
      });
    return { nowMs, sightings };
  }

  hasAgent(locationId: string): boolean {
    return [...this.sessions.values()].some((session) => session.locationId === locationId && this.#isNewest(session) && session.closedAtMs === null
      && session.lastSeenMs > this.nowMs - LEASE_MS && session.lastSlotMs === null);
  }

  #isNewest({ agentId, generation }: Pick<SessionRow, 'agentId' | 'generation'>): boolean {
    return this.generations.get(agentId) === generation;
  }

  findCutOff(sessionIds: readonly string[]): readonly CutOff[] {
    if (this.#deps.mistakes?.ignoresGenerations) return [];
    return sessionIds.flatMap((sessionId): CutOff[] => {
      const session = this.sessions.get(sessionId);
      return session && !this.#isNewest(session) ? [{ sessionId, code: 'superseded' }] : [];
    });
  }

  findSession(sessionId: string) {
    const session = this.sessions.get(sessionId);
    if (!session) return null;
    const { agentId, locationId, generation } = session;
    return { agentId, locationId, generation, isNewest: this.#isNewest(session) };
  }

  touchSessions(coordinatorId: string, beats: readonly HeardBeat[]): void {
    this.coordinators.set(coordinatorId, this.nowMs);
    for (const { sessionId, rejected, heardAgoMs, lastSlotMs } of beats) {
      const session = this.sessions.get(sessionId);
      if (!session || session.closedAtMs !== null) continue;
      session.lastSeenMs = Math.max(session.lastSeenMs, this.nowMs - Math.max(0, heardAgoMs));
      session.lastSlotMs = lastSlotMs ?? session.lastSlotMs;
      session.rejected = rejected;
    }
  }

  sayGoodbye(sessionId: string, lastSlotMs: number): void {
    const session = this.sessions.get(sessionId);
    if (session) session.lastSlotMs = lastSlotMs;
    this.#deps.onFleetHint?.();
  }

  closeSession(sessionId: string, why: 'ended' | 'coordinator_stops' = 'ended'): void {
    const session = this.sessions.get(sessionId);
    if (session && session.closedAtMs === null) Object.assign(session, { closedAtMs: this.nowMs, isClosedByCoordinator: why === 'coordinator_stops' });
    this.#deps.onFleetHint?.();
  }

  recentOpenings(agentId: string, withinMs: number): readonly Opening[] {
    return (this.#openings.get(agentId) ?? []).filter(({ openedAtMs }) => openedAtMs > this.nowMs - withinMs);
  }

  /** `callerMs`: the asking coordinator's clock, which must not count. */
  acquireLease(name: string, holder: string, ttlMs: number, callerMs: number): Lease | null {
    const nowMs = this.#deps.mistakes?.leaseByCallersClock ? callerMs : this.nowMs;
    const known = this.#leases.get(name);
    const isRunning = known !== undefined && known.endsMs > nowMs;
    if (isRunning && known.holder !== holder) return null;
    const token = (known?.token ?? 0) + (isRunning ? 0 : 1);
    this.#deps.onLease?.({ name, holder, token, stolenFrom: known && known.endsMs > this.nowMs && known.holder !== holder ? known.holder : null });
    this.#leases.set(name, { holder, token, endsMs: nowMs + ttlMs });
    return { name, holder, token, ttlMs, nowMs };
  }

  releaseLease({ name, token }: Lease): void {
    const known = this.#leases.get(name);
    if (known?.token === token && known.endsMs > this.nowMs) known.endsMs = this.nowMs;
  }

  moveClosedThrough(lease: Lease, dueMs: number): boolean {
    if (!this.#holds(lease)) return false;
    this.closedThroughMs = Math.max(this.closedThroughMs, dueMs);
    return true;
  }

  findUnsettled<Run extends OwedRun>(runs: readonly Run[]): readonly (Run & { readonly wasRejected: boolean })[] {
    return runs.filter((run) => this.runs.isUnsettled(run)).map((run) => ({ ...run, wasRejected: this.#wasRejected(run) }));
  }

  #wasRejected({ checkId, locationId, dueAtMs }: OwedRun): boolean {
    return [...this.sessions.values()].some((session) => session.locationId === locationId && session.openedAtMs <= dueAtMs
      && (session.closedAtMs === null || session.closedAtMs >= dueAtMs) && session.rejected.some((rejection) => rejection.checkId === checkId));
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
  readonly onLease?: (taken: { readonly name: string; readonly holder: string; readonly token: number; readonly stolenFrom: string | null }) => void;
  /** NOTIFY. */
  readonly onHint?: () => void;
  readonly onFleetHint?: () => void;
  readonly onShotHint?: () => void;
};

function scheduleOf(check: Check): Omit<ScheduleEpoch, 'fromAtMs'> {
  return { intervalMs: intervalMsOf(check), strategy: check.runParallel ? 'parallel' : 'round_robin', order: check.locations, active: check.activated };
}

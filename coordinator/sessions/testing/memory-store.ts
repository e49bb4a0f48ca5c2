import type { Location } from '#shared/check/location.ts';
import type { AvailabilityChange } from '#shared/schedule/epoch.ts';
import type { Opening } from '../../fleet/detect-conflict.ts';
import type { RosterEpoch } from '../../fleet/roster.ts';
import type { EnrolmentDecision, EnrolmentFacts, EnrolmentKey, KnownAgent } from '../../fleet/decide-enrolment.ts';
import type { ClosingStore, Lease, OwedRun } from '../../pipeline/closing-port.ts';
import type { ClaimedShot, DeployOrder, RoutedAnswer, ShotRouteStore, ShotToDeliver } from '../../pipeline/shot-port.ts';
import type { LivenessStore } from '../../pipeline/liveness-port.ts';
import type { Sighting } from '../../fleet/presence.ts';
import type { HeardBeat, IngestRow, IngestStore, PlannedCheck, PlanStore, SessionStore, ShotStore } from '../../pipeline/ports.ts';
import { MemoryImpaired } from '../../pipeline/testing/memory-impaired.ts';
import type { AgentHello, CutOff, EnrolmentStore } from '../enrolment-port.ts';

/** The ports of the fleet side held in memory, for tests of the protocol; Postgres has tests of its own. */
export class MemoryStore extends MemoryImpaired implements PlanStore, IngestStore, SessionStore, LivenessStore, ShotStore, ShotRouteStore, ClosingStore, EnrolmentStore {
  revision = 1;
  readonly checks = new Map<string, PlannedCheck & { changedAt: number }>();
  readonly locations: Location[] = [];
  readonly availability: { readonly change: AvailabilityChange; readonly changedAt: number }[] = [];
  readonly keys = new Map<string, Location>();
  readonly rows = new Map<string, IngestRow>();
  readonly shots = new Map<string, Parameters<ShotStore['recordShot']>[0]>();
  readonly rosters: { readonly roster: RosterEpoch; readonly changedAt: number }[] = [];
  readonly sessions = new Map<string, { agentId: string; locationId: string; generation: number; capacity: number; heardAtMs: number; closedAtMs: number | null; lastSlotMs: number | null }>();
  readonly #fleetHints = new Set<() => void>();
  readonly deliveries = new Map<string, { readonly delivery: ShotToDeliver['delivery']; isClaimed: boolean; answer: RoutedAnswer | null }>();
  readonly #deployed = new Map<string, number>();
  readonly #shotHints = new Set<() => void>();
  readonly generations = new Map<string, number>();
  /** Public key (hex) of each agent that enrolled; '' for one without. */
  readonly pins = new Map<string, { readonly publicKey: string; readonly location: Location }>();
  readonly revokedAgents = new Set<string>();
  readonly conflicts = new Set<string>();
  readonly #openings = new Map<string, Opening[]>();
  /** While set, ingest throws it: Postgres in trouble. */
  trouble: Error | null = null;
  ingestCalls = 0;
  #hint = (): void => undefined;

  put(check: PlannedCheck): void {
    this.revision += 1;
    this.checks.set(check.checkId, { ...check, changedAt: this.revision });
    this.#hint();
  }

  async configRevision(): Promise<number> { return this.revision; }

  async loadConfig(since: number) {
    const checks = [...this.checks.values()].filter(({ changedAt }) => changedAt > since);
    return { revision: this.revision, checks, locations: this.locations, availability: this.availability.flatMap(({ change, changedAt }) => (changedAt > since ? [change] : [])),
      rosters: this.rosters.flatMap(({ roster, changedAt }) => (changedAt > since ? [roster] : [])),
    };
  }

  async appendAvailability(changes: readonly AvailabilityChange[]): Promise<boolean> {
    if (changes.length > 0) this.revision += 1;
    for (const change of changes) this.availability.push({ change, changedAt: this.revision });
    this.#hint();
    return true;
  }

  async appendRosters(rosters: readonly RosterEpoch[]): Promise<boolean> {
    this.revision += 1;
    for (const roster of rosters) this.rosters.push({ roster, changedAt: this.revision });
    this.#hint();
    return true;
  }

  onConfigHint(callback: () => void): () => void {
    this.#hint = callback;
    return () => { this.#hint = () => undefined; };
  }

  async ingest(rows: readonly IngestRow[]) {
    this.ingestCalls += 1;
    if (this.trouble) throw this.trouble;
    const fresh = rows.filter((row) => {
      const key = row.kind === 'result' ? `${row.result.runId}/${row.result.attempt}` : `gap ${row.gap.runId}`;
      const isNew = !this.rows.has(key);
      if (isNew) this.rows.set(key, row);
      return isNew;
    });
    return { inserted: fresh.length, duplicates: rows.length - fresh.length };
  }


  async enrol(hello: AgentHello, decide: (facts: EnrolmentFacts) => EnrolmentDecision): Promise<EnrolmentDecision> {
    const keyId = hello.keyHash === null ? null : Buffer.from(hello.keyHash).toString();
    const location = keyId === null ? undefined : this.keys.get(keyId);
    const key: EnrolmentKey | null = keyId === null || !location ? null : {
      id: keyId, location, isRevoked: false, expiresAtMs: null, isOneTime: false, isUsed: false, agentsMax: null, needsApproval: false, otherAgents: 0, otherPending: 0,
    };
    const publicKey = hello.publicKey === null ? '' : Buffer.from(hello.publicKey).toString('hex');
    const pinned = this.pins.get(hello.agentId);
    const known: KnownAgent[] = !pinned ? [] : [{
      location: pinned.location, isLocationDeleted: false, state: this.revokedAgents.has(hello.agentId) ? 'revoked' : 'active',
      pin: pinned.publicKey === '' ? 'unpinned' : pinned.publicKey === publicKey ? 'same' : 'other', keyId: null, isKeyRevoked: false,
    }];
    const decision = decide({ hasOwnKey: hello.publicKey !== null, isKeyGiven: keyId !== null, key, known, nowMs: 0 });
    if (decision.kind === 'enrol') this.pins.set(hello.agentId, { publicKey, location: decision.location });
    return decision;
  }

  async findCutOff(sessionIds: readonly string[]): Promise<readonly CutOff[]> {
    return sessionIds.flatMap((sessionId): CutOff[] => {
      const session = this.sessions.get(sessionId);
      if (!session) return [];
      if (this.revokedAgents.has(session.agentId)) return [{ sessionId, code: 'agent_revoked' }];
      return session.generation < (this.generations.get(session.agentId) ?? 0) ? [{ sessionId, code: 'superseded' }] : [];
    });
  }

  async recentOpenings(_locationId: string, agentId: string): Promise<readonly Opening[]> { return this.#openings.get(agentId) ?? []; }
  async noteConflict(_locationId: string, agentId: string): Promise<void> { this.conflicts.add(agentId); }

  async openSession({ agentId, locationId, instanceId, capacity }: { agentId: string; locationId: string; instanceId: string; capacity: number }) {
    this.#openings.set(agentId, [...this.#openings.get(agentId) ?? [], { instanceId, openedAtMs: Date.now() }]);
    const generation = (this.generations.get(agentId) ?? 0) + 1;
    this.generations.set(agentId, generation);
    const sessionId = `session-${agentId}-${generation}`;
    this.sessions.set(sessionId, { agentId, locationId, generation, capacity, heardAtMs: Date.now(), closedAtMs: null, lastSlotMs: null });
    this.#hintFleet();
    return { sessionId, generation };
  }

  async findSession(sessionId: string) {
    const session = this.sessions.get(sessionId);
    return session ? { ...session, isNewest: this.generations.get(session.agentId) === session.generation } : null;
  }

  async touchSessions(_coordinatorId: string, beats: readonly HeardBeat[]): Promise<void> {
    for (const { sessionId, heardAgoMs } of beats) {
      const session = this.sessions.get(sessionId);
      if (session) session.heardAtMs = Date.now() - heardAgoMs;
    }
  }

  async sayGoodbye(sessionId: string, lastSlotMs: number): Promise<void> {
    this.sessions.get(sessionId)!.lastSlotMs = lastSlotMs;
    this.#hintFleet();
  }

  async closeSession(sessionId: string): Promise<void> {
    this.sessions.get(sessionId)!.closedAtMs = Date.now();
    this.#hintFleet();
  }

  async joinCoordinators(): Promise<void> {}
  async leaveCoordinators(): Promise<void> {}

  async observeAgents() {
    const nowMs = Date.now();
    const newest = [...this.sessions.values()].filter(({ agentId, generation }) => this.generations.get(agentId) === generation);
    return { nowMs, sightings: newest.map(({ agentId, locationId, capacity, heardAtMs, closedAtMs, lastSlotMs }): Sighting => ({
      agentId, locationId, capacity, lastSlotMs, isDraining: false, isClosedByCoordinator: false, coordinatorAgoMs: 0,
      heardAgoMs: nowMs - heardAtMs, closedAgoMs: closedAtMs === null ? null : nowMs - closedAtMs,
    })) };
  }

  onFleetHint(callback: () => void): () => void {
    this.#fleetHints.add(callback);
    return () => { this.#fleetHints.delete(callback); };
  }

  #hintFleet(): void {
    for (const callback of this.#fleetHints) setImmediate(callback);
  }

  async recordShot(shot: Parameters<ShotStore['recordShot']>[0]): Promise<void> { this.shots.set(shot.runId, shot); }
  async orderShots(shots: readonly ShotToDeliver[]): Promise<void> {
    for (const { delivery, owed } of shots) {
      if (owed) this.shots.set(owed.runId, owed);
      this.deliveries.set(delivery.runId, { delivery, isClaimed: false, answer: null });
    }
    this.#hintShots();
  }

  async orderDeploys(orders: readonly DeployOrder[]): Promise<void> {
    for (const { checkId, revision, shots } of orders) {
      if ((this.#deployed.get(checkId) ?? 0) >= revision) continue;
      this.#deployed.set(checkId, revision);
      await this.orderShots(shots);
    }
  }

  async claimShots(_coordinatorId: string, locationIds: readonly string[], max: number): Promise<readonly ClaimedShot[]> {
    const free = [...this.deliveries.values()].filter(({ isClaimed, delivery }) => !isClaimed && locationIds.includes(delivery.locationId)).slice(0, max);
    return free.map((row) => {
      row.isClaimed = true;
      return { ...row.delivery, leftMs: row.delivery.timeoutMs };
    });
  }

  async releaseShot(runId: string): Promise<void> { this.deliveries.get(runId)!.isClaimed = false; }

  async answerShot(runId: string, answer: RoutedAnswer): Promise<void> {
    const row = this.deliveries.get(runId)!;
    if (row.delivery.answerTo === null) this.deliveries.delete(runId);
    else row.answer = answer;
    this.#hintShots();
  }

  async takeAnswers(runIds: readonly string[]) {
    return runIds.flatMap((runId) => {
      const answer = this.deliveries.get(runId)?.answer;
      if (!answer) return [];
      this.deliveries.delete(runId);
      return [{ runId, answer }];
    });
  }

  async forgetShots(): Promise<void> {}

  async hasAgent(locationId: string): Promise<boolean> {
    return [...this.sessions.values()].some((session) => session.locationId === locationId && session.closedAtMs === null && session.lastSlotMs === null);
  }

  onShotHint(callback: () => void): () => void {
    this.#shotHints.add(callback);
    return () => { this.#shotHints.delete(callback); };
  }

  #hintShots(): void {
    for (const callback of this.#shotHints) setImmediate(callback);
  }

  async findShots(runIds: readonly string[]) { return runIds.flatMap((id) => this.shots.get(id) ?? []); }

  /** One coordinator, whose slots are closed elsewhere: `pipeline/testing/memory-closing.ts` is the model of that. */
  async acquireLease(name: string, holder: string, ttlMs: number): Promise<Lease> { return { name, holder, ttlMs, token: 1, nowMs: Date.now() }; }
  async releaseLease(): Promise<void> {}
  async closedThroughMs() { return Date.now(); }
  async moveClosedThrough() { return true; }
  async findUnsettled<Run extends OwedRun>(): Promise<readonly (Run & { readonly wasRejected: boolean })[]> { return []; }
  async listReplacedDefinitions() { return []; }
}

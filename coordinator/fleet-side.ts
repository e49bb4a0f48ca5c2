import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Log } from '#shared/log.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import type { Clock } from '#shared/time/clock.ts';
import { configHash } from '#shared/wire/assignment.ts';
import { admitResults } from './pipeline/admit-results.ts';
import { ResultIngest } from './pipeline/ingest-results.ts';
import { RosterKeeper } from './pipeline/keep-roster.ts';
import { AssignmentPlanner, type PlanChange } from './pipeline/plan-assignments.ts';
import type { IngestStore, PlanStore, SessionStore, ShotStore } from './pipeline/ports.ts';
import { SlotCloser } from './pipeline/slot-closer.ts';
import { serveResults } from './sessions/results-stream.ts';
import { SessionRegistry, type LiveSession } from './sessions/session-registry.ts';
import { serveSession } from './sessions/session-stream.ts';
import { ShotDesk } from './sessions/shot-desk.ts';
import { deployRuns, runShot, type ShotOrder } from './sessions/shot-runner.ts';

export type FleetSideDeps = {
  readonly store: PlanStore & IngestStore & SessionStore & ShotStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly ids: () => string;
  readonly hashKey: (key: string) => Uint8Array;
  readonly signal: AbortSignal;
};

/** Joins planning, sessions, ingest and the closing of slots: everything of the coordinator that faces agents. */
export class FleetSide {
  readonly registry = new SessionRegistry();
  readonly planner: AssignmentPlanner;
  readonly ingest: ResultIngest;
  readonly closer: SlotCloser;
  readonly #deps: FleetSideDeps;
  readonly #desk: ShotDesk;
  readonly #keeper: RosterKeeper;

  constructor(deps: FleetSideDeps) {
    this.#deps = deps;
    const { store, clock, log, signal } = deps;
    this.#desk = new ShotDesk(clock);
    this.ingest = new ResultIngest({ store, clock, log, signal });
    this.planner = new AssignmentPlanner({
      store, clock, log,
      onChange: (change) => this.#tellChange(change),
      onDeploy: (check) => deployRuns(check, this.planner.availability, (id) => this.planner.location(id), this.#shotDeps()),
    });
    this.closer = new SlotCloser({ planner: this.planner, store, clock, log });
    this.#keeper = new RosterKeeper({
      store, plan: store, planner: this.planner, registry: this.registry, clock, log, sendSnapshot: (session) => this.#sendSnapshot(session),
    });
  }

  /** Reads the config and starts the loops; agents may come once this has resolved. */
  async start(): Promise<void> {
    await this.planner.start(this.#deps.signal);
    await this.#keeper.start(this.#deps.signal);
    this.closer.start(this.#deps.signal);
  }

  /** Resolves when the loops have ended, after the signal aborted: the store may then be closed. */
  async settled(): Promise<void> {
    await Promise.all([this.planner.settled(), this.#keeper.settled(), this.closer.settled()]);
  }

  serveSession(stream: Duplex<pb.AgentMessage, pb.CoordinatorMessage>): void {
    const { store, clock, log, hashKey } = this.#deps;
    void serveSession(stream, {
      store, clock, log, hashKey, registry: this.registry, shots: this.#desk,
      onRosterChange: (locationId) => this.#keeper.rosterChanged(locationId),
      sendSnapshot: (session) => this.#sendSnapshot(session),
    });
  }

  serveResults(stream: Duplex<pb.ResultsUp, pb.ResultsDown>): void {
    const { store, clock, log } = this.#deps;
    void serveResults(stream, {
      store, log,
      admit: (locationId, rows) => admitResults(locationId, rows, { planner: this.planner, shots: store, nowMs: clock.nowMs() }),
      ingest: (rows) => this.ingest.put(rows),
    });
  }

  runShot(order: ShotOrder): ReturnType<typeof runShot> {
    return runShot(order, this.#shotDeps());
  }

  /** Tells every agent to come back elsewhere or later. */
  goAway(reason: string): void {
    for (const session of this.registry.all()) session.close(reason);
  }

  #shotDeps() {
    const { store, clock, ids, log } = this.#deps;
    return { registry: this.registry, desk: this.#desk, shots: store, clock, ids, log };
  }

  /** The holder gets the plan of its location, one that stands by an empty one. */
  #sendSnapshot(session: LiveSession): void {
    const plan = this.planner.planOf(session.location.id);
    const assignments = session.isHolder ? [...plan.assignments.values()] : [];
    const revision = Math.max(plan.revision, this.planner.revision);
    session.sentRevision = revision;
    session.send({ $case: 'snapshot', value: {
      revision: BigInt(revision), hash: session.isHolder ? plan.hash : configHash(new Map()), assignments, standby: !session.isHolder,
    } });
  }

  #tellChange({ locationId, delta }: PlanChange): void {
    const session = this.registry.holderOf(locationId);
    if (!session || session.sentRevision === 0) return;
    // What it was sent last is complete up to here: every change of the location since has come through here.
    session.send({ $case: 'delta', value: { ...delta, baseRevision: BigInt(session.sentRevision) } });
    session.sentRevision = Number(delta.revision);
  }
}

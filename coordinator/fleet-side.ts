import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Log } from '#shared/log.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import type { Clock } from '#shared/time/clock.ts';
import { admitResults } from './pipeline/admit-results.ts';
import type { ClosingStore } from './pipeline/closing-port.ts';
import { ResultIngest } from './pipeline/ingest-results.ts';
import type { ImpairedStore } from './pipeline/impaired-port.ts';
import type { LivenessStore } from './pipeline/liveness-port.ts';
import { KnownRunIds } from './pipeline/known-run-ids.ts';
import { LocationDemand } from './pipeline/location-demand.ts';
import type { JudgeOrder } from './pipeline/judge-order.ts';
import { RosterKeeper } from './pipeline/keep-roster.ts';
import { AssignmentPlanner } from './pipeline/plan-assignments.ts';
import { probeSpecOf } from './planning/expand-check.ts';
import { deployOrder } from './sessions/order-deploys.ts';
import type { ShotOrder } from './sessions/order-shot.ts';
import type { IngestRow, IngestStore, PlannedCheck, PlanStore, SessionStore, ShotStore } from './pipeline/ports.ts';
import type { ShotRouteStore } from './pipeline/shot-port.ts';
import { BodyThinning } from './pipeline/thin-bodies.ts';
import { SlotCloser } from './pipeline/slot-closer.ts';
import { LivenessTeller } from './pipeline/tell-liveness.ts';
import { ImpairedWatch } from './pipeline/watch-impaired.ts';
import { BackfillGate } from './sessions/backfill-gate.ts';
import type { EnrolmentStore } from './sessions/enrolment-port.ts';
import { LiveStreams } from './sessions/live-streams.ts';
import { OpeningLine } from './sessions/opening-line.ts';
import { serveResults } from './sessions/results-stream.ts';
import { SessionRegistry } from './sessions/session-registry.ts';
import { serveSession } from './sessions/session-stream.ts';
import { ShotDesk } from './sessions/shot-desk.ts';
import { ShotRouter } from './sessions/shot-router.ts';
import { orderShot, runShot } from './sessions/shot-runner.ts';
import { tellChange, tellEverything } from './sessions/tell-assignments.ts';

export type FleetSideDeps = {
  readonly store: PlanStore & IngestStore & SessionStore & LivenessStore & ShotStore & ShotRouteStore & ClosingStore & EnrolmentStore & ImpairedStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly ids: () => string;
  readonly hashKey: (key: string) => Uint8Array;
  readonly signal: AbortSignal;
  /** Rows that are committed. */
  readonly onIngested?: (rows: readonly IngestRow[]) => void;
  /** host:port; for agents of public locations that name none themselves. */
  readonly publicWitnesses?: readonly string[];
  /** Days that results are kept; left out: older ones are not refused. */
  readonly rawDays?: number;
  /** One in so many bodies of passing runs is kept; left out: all. */
  readonly keepPassingBodies?: number;
};

/** Checks whose first runs are ordered in one transaction. */
const DEPLOYS_PER_ORDER = 200;

/** Joins planning, sessions, ingest and the closing of slots: everything of the coordinator that faces agents. */
export class FleetSide {
  readonly registry = new SessionRegistry();
  readonly streams = new LiveStreams();
  readonly planner: AssignmentPlanner;
  readonly ingest: ResultIngest;
  readonly closer: SlotCloser;
  readonly demand: LocationDemand;
  readonly #deps: FleetSideDeps;
  readonly #desk: ShotDesk;
  readonly #router: ShotRouter;
  readonly keeper: RosterKeeper;
  /** Who this is among the coordinators on one Postgres; another at every start. */
  readonly coordinatorId: string;
  readonly #teller: LivenessTeller;
  readonly #impaired: ImpairedWatch;
  readonly #line: OpeningLine;
  readonly #runIds = new KnownRunIds();
  readonly #backfill = new BackfillGate();
  /** Sessions being served, until their last word is stored. */
  readonly #sessions = new Set<Promise<void>>();

  constructor(deps: FleetSideDeps) {
    this.#deps = deps;
    const { store, clock, log, signal } = deps;
    this.coordinatorId = deps.ids();
    this.#line = new OpeningLine(clock);
    this.#desk = new ShotDesk(clock);
    this.ingest = new ResultIngest({ store, clock, log, signal, thinning: new BodyThinning(deps.keepPassingBodies ?? 1) });
    this.planner = new AssignmentPlanner({
      store, clock, log,
      onChange: (change) => {
        for (const session of this.registry.inLocation(change.locationId)) tellChange(session, change, this.planner);
      },
      onDeploy: (checks) => void this.#orderDeploys(checks),
    });
    this.demand = new LocationDemand(this.planner);
    this.closer = new SlotCloser({ config: this.planner, store, clock, log, holder: this.coordinatorId });
    this.keeper = new RosterKeeper({ store, plan: store, planner: this.planner, holder: this.coordinatorId, clock, log });
    this.#router = new ShotRouter({ store, registry: this.registry, desk: this.#desk, coordinatorId: this.coordinatorId, clock, log });
    this.#impaired = new ImpairedWatch({ store, clock, log, heard: () => this.registry.all().flatMap(({ witnesses }) => witnesses ?? []) });
    this.#teller = new LivenessTeller({ store, registry: this.registry, clock, log, coordinatorId: this.coordinatorId });
  }

  /** Reads the config and starts the loops; agents may come once this has resolved. */
  async start(): Promise<void> {
    await this.planner.start(this.#deps.signal);
    await this.#teller.start(this.#deps.signal);
    this.#impaired.start(this.#deps.signal);
    this.keeper.start(this.#deps.signal);
    this.closer.start(this.#deps.signal);
    this.#router.start(this.#deps.signal);
    this.streams.watch(this.#deps.store, this.#deps);
  }

  /** Resolves when loops and sessions have ended, after the signal aborted and the door was closed: the store may then be closed. */
  async settled(): Promise<void> {
    await Promise.all([
      this.planner.settled(), this.keeper.settled(), this.#impaired.settled(), this.#teller.settled(), this.closer.settled(), this.streams.settled(), this.#router.settled(), ...this.#sessions,
    ]);
  }

  serveSession(stream: Duplex<pb.AgentMessage, pb.CoordinatorMessage>): void {
    const { store, clock, log, hashKey } = this.#deps;
    const served = serveSession(stream, {
      store, clock, log, hashKey, registry: this.registry, streams: this.streams, shots: this.#desk,
      coordinatorId: this.coordinatorId, publicWitnesses: this.#deps.publicWitnesses ?? [], line: this.#line, isStopping: () => this.#deps.signal.aborted,
      sendSnapshot: (session) => tellEverything(session, this.planner),
    }).finally(() => this.#sessions.delete(served));
    this.#sessions.add(served);
  }

  serveResults(stream: Duplex<pb.ResultsUp, pb.ResultsDown>): void {
    const { store, clock, log } = this.#deps;
    void serveResults(stream, {
      store, log, streams: this.streams, backfill: this.#backfill,
      admit: (locationId, rows) => admitResults(locationId, rows, { planner: this.planner, shots: store, nowMs: clock.nowMs(), runIds: this.#runIds, ...(this.#deps.rawDays === undefined ? {} : { rawDays: this.#deps.rawDays }) }),
      ingest: async (rows, lane) => {
        await this.ingest.put(rows, lane);
        this.#deps.onIngested?.(rows);
      },
    });
  }

  /** One run outside the schedule, wherever an agent of the location is connected; waits for its answer. */
  runShot(order: ShotOrder): ReturnType<typeof runShot> {
    return runShot(order, this.#shotDeps());
  }

  /** The same without waiting: committed once this has resolved, and its result comes as every other (confirm, retry). Answers the run id. */
  orderShot(order: ShotOrder): Promise<string> {
    return orderShot(order, this.#shotDeps());
  }

  /** Runs what the judge wants to know. The run id is the judge's: asked twice, it is run once. */
  async orderForJudge({ check, locationId, runId, atMs, retryOf }: JudgeOrder): Promise<void> {
    const location = this.planner.location(locationId);
    if (!location) return;
    const { spec } = probeSpecOf(check.check, check.variables ?? new Map());
    await orderShot({
      accountId: check.accountId, location, spec, saved: { checkId: check.checkId, revision: check.revision }, timeoutMs: spec.maxResponseTimeMs, trigger: retryOf ? 'retry' : 'confirm', ...(retryOf ? { retryOf } : {}),
    }, { ...this.#shotDeps(), ids: () => runId }, atMs);
  }

  /** Tells every agent to come back elsewhere or later. */
  goAway(reason: string): void {
    for (const session of this.registry.all()) session.close(reason);
  }

  /** Every coordinator sees the change and tries; the store lets each check's runs be ordered once. */
  async #orderDeploys(checks: readonly PlannedCheck[]): Promise<void> {
    const { store, clock, ids, log } = this.#deps;
    const orders = checks.map((check) => deployOrder(check, this.planner.availability, (id) => this.planner.location(id), { nowMs: clock.nowMs(), ids }));
    for (let from = 0; from < orders.length; from += DEPLOYS_PER_ORDER) {
      await store.orderDeploys(orders.slice(from, from + DEPLOYS_PER_ORDER))
        .catch((error: unknown) => log.warn({ err: error }, 'could not order the first runs of checks'));
    }
    this.#router.wake();
  }

  #shotDeps() {
    const { store, clock, ids, log } = this.#deps;
    return { registry: this.registry, desk: this.#desk, router: this.#router, shots: store, coordinatorId: this.coordinatorId, clock, ids, log };
  }
}

import type { FleetConnection } from '#agent/session/fleet-connection.ts';
import type { FleetSide } from '#coordinator/fleet-side.ts';
import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Notice } from '#coordinator/alerting/notice.ts';
import type { Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import type { Log } from '#shared/log.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import { Random } from '../fuzz/random.ts';
import type { SimulatedAgent } from './actors/simulated-agent.ts';
import type { SimulatedCoordinator } from './actors/simulated-coordinator.ts';
import { Engine } from './engine/engine.ts';
import type { MachineClock, Process } from './engine/process.ts';
import { Disk } from './model/disk.ts';
import { Link, openStream } from './model/network.ts';
import { StoreModel } from './model/store-model.ts';
import type { Hints, StoreWeather } from './model/store-door.ts';
import { Targets } from './model/targets.ts';
import type { PlantName } from './plants.ts';
import { mistakesOf } from './plants.ts';
import type { HistoryEntry, JudgedWorld } from './oracle/judged-world.ts';
import { NaiveJudge } from './oracle/naive-judge.ts';
import { Watch } from './oracle/watch.ts';

export type AgentMachine = {
  readonly name: string;
  readonly agentId: string;
  readonly locationId: string;
  readonly locationKey: string;
  readonly clock: MachineClock;
  readonly disk: Disk;
  readonly random: Random;
  readonly capacity: number;
  readonly concurrency: number;
  /** To each coordinator, in their order. */
  readonly links: readonly Link[];
  running: SimulatedAgent | null;
};

export type CoordinatorMachine = { readonly name: string; readonly clock: MachineClock; running: SimulatedCoordinator | null };

export type WorldOptions = {
  readonly seed: number;
  readonly plants: ReadonlySet<PlantName>;
  readonly startMs: number;
  readonly isTraceKept: boolean;
};

/**
 * Everything there is: machines, the ways between them, Postgres, targets, and what is known of them by somebody who
 * sees all. `history` and `onStored` are where a judge of its own can look on beside the real one.
 */
export class World implements JudgedWorld {
  readonly engine: Engine;
  /** Chance of the surroundings; who has decisions of its own to make has a generator of its own. */
  readonly random: Random;
  readonly plants: ReadonlySet<PlantName>;
  readonly model: StoreModel;
  readonly targets: Targets;
  readonly watch: Watch;
  readonly naiveJudge: NaiveJudge;
  readonly weather: StoreWeather = { isDown: false, slowMs: 0, lostBefore: 0, lostAfter: 0 };
  readonly hints: Hints = { config: new Set(), fleet: new Set(), shots: new Set(), judge: new Set() };
  readonly locations: Location[] = [];
  readonly agents: AgentMachine[] = [];
  readonly coordinators: CoordinatorMachine[] = [];
  readonly accountId: string;
  readonly checkIds: string[] = [];
  readonly history: HistoryEntry[] = [];
  readonly onStored = new Set<(entry: HistoryEntry) => void>();
  readonly violations: string[] = [];
  readonly counts = new Map<string, number>();
  /** Chance that a process is killed at one side of an effect. */
  crashChance = 0;
  /** The same where a judge tells something. */
  tellingCrashChance = 0;
  /** The call in whose way a coordinator is stopped; null: none. */
  stopBefore: string | null = null;
  /** Stops it, and lets it go on later. */
  onStopAt: (process: Process) => void = () => undefined;
  /** Hears of every process that was killed so, and brings it back. */
  onCrash: (process: Process) => void = () => undefined;
  readonly #ids: Random;

  constructor(options: WorldOptions) {
    const { seed, plants, startMs } = options;
    this.engine = new Engine(startMs);
    this.engine.trace.isKept = options.isTraceKept;
    this.random = new Random(seed, 1);
    this.#ids = new Random(seed, 2);
    this.plants = plants;
    this.accountId = this.newId();
    const postgresOffsetMs = this.random.fraction() * 200 - 100;
    this.targets = new Targets(new Random(seed, 3), () => this.engine.nowMs);
    this.watch = new Watch(this);
    this.model = new StoreModel({
      nowMs: () => this.engine.nowMs + postgresOffsetMs, newId: () => this.newId(), mistakes: mistakesOf(plants),
      onStored: (change) => {
        const entry = { ...change, atMs: this.engine.nowMs };
        this.history.push(entry);
        this.watch.stored(entry);
        for (const hear of this.onStored) hear(entry);
      },
      onConfig: (change) => this.watch.configChanged(change),
      onLease: (taken) => this.watch.leaseTaken(taken),
      onHint: () => { for (const hint of [...this.hints.config]) hint(); },
      onShotHint: () => { for (const hint of [...this.hints.shots]) hint(); },
      onJudgeHint: () => { for (const hint of [...this.hints.judge]) hint(); },
      onLook: (look) => this.naiveJudge.looked(look),
      onNotice: (notice) => this.naiveJudge.told(notice),
      onFleetHint: () => { for (const hint of [...this.hints.fleet]) hint(); },
    });
    this.naiveJudge = new NaiveJudge(this);
  }

  newId(): string {
    const hex = Buffer.from(this.#ids.bytes(16)).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  /** Something that a campaign has to have seen at least once. */
  sometimes(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  violate(rule: string, what: string): void {
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(`${new Date(this.engine.nowMs).toISOString()} ${rule}: ${what}`);
    this.engine.trace.note(this.engine.nowMs, `VIOLATION ${rule}: ${what}`);
  }

  logOf(name: string): Log {
    const note = (fields: unknown, text?: string): void => {
      if (this.engine.trace.isKept) this.engine.trace.note(this.engine.nowMs, `${name}: ${text ?? ''} ${shown(fields)}`);
    };
    return { debug: note, info: note, warn: note, error: note };
  }

  readonly effect = (process: Process, what: string): void => {
    if (this.stopBefore === what && process.isAlive) {
      this.stopBefore = null;
      this.onStopAt(process);
    }
    const chance = what.endsWith('Notices') ? Math.max(this.crashChance, this.tellingCrashChance) : this.crashChance;
    if (chance === 0 || !process.isAlive || !this.random.chance(chance)) return;
    this.engine.trace.note(this.engine.nowMs, `${process.name} is killed at: ${what}`);
    this.sometimes('killed at an effect');
    process.kill();
    this.onCrash(process);
  };

  /** Through whatever balances: each stream may end up at another coordinator. */
  connect(machine: AgentMachine, process: Process): FleetConnection {
    const open = <Down, Up>(name: string, serve: (fleet: FleetSide, stream: Duplex<Up, Down>) => void) => {
      const index = this.#pickCoordinator();
      const running = this.coordinators[index]!.running;
      const isThere = running !== null && running.isReady();
      return openStream<Down, Up>({
        engine: this.engine, random: this.random, link: machine.links[index]!, hooks: { effect: this.effect, sent: (message) => this.watch.sent(message) }, name, agent: process,
        coordinator: isThere ? running.process : null, accept: (stream) => serve(running!.fleet, stream),
      });
    };
    const over = new AbortController();
    return {
      openSession: () => open('session', (fleet, stream: Duplex<pb.AgentMessage, pb.CoordinatorMessage>) => fleet.serveSession(stream)),
      openResults: () => open('results', (fleet, stream: Duplex<pb.ResultsUp, pb.ResultsDown>) => fleet.serveResults(stream)),
      close: () => over.abort(),
    };
  }

  /** Balancers notice after a while only that one is away. */
  #pickCoordinator(): number {
    const ready = this.coordinators.flatMap(({ running }, index) => (running?.isReady() ? [index] : []));
    return ready.length === 0 || this.random.chance(0.1) ? this.random.int(0, this.coordinators.length - 1) : this.random.pick(ready);
  }

  /** I6: the run that stands for a failure met a target in trouble, whatever the agent's own. */
  readonly failedIndeed = (checkId: string, { result }: Notice): void => {
    const run = result && this.watch.executions.findLast((execution) => execution.run?.runId === result.runId);
    if (!run || !this.targets.wasUp(this.checkIds.indexOf(checkId), run.startedMs, run.endedMs ?? run.startedMs)) return;
    this.violate('I6', `check ${this.checkIds.indexOf(checkId)} is told to fail by a run of ${new Date(run.startedMs).toISOString()}, when its target was well`);
  };

  definitionOf(checkId: string): Check | undefined {
    return this.model.checks.get(checkId)?.check;
  }
}

const VIOLATIONS_MAX = 50;

function shown(fields: unknown): string {
  return JSON.stringify(fields, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value instanceof Error ? value.stack : value));
}

import type { StoredGap, StoredResult } from '../model/stored-runs.ts';
import type { World } from '../world.ts';
import { NaiveSchedule, type OwedSlot } from './naive-schedule.ts';
import type { Execution } from './watch.ts';

/** Whatever is lawful after a disturbance is over by then: leases, announcements, hysteresis, a reconnect. */
const AFTERMATH_MS = 40_000;
const BEFORE_MS = 5_000;
/** The longest run of the simulation's checks. */
const RUN_MS_MAX = 60_000;
/** A run starts within its grace of 2 s (rules.md 4); the rest is for clocks that are not quite right. */
const LATE_MAX_MS = 3_000;
const EARLY_MAX_MS = 1_000;
/** From the disk of an agent to an acknowledgement, when all is well. */
const ON_ITS_WAY_MS = 10_000;

/**
 * The books at the end: every owed slot against what is stored, every stored result against what really ran, every
 * execution against its slot. A gap, or a second execution, needs a cause.
 */
export function settleAccounts(world: World, closedBeforeMs: number): void {
  const accounts = new Accounts(world);
  accounts.everySlotOnce(closedBeforeMs);
  accounts.nothingUnowed();
  accounts.everyResultRan();
  accounts.noRunWithoutNeed();
  accounts.nothingLeftBehind();
}

class Accounts {
  readonly #world: World;
  readonly #schedule: NaiveSchedule;
  readonly #results: ReadonlyMap<string, readonly StoredResult[]>;
  readonly #gaps: ReadonlyMap<string, readonly StoredGap[]>;
  readonly #runs: ReadonlyMap<string, readonly Execution[]>;
  readonly #byPlace: ReadonlyMap<string, readonly Execution[]>;

  constructor(world: World) {
    this.#world = world;
    this.#schedule = new NaiveSchedule(world.model);
    const { runs } = world.model;
    this.#results = Map.groupBy([...runs.results.values()].filter(({ result }) => result.trigger === 'schedule'), ({ result }) => slotKey(result.checkId, result.locationOwed, result.dueAtMs));
    this.#gaps = Map.groupBy(runs.gaps.values(), ({ gap }) => slotKey(gap.checkId, gap.locationOwed, gap.dueAtMs));
    this.#runs = Map.groupBy(world.watch.executions.filter(({ run }) => run !== null), ({ run }) => run!.runId);
    this.#byPlace = Map.groupBy(world.watch.executions, ({ checkId, locationId }) => `${checkId}/${locationId}`);
  }

  /** I1: every closed slot has exactly one final result, or one gap. */
  everySlotOnce(closedBeforeMs: number): void {
    for (const checkId of this.#world.checkIds) {
      for (const slot of this.#schedule.owedOf(checkId, -Infinity, closedBeforeMs)) {
        const key = slotKey(slot.checkId, slot.locationId, slot.dueAtMs);
        const finals = (this.#results.get(key) ?? []).filter(({ result, isSurplus }) => result.isFinal && !isSurplus);
        const gaps = this.#gaps.get(key) ?? [];
        if (finals.length + gaps.length !== 1) this.#world.violate('I1', `${this.#told(slot)} has ${finals.length} final results and ${gaps.length} gaps`);
        for (const gap of gaps) this.#gapHasCause(slot, gap);
      }
    }
  }

  #gapHasCause(slot: OwedSlot, { gap: { reason } }: StoredGap): void {
    if (reason === 'previous_still_running' && this.#wasRunning(slot)) return;
    // A run that was under way when its agent was killed, retries included.
    if (this.#hasBegun(slot) && this.#isDisturbed(slot.locationId, slot.dueAtMs, RUN_MS_MAX)) return;
    if (!this.#isDisturbed(slot.locationId, slot.dueAtMs)) this.#world.violate('gap-needs-cause', `${this.#told(slot)} is a gap ${reason}, and nothing was wrong`);
  }

  #hasBegun({ checkId, locationId, dueAtMs }: OwedSlot): boolean {
    return (this.#byPlace.get(`${checkId}/${locationId}`) ?? []).some(({ startedMs }) => startedMs > dueAtMs - EARLY_MAX_MS && startedMs < dueAtMs + LATE_MAX_MS);
  }

  #wasRunning({ checkId, locationId, dueAtMs }: OwedSlot): boolean {
    return (this.#byPlace.get(`${checkId}/${locationId}`) ?? []).some((execution) => {
      const last = execution.run ? this.#runs.get(execution.run.runId)!.at(-1)! : execution;
      return execution.startedMs < dueAtMs + LATE_MAX_MS && (last.endedMs ?? Infinity) > dueAtMs - EARLY_MAX_MS;
    });
  }

  /** What counts is owed; what is not owed is surplus. */
  nothingUnowed(): void {
    for (const rows of this.#results.values()) {
      const { isSurplus, result: { checkId, locationOwed, dueAtMs } } = rows[0]!;
      if (!isSurplus && !this.#isOwed(checkId, locationOwed, dueAtMs)) {
        this.#world.violate('unowed', `a result of ${this.#told({ checkId, locationId: locationOwed, dueAtMs })} counts, and it was not owed there`);
      }
    }
    for (const [{ gap }] of this.#gaps.values() as Iterable<readonly [StoredGap]>) {
      if (!this.#isOwed(gap.checkId, gap.locationOwed, gap.dueAtMs)) {
        this.#world.violate('unowed', `a gap ${gap.reason} of ${this.#told({ checkId: gap.checkId, locationId: gap.locationOwed, dueAtMs: gap.dueAtMs })} was not owed there`);
      }
    }
  }

  #isOwed(checkId: string, locationId: string, dueAtMs: number): boolean {
    return this.#schedule.ownersOf(checkId, dueAtMs).includes(locationId);
  }

  /** I3: each stored result is one real execution, by that agent; and none twice. */
  everyResultRan(): void {
    const seen = new Set<string>();
    for (const { result, agentId } of [...this.#results.values()].flat()) {
      const agent = this.#world.agents.find((machine) => machine.agentId === agentId);
      const key = `${result.runId}/${result.attempt}`;
      const ran = (this.#runs.get(result.runId) ?? []).some((execution) => execution.agent === agent?.name && execution.run!.attempt === result.attempt);
      const slot = { checkId: result.checkId, locationId: result.locationOwed, dueAtMs: result.dueAtMs };
      if (!ran) this.#world.violate('I3', `attempt ${result.attempt} of ${this.#told(slot)} is stored, and ${agent?.name} never made it`);
      if (seen.has(key)) this.#world.violate('I3', `attempt ${result.attempt} of ${this.#told(slot)} is stored twice`);
      seen.add(key);
    }
  }

  /** An execution is its slot's, in time, and the only one, unless agents could not know of each other. */
  noRunWithoutNeed(): void {
    for (const executions of this.#runs.values()) {
      const [first] = executions;
      const { dueAtMs } = first!.run!;
      const slot = { checkId: first!.checkId, locationId: first!.locationId, dueAtMs };
      // A clock that is ahead runs a slot long before its time, which may be undisturbed.
      const isDisturbed = this.#isDisturbed(slot.locationId, Math.min(dueAtMs, first!.startedMs)) || this.#isDisturbed(slot.locationId, dueAtMs);
      if (executions.filter(({ run }) => run!.attempt === 1).length > 1) {
        this.#world.sometimes('a slot run twice');
        if (!isDisturbed) this.#world.violate('I3', `${this.#told(slot)} was run by ${executions.map(({ agent }) => agent).join(' and ')}, and nothing was wrong`);
      }
      const lateMs = first!.startedMs - dueAtMs;
      if (!isDisturbed && (lateMs > LATE_MAX_MS || lateMs < -EARLY_MAX_MS)) this.#world.violate('in-time', `${first!.agent} ran ${this.#told(slot)} ${Math.round(lateMs)} ms late`);
    }
  }

  /** I2, I9: what an agent's disk had taken has arrived, and nothing waits any more. */
  nothingLeftBehind(): void {
    for (const [agent, items] of this.#world.watch.kept) {
      const late = [...items.values()].filter(({ sinceMs }) => sinceMs < this.#world.engine.nowMs - ON_ITS_WAY_MS);
      if (late[0] === undefined) continue;
      const { item } = late[0];
      const { checkId, dueAtMs } = item.kind === 'result' ? item.result : item.gap;
      this.#world.violate('I9', `${late.length} rows that ${agent} had on its disk never arrived, one is a ${item.kind} of ${checkId} due ${dueAtMs}`);
    }
    for (const { name, running } of this.#world.agents) {
      if (!running?.isConnected()) this.#world.violate('I9', `${name} has no session after everything healed`);
      else if (running.backlogAgeMs() > ON_ITS_WAY_MS) this.#world.violate('I9', `${name} has a backlog after everything healed`);
    }
  }

  #isDisturbed(locationId: string, atMs: number, beforeMs = BEFORE_MS): boolean {
    const { agents, watch } = this.#world;
    return watch.disturbances.some(({ agent, fromMs, untilMs }) => fromMs - beforeMs <= atMs && atMs <= untilMs + AFTERMATH_MS
      && (agent === null || agents.find(({ name }) => name === agent)?.locationId === locationId));
  }

  #told({ checkId, locationId, dueAtMs }: OwedSlot): string {
    const { locations, checkIds } = this.#world;
    return `check ${checkIds.indexOf(checkId)} in ${locations.find(({ id }) => id === locationId)?.code} due ${new Date(dueAtMs).toISOString()}`;
  }
}

function slotKey(checkId: string, locationId: string, dueAtMs: number): string {
  return `${checkId}/${locationId}/${dueAtMs}`;
}

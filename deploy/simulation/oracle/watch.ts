import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { SpoolItem, SpoolRow } from '#agent/spool/spool.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import type { ConfigChange } from '../model/store-model.ts';
import type { AgentMachine, World } from '../world.ts';
import type { HistoryEntry } from './judged-world.ts';

/** One attempt that really took place: what a target's own log would say. */
export type Execution = {
  readonly checkId: string;
  readonly agent: string;
  readonly locationId: string;
  /** True time. */
  readonly startedMs: number;
  endedMs: number | null;
  /** What its agent called it; null while it runs, and for ever if the agent died over it. */
  run: { readonly runId: string; readonly attempt: number; readonly dueAtMs: number; readonly isFinal: boolean } | null;
};

/** A span in which something was wrong for an agent (or for all), after which for a while anything lawful may follow. */
export type Disturbance = { readonly agent: string | null; readonly fromMs: number; untilMs: number; readonly why: string };

type AgentBooks = {
  started(checkId: string): () => void;
  reported(result: AttemptResult): void;
  appended(item: SpoolItem): void;
  committed(): void;
  diskLost(): void;
};

/** Sees all that happens, notes it, and says at once what must never be. The rest is for the end (`accounts.ts`). */
export class Watch {
  readonly executions: Execution[] = [];
  readonly disturbances: Disturbance[] = [];
  /** Items that an agent's disk has taken and not lost: they must arrive. By agent, then by key. */
  readonly kept = new Map<string, Map<string, { readonly item: SpoolItem; readonly sinceMs: number }>>();
  /** By agent, what its disk has not taken yet; what a failing disk does not take may be acknowledged from memory. */
  readonly #pending = new Map<string, Map<string, SpoolItem>>();
  /** Rows the coordinators refused, by run. */
  readonly refused = new Map<string, string>();
  readonly #world: World;
  readonly #connected = new Map<string, boolean>();
  /** Agents that said goodbye: their absence is in order while another of their location is there. */
  readonly #left = new Set<string>();
  /** The newest token of each lease. */
  readonly #tokens = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  #disturb(disturbance: Disturbance): Disturbance {
    this.disturbances.push(disturbance);
    return disturbance;
  }

  /** Something is wrong from now on; returns how to say that it is over. */
  disturbed(agent: string | null, why: string): () => void {
    const disturbance = this.#disturb({ agent, fromMs: this.#world.engine.nowMs, untilMs: Infinity, why });
    return () => { disturbance.untilMs = Math.min(disturbance.untilMs, this.#world.engine.nowMs); };
  }

  connection({ name }: AgentMachine, isConnected: boolean): void {
    if (this.#connected.get(name) === isConnected) return;
    this.#connected.set(name, isConnected);
    if (isConnected) {
      this.#left.delete(name);
      for (const open of this.disturbances) if (open.agent === name && open.why === 'no session') open.untilMs = Math.min(open.untilMs, this.#world.engine.nowMs);
    } else if (!this.#left.has(name)) {
      this.disturbed(name, 'no session');
    }
  }

  leaving({ name }: AgentMachine): void {
    this.#left.add(name);
  }

  agentStarted(machine: AgentMachine): AgentBooks {
    const { engine } = this.#world;
    const kept = this.kept.get(machine.name) ?? new Map<string, { readonly item: SpoolItem; readonly sinceMs: number }>();
    this.kept.set(machine.name, kept);
    const pending = new Map<string, SpoolItem>();
    this.#pending.set(machine.name, pending);
    const running = new Map<string, Execution>();
    return {
      started: (checkId) => {
        const execution: Execution = { checkId, agent: machine.name, locationId: machine.locationId, startedMs: engine.nowMs, endedMs: null, run: null };
        if (running.get(checkId)?.endedMs === null) this.#world.violate('no-overlap', `${machine.name} began ${checkId} while it was running it`);
        running.set(checkId, execution);
        this.executions.push(execution);
        return () => { execution.endedMs = engine.nowMs; };
      },
      reported: (result) => {
        const execution = running.get(result.checkId);
        if (!execution || execution.run) { this.#world.violate('I3', `${machine.name} reported a run of ${result.checkId} that never took place`); return; }
        execution.run = { runId: result.runId, attempt: result.attempt, dueAtMs: result.dueAtMs, isFinal: result.isFinal };
      },
      appended: (item) => void pending.set(keyOf(item), item),
      committed: () => {
        for (const [key, item] of pending) kept.set(key, { item, sinceMs: engine.nowMs });
        pending.clear();
      },
      diskLost: () => kept.clear(),
    };
  }

  /** An agent was told that this row is committed, and forgets it now (I2). */
  acknowledged(machine: AgentMachine, spoolId: string, { sequence, item }: SpoolRow): void {
    const { model } = this.#world;
    this.kept.get(machine.name)?.delete(keyOf(item));
    this.#pending.get(machine.name)?.delete(keyOf(item));
    if (this.refused.has(`${spoolId}/${sequence}`)) return this.#judgeRefusal(machine, item, this.refused.get(`${spoolId}/${sequence}`)!);
    const { accountId } = this.#world;
    if (item.kind === 'result') {
      const isStored = model.runs.resultsOf(accountId, item.result.runId).some(({ result }) => result.attempt === item.result.attempt);
      if (!isStored) this.#world.violate('I2', `${machine.name} was acknowledged attempt ${item.result.attempt} of ${item.result.checkId} due ${item.result.dueAtMs}, and it is not stored`);
      return;
    }
    const { runId, checkId, dueAtMs } = item.gap;
    const isSettled = model.runs.gaps.has(`${accountId}/${runId}`) || model.runs.isFilled(accountId, runId);
    if (!isSettled && this.isOwed(checkId, machine.locationId, dueAtMs)) {
      this.#world.violate('I2', `${machine.name} was acknowledged the gap of ${checkId} due ${dueAtMs}, and nothing is stored of that run`);
    }
  }

  /** What coordinators tell agents of rows they will not take. */
  sent(message: unknown): void {
    const told = (message as pb.ResultsDown).message;
    if (told?.$case !== 'acknowledged') return;
    for (const { sequence, code } of told.value.refused) this.refused.set(`${told.value.spoolId}/${sequence}`, code);
  }

  #judgeRefusal(machine: AgentMachine, item: SpoolItem, code: string): void {
    this.#world.sometimes('a row refused');
    const { checkId, dueAtMs } = item.kind === 'result' ? item.result : item.gap;
    const isScheduled = item.kind === 'gap' || item.result.trigger === 'schedule';
    // An agent that has nothing but a wrong clock to go by may write of slots that are still to come.
    if (code === 'not_due_yet' && dueAtMs > this.#world.engine.nowMs) return;
    if (isScheduled && this.isOwed(checkId, machine.locationId, dueAtMs)) {
      this.#world.violate('I2', `${machine.name} was refused (${code}) a ${item.kind} of ${checkId} due ${dueAtMs} that its location owed`);
    }
  }

  /** Set by `accounts.ts`: naive arithmetic, not the product's. */
  isOwed: (checkId: string, locationId: string, dueAtMs: number) => boolean = () => true;

  stored(entry: HistoryEntry): void {
    const { sometimes } = { sometimes: (what: string): void => this.#world.sometimes(what) };
    if (entry.kind === 'gap_replaced') sometimes('a gap replaced by its late result');
    if (entry.kind === 'gap') {
      sometimes(`a gap: ${entry.row.gap.reason}`);
      if (entry.row.agentId === null) this.#closedInTime(entry);
    }
    if (entry.kind === 'result') {
      if (entry.row.isSurplus) sometimes('a surplus result');
      if (entry.row.result.attempt > 1) sometimes('a retry');
      if (entry.row.result.trigger !== 'schedule') sometimes('a shot');
      if (entry.atMs - entry.row.result.dueAtMs > 60_000) sometimes('a result a minute late');
    }
  }

  /** A slot closes at `dueAt` + run budget + 30 s (rules.md 8), not before; half a second for the clocks. */
  #closedInTime(entry: HistoryEntry & { readonly kind: 'gap' }): void {
    const { checkId, dueAtMs } = entry.row.gap;
    const leastMs = (this.#world.definitionOf(checkId)?.maxResponseTime ?? 0) + 30_000 - 500;
    if (entry.atMs < dueAtMs + leastMs) this.#world.violate('closing', `the slot of ${checkId} due ${dueAtMs} was closed ${Math.round(entry.atMs - dueAtMs)} ms after it was due`);
  }

  /** Rows about the schedule are never retroactive: in force a second after their commit at the earliest (rules.md 2, 3). */
  configChanged(change: ConfigChange): void {
    if (change.kind === 'roster') this.#world.sometimes('a roster changed');
    if (change.kind === 'availability') this.#world.sometimes(change.available ? 'a location came back' : 'a location went away');
    this.#isHolders(change);
    const { model } = this.#world;
    if (change.fromAtMs < model.nowMs + 1_000) this.#world.violate('never-retroactive', `${change.kind} committed at ${model.nowMs} is in force from ${change.fromAtMs}`);
  }

  /** Who had a lease and has it no more changes nothing by it: its successor has looked anew. */
  #isHolders(change: ConfigChange): void {
    if (change.kind === 'epoch' || !change.fence) return;
    const newest = this.#tokens.get(change.fence.name) ?? 0;
    if (change.fence.token < newest) this.#world.violate('one-holder', `a ${change.kind} of holder ${change.fence.token} of ${change.fence.name} was taken, and ${newest} has it`);
  }

  leaseTaken({ name, token, stolenFrom }: { readonly name: string; readonly token: number; readonly stolenFrom: string | null }): void {
    this.#tokens.set(name, Math.max(token, this.#tokens.get(name) ?? 0));
    if (stolenFrom !== null) this.#world.violate('one-holder', `${name} was taken while ${stolenFrom} had it`);
  }
}

export function keyOf(item: SpoolItem): string {
  return item.kind === 'result' ? `${item.result.runId}/${item.result.attempt}` : `gap ${item.gap.runId}`;
}

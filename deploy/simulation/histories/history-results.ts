import type { JudgeOrder } from '#coordinator/pipeline/judge-order.ts';
import type { IngestRow } from '#coordinator/pipeline/ports.ts';
import { runIdOf } from '#shared/check/run-id.ts';
import { retryStrategyOf, runBudgetMs } from '#shared/retry/backoff.ts';
import type { GapReason } from '#shared/run/gap.ts';
import type { AttemptResult, Outcome } from '#shared/run/result.ts';
import { aReport } from '#shared/testing/a-report.ts';
import { Random } from '../../fuzz/random.ts';
import { NaiveSchedule, type OwedSlot } from '../oracle/naive-schedule.ts';
import { naivelyPaused } from '../oracle/naive-windows.ts';
import type { HistoryWorld } from './history-world.ts';

/** Slots are made known to agents so often; an edit comes in between. */
const STEP_MS = 5_000;
const CLOSED_AFTER_MS = 30_000;
/** Of each location two agents take turns. */
const AGENTS = ['1', '2'] as const;

/** Brings the rows of every slot: at once, late, twice, in no order, all together after an outage, or never. */
export class HistoryResults {
  readonly #world: HistoryWorld;
  readonly #random: Random;
  readonly #schedule: NaiveSchedule;
  /** Locations that cannot deliver, and what waits there. */
  readonly #cutOff = new Map<string, IngestRow[]>();
  readonly #untilMs: number;

  constructor(world: HistoryWorld, seed: number, untilMs: number) {
    this.#world = world;
    this.#random = new Random(seed, 24);
    this.#schedule = new NaiveSchedule(world.model);
    this.#untilMs = untilMs;
    this.#step();
  }

  #step(): void {
    const { engine, checkIds } = this.#world;
    const fromMs = engine.nowMs;
    for (const checkId of checkIds) for (const slot of this.#schedule.owedOf(checkId, fromMs, fromMs + STEP_MS)) engine.after(slot.dueAtMs - fromMs, () => this.#due(slot));
    if (fromMs + STEP_MS < this.#untilMs) engine.after(STEP_MS, () => this.#step());
  }

  #due(slot: OwedSlot): void {
    const { model, engine } = this.#world;
    const { check, windows = [] } = model.checks.get(slot.checkId)!;
    const random = this.#random;
    const closesAfterMs = runBudgetMs(retryStrategyOf(check), check.maxResponseTime) + CLOSED_AFTER_MS + random.fraction() * 6_000;
    const isPaused = naivelyPaused(windows, check.tags, slot.dueAtMs);
    // Whoever closes slots leaves alone what has a row by then.
    if (!random.chance(0.1)) engine.after(closesAfterMs, () => this.#put([this.#gap(slot, isPaused ? 'maintenance' : this.#schedule.isAvailable(slot.locationId, slot.dueAtMs) ? 'agent_lost' : 'no_agent')]));
    if (isPaused || !this.#schedule.isAvailable(slot.locationId, slot.dueAtMs) || random.chance(0.04)) return;
    if (random.chance(0.04)) return this.#deliver([this.#gap(slot, random.pick(['previous_still_running', 'overloaded', 'clock_jump', 'agent_down'] as const))]);
    this.#run(slot, check.retryStrategy?.sameRegion === true);
  }

  #run(slot: OwedSlot, isRetriedHere: boolean): void {
    const { truth, engine, model } = this.#world;
    const { maxResponseTime } = model.checks.get(slot.checkId)!.check;
    const outcome = truth.outcome(slot.checkId, slot.locationId, slot.dueAtMs);
    const tookMs = this.#random.fraction() ** 2 * maxResponseTime;
    const isFinal = outcome !== 'failed' || !isRetriedHere;
    engine.after(tookMs, () => this.#deliver([this.#result(slot, { outcome, tookMs, isFinal })]));
    if (isFinal || this.#random.chance(0.1)) return;
    engine.after(tookMs + 1_000 + this.#random.fraction() * 3_000, () => {
      this.#deliver([this.#result(slot, { outcome: truth.outcome(slot.checkId, slot.locationId, engine.nowMs), tookMs: 500, isFinal: true, attempt: 2 })]);
    });
  }

  /** What the judge wants to know: from another location, or after a pause. */
  ordered({ check, locationId, runId, atMs, retryOf }: JudgeOrder): void {
    const { engine, truth } = this.#world;
    this.#world.sometimes(retryOf ? 'a retry in another location' : atMs === null ? 'another location is asked' : 'a look after a pause');
    if (this.#random.chance(0.15)) return;
    const orderedMs = Math.floor(engine.nowMs);
    const tookMs = this.#random.fraction() * check.check.maxResponseTime;
    engine.after(100 + tookMs, () => {
      const outcome = truth.outcome(check.checkId, locationId, engine.nowMs);
      const slot = { checkId: check.checkId, locationId: retryOf?.locationOwed ?? locationId, dueAtMs: retryOf?.dueAtMs ?? atMs ?? orderedMs };
      const identity = { runId: retryOf?.runId ?? runId, attempt: retryOf?.attempt ?? 1, trigger: retryOf ? 'retry' as const : 'confirm' as const, locationExecuted: locationId };
      this.#deliver([this.#result(slot, { outcome, tookMs, isFinal: true, ...identity, startedAtMs: engine.nowMs - tookMs })]);
    });
  }

  /** From now on nothing comes from there, and then everything at once. */
  cutOff(locationId: string, forMs: number): void {
    if (this.#cutOff.has(locationId)) return;
    this.#cutOff.set(locationId, []);
    this.#world.sometimes('a location cut off');
    this.#world.engine.after(forMs, () => {
      const waiting = this.#cutOff.get(locationId)!;
      this.#cutOff.delete(locationId);
      for (let from = 0; from < waiting.length; from += 20) this.#world.engine.after(from * 5, () => this.#put(shuffled(waiting.slice(from, from + 20), this.#random)));
    });
  }

  #deliver(rows: readonly IngestRow[]): void {
    const executedIn = rows[0]!.kind === 'result' ? rows[0]!.result.locationExecuted : rows[0]!.gap.locationOwed;
    const waiting = this.#cutOff.get(executedIn);
    if (waiting) return void waiting.push(...rows);
    const random = this.#random;
    const lateMs = random.chance(0.06) ? random.pick([3_000, 15_000, 60_000, 400_000, 1_100_000]) * random.fraction() : random.fraction() * 800;
    this.#world.engine.after(lateMs, () => this.#put(rows));
    if (random.chance(0.05)) this.#world.engine.after(lateMs + random.fraction() * 60_000, () => this.#put(rows));
  }

  #put(rows: readonly IngestRow[]): void {
    const { inserted } = this.#world.model.ingest(rows);
    if (inserted < rows.length) this.#world.sometimes('a duplicate row');
  }

  #gap(slot: OwedSlot, reason: GapReason): IngestRow {
    const { accountId } = this.#world;
    return { kind: 'gap', accountId, agentId: null, gap: { runId: runIdOf({ accountId, ...slot }), checkId: slot.checkId, locationOwed: slot.locationId, dueAtMs: slot.dueAtMs, reason } };
  }

  #result(slot: OwedSlot, { outcome, tookMs, ...changes }: { readonly outcome: Outcome; readonly tookMs: number } & Partial<AttemptResult>): IngestRow {
    const { accountId } = this.#world;
    const totalUs = Math.round(tookMs * 1000);
    const code = this.#random.chance(0.7) ? 'ECONNREFUSED' : 'ERR_ASSERTION';
    const result: AttemptResult = {
      runId: runIdOf({ accountId, ...slot }), checkId: slot.checkId, checkRevision: 1, locationOwed: slot.locationId, locationExecuted: slot.locationId,
      trigger: 'schedule', dueAtMs: slot.dueAtMs, attempt: 1, isFinal: true, startedAtMs: slot.dueAtMs + 1, latenessUs: 1_000, clockOffsetUs: 0, clockErrorUs: 0,
      failure: outcome === 'failed' ? { phase: code === 'ECONNREFUSED' ? 'connect' : 'assert', code, message: 'as the history has it' } : null,
      overMaxResponseTime: false, assertions: [], outcome, report: aReport({ timings: { ...NO_TIME, connectUs: totalUs, totalUs } }), ...changes,
    };
    return { kind: 'result', accountId, agentId: agentIn(result.locationExecuted, this.#random.pick(AGENTS)), isSurplus: false, result };
  }
}

export function agentIn(locationId: string, which: (typeof AGENTS)[number]): string {
  return `${locationId.slice(0, -1)}${which}`;
}

const NO_TIME = { dnsUs: 0, connectUs: 0, tlsUs: 0, sendUs: 0, firstByteUs: 0, dataUs: 0, totalUs: 0, idleUs: 0 };

function shuffled<T>(list: readonly T[], random: Random): readonly T[] {
  return list.map((item) => ({ item, at: random.fraction() })).sort((a, b) => a.at - b.at).map(({ item }) => item);
}

import { setMaxListeners } from 'node:events';
import { Judge } from '#coordinator/pipeline/judge-runs.ts';
import type { JudgeOrder } from '#coordinator/pipeline/judge-order.ts';
import type { PlannedCheck } from '#coordinator/pipeline/ports.ts';
import { NO_LOG } from './no-log.ts';
import { availabilityIndex, type AvailabilityIndex } from '#shared/schedule/availability.ts';
import { Process, type MachineClock } from '../engine/process.ts';
import { storeDoor } from '../model/store-door.ts';
import type { HistoryWorld } from './history-world.ts';

/** As the judge's own loop has them; what it would find by looking every half a second is looked up, which spares thousands of empty looks. */
const GATHER_MS = 50;
const LOOK_EVERY_MS = 5_000;
const LOOK_GAP_MS = 500;
const AFTER_TROUBLE_MS = 1_000;

/** One coordinator's judge: it dies at effects, and another takes its place after a while. */
export function keepJudging(world: HistoryWorld, name: string, onOrder: (order: JudgeOrder) => void): void {
  const clock: MachineClock = { offsetMs: world.random.fraction() * 200 - 100, sinceMs: world.engine.nowMs, drift: 0 };
  const start = (): void => {
    const process = new Process(name, world.engine, clock);
    process.onDeath(() => world.engine.after(300 + world.random.fraction() * 4_000, start));
    judgeUntilDeath(world, process, onOrder);
  };
  start();
}

function judgeUntilDeath(world: HistoryWorld, process: Process, onOrder: (order: JudgeOrder) => void): void {
  const { engine, random, model, plants } = world;
  const store = storeDoor({
    engine, random, model, weather: world.weather, process, hints: world.hints, writesOutsideTheTransaction: plants.has('alert-outside-the-transaction'),
    hooks: { sometimes: (what) => world.sometimes(what), effect: (dying, what) => dieMaybe(world, dying, what) },
  });
  const config = new KnownConfig(world);
  const judge = new Judge({ config, store, clock: process, log: NO_LOG, ids: () => world.newId(), order: (order) => Promise.resolve(onOrder(order)) });
  let next: { cancel(): void } | null = null;
  let nextMs = Infinity;
  let isAtIt = false;
  const wake = (afterMs: number): void => {
    if (!process.isAlive || isAtIt || engine.nowMs + afterMs >= nextMs) return;
    next?.cancel();
    nextMs = engine.nowMs + afterMs;
    next = process.setTimer(afterMs, turn);
  };
  const turn = (): void => {
    [nextMs, isAtIt] = [Infinity, true];
    judge.judgeTurn().then(() => LOOK_GAP_MS, () => AFTER_TROUBLE_MS).then((gapMs) => {
      isAtIt = false;
      wake(Math.max(gapMs, Math.min(LOOK_EVERY_MS, nextLookMs(world) - process.nowMs())));
    });
  };
  const refresh = (): void => void process.setTimer(random.fraction() ** 3 * 1_500, () => { config.refresh(); wake(GATHER_MS); });
  const hinted = (): void => wake(GATHER_MS + random.fraction() * 20);
  world.hints.config.add(refresh);
  world.hints.judge.add(hinted);
  process.onDeath(() => { world.hints.config.delete(refresh); world.hints.judge.delete(hinted); });
  wake(random.fraction() * 500);
}

/** The earliest look that anybody wants by time alone. */
function nextLookMs({ model }: HistoryWorld): number {
  let earliest = Infinity;
  for (const { nextLookMs: atMs } of model.judging.states.values()) if (atMs !== null && atMs < earliest) earliest = atMs;
  return earliest;
}

function dieMaybe(world: HistoryWorld, process: Process, what: string): void {
  const chance = what.endsWith('Notices') ? 4 * world.crashChance : world.crashChance;
  if (chance === 0 || !process.isAlive || !world.random.chance(chance)) return;
  world.engine.trace.note(world.engine.nowMs, `${process.name} is killed at: ${what}`);
  world.sometimes('killed at an effect');
  process.kill();
}

/** The config as a coordinator knows it: complete up to a revision, maybe not the newest. */
class KnownConfig {
  readonly #world: HistoryWorld;
  readonly #checks = new Map<string, PlannedCheck>();
  revision = 0;
  availability: AvailabilityIndex = availabilityIndex([]);

  constructor(world: HistoryWorld) {
    this.#world = world;
    this.refresh();
  }

  refresh(): void {
    const { model, plants } = this.#world;
    const news = model.loadConfig(this.revision);
    for (const check of news.checks) this.#checks.set(check.checkId, plants.has('pauses-unread') ? { ...check, windows: [] } : check);
    if (news.availability.length > 0) this.availability = availabilityIndex(model.availability);
    this.revision = news.revision;
  }

  checks(): Iterable<PlannedCheck> {
    return this.#checks.values();
  }

  check(id: string): PlannedCheck | undefined {
    return this.#checks.get(id);
  }

  location(id: string) {
    return this.#world.locations.find((location) => location.id === id);
  }
}

setMaxListeners(0);

import { Random } from '../fuzz/random.ts';
import { Operations } from './actors/operations.ts';
import { heal, plotFaults, type FaultName } from './faults.ts';
import { Disk } from './model/disk.ts';
import { Link } from './model/network.ts';
import { changeContext } from './model/surroundings-writes.ts';
import { watchBounds } from './oracle/bounds.ts';
import { NaiveSchedule } from './oracle/naive-schedule.ts';
import { settleAccounts } from './oracle/accounts.ts';
import type { PlantName } from './plants.ts';
import { aSimulatedCheck, aSimulatedContext } from './simulated-check.ts';
import { World } from './world.ts';

export type SeedOptions = {
  readonly seed: number;
  /** Simulated hours, warm-up and healing included; at least 0.25. */
  readonly hours: number;
  readonly plants?: ReadonlySet<PlantName>;
  /** What goes wrong; left out: whatever the seed chooses. */
  readonly faults?: readonly FaultName[] | undefined;
  /** Ends at the first violation that is seen on the way. */
  readonly stopsAtViolation?: boolean;
  /** Keep the last effects as text. */
  readonly isTraceKept?: boolean;
  /** Looks on from the beginning: a judge of its own, a debugger. */
  readonly onWorld?: (world: World) => void;
};

export type SeedReport = {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly faults: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  /** Of everything that happened: the same seed gives the same. */
  readonly traceHash: string;
  readonly events: number;
  readonly executions: number;
  readonly results: number;
  readonly gaps: number;
  readonly trace: readonly string[];
};

const START_MS = Date.UTC(2026, 10, 22, 12);
const LOCATIONS = 3;
const AGENTS_A_LOCATION = 2;
const COORDINATORS = 2;
const CHECKS = 30;
const WARM_UP_MS = 120_000;
/** From the healing to the end: every slot due before it, and some after, has to be closed by then. */
const AFTER_MS = 360_000;
/** The longest budget of a simulated check (42 s), 30 s, and the closer's own pace and lease. */
const CLOSED_AFTER_MS = 140_000;

/** One seed from its first event to its books. Whatever it depends on is the seed, the hours and the plants. */
export async function runSeed({ seed, hours, plants = new Set(), faults: wanted, isTraceKept = false, stopsAtViolation = false, onWorld }: SeedOptions): Promise<SeedReport> {
  const world = new World({ seed, plants, startMs: START_MS, isTraceKept });
  if (stopsAtViolation) world.engine.isEnough = () => world.violations.length > 0;
  onWorld?.(world);
  const ops = new Operations(world);
  const endMs = START_MS + hours * 3_600_000;
  build(world, seed);
  const schedule = new NaiveSchedule(world.model);
  world.watch.isOwed = (checkId, locationId, dueAtMs) => schedule.ownersOf(checkId, dueAtMs).includes(locationId);
  watchBounds(world);
  const warm = world.watch.disturbed(null, 'warm-up');
  for (const machine of world.coordinators) ops.startCoordinator(machine);
  for (const machine of world.agents) world.engine.after(1_000 + world.random.fraction() * 5_000, () => ops.startAgent(machine));
  const healAtMs = endMs - AFTER_MS;
  await world.engine.runUntil(START_MS + WARM_UP_MS / 2);
  warm();
  const faults = plotFaults(world, ops, { seed, fromMs: START_MS + WARM_UP_MS, healAtMs, faults: wanted });
  await world.engine.runUntil(healAtMs);
  const healing = world.watch.disturbed(null, 'healing');
  heal(world, ops);
  await world.engine.runUntil(healAtMs + 70_000);
  healing();
  await world.engine.runUntil(endMs);
  if (!world.engine.isEnough()) settleAccounts(world, endMs - CLOSED_AFTER_MS);
  if (!world.engine.isEnough()) world.naiveJudge.settle();
  const { engine, model, watch } = world;
  return {
    seed, violations: world.violations, faults, counts: world.counts, traceHash: engine.trace.hash, events: engine.events,
    executions: watch.executions.length, results: model.runs.results.size, gaps: model.runs.gaps.size, trace: engine.trace.tail,
  };
}

function build(world: World, seed: number): void {
  const random = new Random(seed, 6);
  for (let index = 0; index < COORDINATORS; index += 1) {
    world.coordinators.push({ name: `coordinator-${index}`, clock: { offsetMs: random.fraction() * 200 - 100, sinceMs: START_MS, drift: (random.fraction() - 0.5) * 1e-5 }, running: null });
  }
  for (let place = 0; place < LOCATIONS; place += 1) {
    const location = { id: world.newId(), code: `place-${place}`, name: `Place ${place}`, kind: 'public' as const, accountId: null };
    world.locations.push(location);
    world.model.addLocation(location, `key-${place}`);
    for (let index = 0; index < AGENTS_A_LOCATION; index += 1) {
      const latencyMs = 1 + random.fraction() ** 2 * 120;
      world.agents.push({
        name: `agent-${place}${'ab'[index]}`, agentId: world.newId(), locationId: location.id, locationKey: `key-${place}`,
        clock: { offsetMs: random.pick([0, 0, 30, -800, 3_000, -20_000]) * random.fraction(), sinceMs: START_MS, drift: (random.fraction() - 0.5) * random.pick([0, 2e-5, 4e-4]) },
        disk: new Disk(), random: new Random(seed, 7, place, index), capacity: random.pick([1_000, 1_000, 3_000]), concurrency: random.pick([4, 64, 256]),
        links: world.coordinators.map(() => new Link(latencyMs * (0.5 + random.fraction()), latencyMs * random.fraction())), running: null,
      });
    }
  }
  changeContext(world.model, world.accountId, aSimulatedContext(START_MS));
  for (let index = 0; index < CHECKS; index += 1) {
    const checkId = world.newId();
    world.checkIds.push(checkId);
    world.model.createCheck(world.accountId, checkId, aSimulatedCheck(index, world, random));
  }
}

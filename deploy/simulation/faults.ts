import { Random } from '../fuzz/random.ts';
import type { Operations } from './actors/operations.ts';
import { aSimulatedCheck } from './simulated-check.ts';
import type { AgentMachine, World } from './world.ts';

type Stage = { readonly world: World; readonly ops: Operations; readonly random: Random; readonly healAtMs: number };
type Fault = { readonly meanMinutes: number; readonly inject: (stage: Stage) => void };

/** What may go wrong in a seed, and about how often it then does. */
export const FAULTS = {
  'agents killed': { meanMinutes: 6, inject: ({ world, ops, random }) => {
    const machine = random.pick(world.agents);
    ops.kill(machine);
    world.engine.after(random.pick([200, 2_000, 9_000, 60_000, 240_000]) * (0.5 + random.fraction()), () => ops.startAgent(machine));
  } },
  'agents leaving': { meanMinutes: 5, inject: ({ world, ops, random }) => {
    const machine = random.pick(world.agents);
    ops.leave(machine);
    world.engine.after(15_000 + random.fraction() * 120_000, () => ops.startAgent(machine));
  } },
  'coordinators killed': { meanMinutes: 8, inject: ({ world, ops, random }) => {
    for (const machine of random.chance(0.2) ? world.coordinators : [random.pick(world.coordinators)]) {
      ops.kill(machine);
      world.engine.after(500 + random.fraction() * 40_000, () => ops.startCoordinator(machine));
    }
  } },
  'coordinators restarted': { meanMinutes: 10, inject: ({ world, ops, random }) => {
    const machine = random.pick(world.coordinators);
    ops.leave(machine);
    world.engine.after(2_000 + random.fraction() * 10_000, () => ops.startCoordinator(machine));
  } },
  'processes stopped': { meanMinutes: 8, inject: ({ world, random }) => {
    const machine = random.pick<{ readonly name: string; running: { readonly process: { stop(): void; continue(): void } } | null }>([...world.agents, ...world.agents, ...world.coordinators]);
    const stopped = machine.running?.process;
    if (!stopped) return;
    const over = world.watch.disturbed(world.agents.some(({ name }) => name === machine.name) ? machine.name : null, 'stopped');
    stopped.stop();
    world.sometimes('a process stopped');
    during({ world, ms: random.pick([1_500, 4_000, 15_000, 90_000]) * (0.5 + random.fraction()) }, () => { stopped.continue(); over(); });
  } },
  'killed at effects': { meanMinutes: 4, inject: ({ world, random }) => {
    world.crashChance = 0.01;
    during({ world, ms: 1_000 + random.fraction() * 5_000 }, () => { world.crashChance = 0; });
  } },
  'judges killed': { meanMinutes: 5, inject: ({ world, random }) => {
    world.tellingCrashChance = 0.4;
    during({ world, ms: 60_000 + random.fraction() * 120_000 }, () => { world.tellingCrashChance = 0; });
  } },
  'keepers stopped': { meanMinutes: 7, inject: ({ world, ops, random }) => {
    // Between what it saw of the agents and what it writes of them.
    world.onStopAt = (process) => {
      const over = world.watch.disturbed(null, 'stopped');
      process.stop();
      world.sometimes('a keeper stopped');
      during({ world, ms: random.pick([4_000, 15_000, 40_000]) * (0.5 + random.fraction()) }, () => { process.continue(); over(); });
    };
    world.stopBefore = 'appendRosters';
    const machine = random.pick(world.agents);
    ops.kill(machine);
    world.engine.after(20_000 + random.fraction() * 40_000, () => ops.startAgent(machine));
  } },
  'connections broken': { meanMinutes: 4, inject: ({ world, random }) => {
    const machine = random.pick(world.agents);
    disturbedFor(world, machine, 1_000, 'connection broken');
    for (const link of machine.links) link.breakAll();
    world.sometimes('a connection broken');
  } },
  'mute partitions': { meanMinutes: 5, inject: ({ world, random }) => {
    const machines = random.chance(0.3) ? world.agents.filter(({ locationId }) => locationId === random.pick(world.locations).id) : [random.pick(world.agents)];
    const to = random.pick([{ agent: true, coordinator: true }, { agent: true, coordinator: false }, { agent: false, coordinator: true }]);
    const ms = random.pick([1_000, 5_000, 12_000, 60_000, 200_000]) * (0.5 + random.fraction());
    for (const machine of machines) {
      const over = world.watch.disturbed(machine.name, 'mute');
      const links = random.chance(0.7) ? machine.links : [random.pick(machine.links)];
      for (const link of links) link.mute(to);
      world.sometimes(to.agent && to.coordinator ? 'a mute partition' : 'a one-way partition');
      during({ world, ms }, () => { for (const link of links) link.heal(); over(); });
    }
  } },
  'slow links': { meanMinutes: 8, inject: ({ world, random }) => {
    const machine = random.pick(world.agents);
    const over = world.watch.disturbed(machine.name, 'slow link');
    const before = machine.links.map(({ latencyMs, jitterMs }) => ({ latencyMs, jitterMs }));
    for (const link of machine.links) Object.assign(link, { latencyMs: 200 + random.fraction() * 800, jitterMs: random.fraction() * 1_500 });
    during({ world, ms: 20_000 + random.fraction() * 100_000 }, () => { machine.links.forEach((link, index) => Object.assign(link, before[index])); over(); });
  } },
  'postgres away': { meanMinutes: 12, inject: ({ world, random }) => {
    const over = world.watch.disturbed(null, 'postgres away');
    world.weather.isDown = true;
    world.sometimes('postgres away');
    during({ world, ms: random.pick([500, 5_000, 30_000, 120_000]) * (0.5 + random.fraction()) }, () => { world.weather.isDown = false; over(); });
  } },
  'postgres slow': { meanMinutes: 12, inject: ({ world, random }) => {
    const over = world.watch.disturbed(null, 'postgres slow');
    world.weather.slowMs = random.pick([300, 2_000, 12_000]);
    during({ world, ms: 10_000 + random.fraction() * 60_000 }, () => { world.weather.slowMs = 0; over(); });
  } },
  'commits unknown': { meanMinutes: 6, inject: ({ world, random }) => {
    const over = world.watch.disturbed(null, 'connections to postgres break');
    Object.assign(world.weather, { lostBefore: random.fraction() * 0.3, lostAfter: random.fraction() * 0.3 });
    during({ world, ms: 5_000 + random.fraction() * 60_000 }, () => { Object.assign(world.weather, { lostBefore: 0, lostAfter: 0 }); over(); });
  } },
  'clocks stepped': { meanMinutes: 10, inject: ({ world, random }) => {
    const machine = random.pick(world.agents);
    disturbedFor(world, machine, 8_000, 'clock stepped');
    machine.clock.offsetMs += random.pick([-3_600_000, -45_000, -4_000, -700, 700, 4_000, 45_000, 3_600_000]) * (0.5 + random.fraction());
    world.sometimes('a clock stepped');
  } },
  'disks failing': { meanMinutes: 12, inject: ({ world, random }) => {
    const machine = random.pick(world.agents);
    // What an agent saw meanwhile is lost if it ends before its disk obeys again.
    const over = world.watch.disturbed(machine.name, 'disk failing');
    machine.disk.weather.isFailing = true;
    world.sometimes('a disk failing');
    during({ world, ms: 1_000 + random.fraction() * 30_000 }, () => { machine.disk.weather.isFailing = false; over(); });
  } },
  'disks corrupted': { meanMinutes: 25, inject: ({ world, ops, random }) => {
    const machine = random.pick(world.agents);
    ops.kill(machine);
    machine.disk.corrupt();
    world.sometimes('a disk corrupted');
    world.engine.after(1_000 + random.fraction() * 30_000, () => ops.startAgent(machine));
  } },
  'targets in trouble': { meanMinutes: 3, inject: ({ world, random }) => {
    const hostname = `target-${random.int(0, world.checkIds.length - 1)}`;
    world.targets.set(hostname, random.pick(['slow', 'refusing', 'silent', 'unknown_name'] as const));
    world.sometimes('a target in trouble');
    during({ world, ms: 20_000 + random.fraction() * 300_000 }, () => world.targets.set(hostname, 'up'));
  } },
  'checks edited': { meanMinutes: 2, inject: ({ world, random }) => editOne(world, random) },
} as const satisfies Readonly<Record<string, Fault>>;
export type FaultName = keyof typeof FAULTS;

/** What is no trouble of Sonde's own, and goes on beside everything else. */
const OFTEN: ReadonlySet<FaultName> = new Set(['checks edited', 'targets in trouble']);

/** Chooses the seed's faults and lets them happen, each as often as it does, until everything is to heal. */
export function plotFaults(world: World, ops: Operations, { seed, fromMs, healAtMs, faults }: {
  readonly seed: number; readonly fromMs: number; readonly healAtMs: number;
  /** These and no others; left out: whatever the seed chooses. */
  readonly faults?: readonly FaultName[] | undefined;
}): readonly FaultName[] {
  const random = new Random(seed, 4);
  const share = random.pick([0, 0.15, 0.3, 0.6]);
  const chosen = faults ?? (Object.keys(FAULTS) as FaultName[]).filter((name) => random.chance(share) || (OFTEN.has(name) && random.chance(0.5)));
  for (const name of chosen) {
    const own = new Random(seed, 5, Object.keys(FAULTS).indexOf(name));
    const fault: Fault = FAULTS[name];
    const next = (afterMs: number): void => {
      const atMs = afterMs - Math.log(1 - own.fraction()) * fault.meanMinutes * 60_000;
      if (atMs >= healAtMs) return;
      world.engine.after(atMs - world.engine.nowMs, () => {
        world.engine.trace.note(world.engine.nowMs, `fault: ${name}`);
        world.sometimes(`fault: ${name}`);
        fault.inject({ world, ops, random: own, healAtMs });
        next(atMs);
      });
    };
    next(fromMs);
  }
  return chosen;
}

/** Everything is well again, at once. Clocks stay as wrong as they are: that is for the agents to bear. */
export function heal(world: World, ops: Operations): void {
  world.crashChance = 0;
  world.tellingCrashChance = 0;
  world.stopBefore = null;
  Object.assign(world.weather, { isDown: false, slowMs: 0, lostBefore: 0, lostAfter: 0 });
  world.targets.allUp();
  for (const machine of world.agents) {
    machine.disk.weather.isFailing = false;
    for (const link of machine.links) { Object.assign(link, { latencyMs: 20, jitterMs: 10 }); link.heal(); }
  }
  for (const machine of [...world.coordinators, ...world.agents]) {
    machine.running?.process.continue();
    ops.start(machine);
  }
  // One that was about to be gone is brought back, too.
  world.engine.after(60_000, () => { for (const machine of [...world.coordinators, ...world.agents]) ops.start(machine); });
}

function editOne(world: World, random: Random): void {
  const index = random.int(0, world.checkIds.length - 1);
  const checkId = world.checkIds[index]!;
  const check = world.definitionOf(checkId);
  if (!check || world.weather.isDown) return;
  world.sometimes('a check edited');
  if (random.chance(0.05)) return world.model.deleteCheck(checkId);
  world.model.replaceCheck(checkId, random.chance(0.3) ? { ...check, activated: !check.activated } : aSimulatedCheck(index, world, random));
}

function disturbedFor(world: World, machine: AgentMachine, ms: number, why: string): void {
  during({ world, ms }, world.watch.disturbed(machine.name, why));
}

function during({ world, ms }: { readonly world: World; readonly ms: number }, end: () => void): void {
  world.engine.after(ms, end);
}

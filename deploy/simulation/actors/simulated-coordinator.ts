import { setMaxListeners } from 'node:events';
import { FleetSide } from '#coordinator/fleet-side.ts';
import { Judge } from '#coordinator/pipeline/judge-runs.ts';
import { sleep } from '#shared/time/clock.ts';
import { Process } from '../engine/process.ts';
import { storeDoor } from '../model/store-door.ts';
import type { CoordinatorMachine, World } from '../world.ts';

export type SimulatedCoordinator = {
  readonly process: Process;
  readonly fleet: FleetSide;
  /** Does it let agents in yet? */
  isReady(): boolean;
  /** SIGTERM; the process is gone when it resolves. */
  leave(): Promise<void>;
};

/** Streams that were told to go away are cut after this (coordinator/sessions/fleet-server.ts). */
const CLOSE_WITHIN_MS = 1_000;

/** The coordinator's real side that faces agents, on a machine of the simulation. */
export function startSimulatedCoordinator(machine: CoordinatorMachine, world: World): SimulatedCoordinator {
  const { plants } = world;
  const process = new Process(machine.name, world.engine, machine.clock);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const store = storeDoor({
    engine: world.engine, random: world.random, model: world.model, weather: world.weather, process, hints: world.hints,
    hooks: { effect: world.effect, sometimes: (what) => world.sometimes(what) },
    acknowledgesEarly: plants.has('ack-before-commit'), writesOutsideTheTransaction: plants.has('alert-outside-the-transaction'),
    ...(plants.has('no-gap-for-the-lost') ? { drops: (row) => row.kind === 'gap' && row.agentId === null && row.gap.reason === 'agent_lost' } : {}),
  });
  const fleet = new FleetSide({
    store, clock: process, log: world.logOf(machine.name), ids: () => world.newId(), hashKey: (key) => Buffer.from(key), signal: stopping.signal,
  });
  const judge = new Judge({
    config: fleet.planner, store, clock: process, log: world.logOf(machine.name), ids: () => world.newId(), order: (order) => fleet.orderForJudge(order),
  });
  let isReady = false;
  void (async () => {
    // The process would end and be started anew by whoever looks after it.
    while (process.isAlive) {
      try {
        await fleet.start();
        judge.start(stopping.signal);
        isReady = true;
        return;
      } catch {
        await sleep(process, 1_000);
      }
    }
  })();
  return {
    process, fleet,
    isReady: () => isReady && process.isAlive && !stopping.signal.aborted,
    async leave() {
      stopping.abort();
      fleet.goAway('the coordinator is stopping');
      await sleep(process, CLOSE_WITHIN_MS);
      process.kill();
    },
  };
}


import type { Process } from '../engine/process.ts';
import type { AgentMachine, CoordinatorMachine, World } from '../world.ts';
import { startSimulatedAgent } from './simulated-agent.ts';
import { startSimulatedCoordinator } from './simulated-coordinator.ts';

/** Starts, kills and brings back what runs, and tells the watch that something was wrong meanwhile. */
export class Operations {
  readonly #world: World;
  readonly #over = new Map<string, () => void>();

  constructor(world: World) {
    this.#world = world;
    world.onCrash = (process) => this.#crashed(process);
  }

  startAgent(machine: AgentMachine): void {
    if (machine.running?.process.isAlive) return;
    this.#note(machine.name, 'starts');
    machine.running = startSimulatedAgent(machine, this.#world);
    this.#settled(machine.name);
  }

  startCoordinator(machine: CoordinatorMachine): void {
    if (machine.running?.process.isAlive) return;
    this.#note(machine.name, 'starts');
    machine.running = startSimulatedCoordinator(machine, this.#world);
    this.#settled(machine.name);
  }

  kill(machine: AgentMachine | CoordinatorMachine): void {
    if (!machine.running?.process.isAlive) return;
    this.#note(machine.name, 'is killed');
    this.#world.sometimes(isAgent(machine) ? 'an agent killed' : 'a coordinator killed');
    this.#disturbed(machine, 'killed');
    machine.running.process.kill();
  }

  /** SIGTERM; an agent's goodbye is no disturbance: zero missing and zero double slots. */
  leave(machine: AgentMachine | CoordinatorMachine): void {
    if (!machine.running?.process.isAlive) return;
    this.#note(machine.name, 'leaves');
    if (isAgent(machine)) {
      const isAlone = !this.#world.agents.some((other) => other !== machine && other.locationId === machine.locationId && other.running?.isConnected());
      if (isAlone || !machine.running.isConnected()) this.#disturbed(machine, 'left alone');
      else this.#world.watch.leaving(machine);
      this.#world.sometimes('a goodbye');
    } else {
      this.#disturbed(machine, 'stopping');
      this.#world.sometimes('a coordinator stopped');
    }
    void machine.running.leave();
  }

  start(machine: AgentMachine | CoordinatorMachine): void {
    if (isAgent(machine)) this.startAgent(machine);
    else this.startCoordinator(machine);
  }

  #crashed(process: Process): void {
    const machine = [...this.#world.agents, ...this.#world.coordinators].find(({ name }) => name === process.name);
    if (!machine) return;
    this.#disturbed(machine, 'killed at an effect');
    this.#world.engine.after(300 + this.#world.random.fraction() * 20_000, () => this.start(machine));
  }

  #disturbed(machine: AgentMachine | CoordinatorMachine, why: string): void {
    this.#settled(machine.name);
    this.#over.set(machine.name, this.#world.watch.disturbed(isAgent(machine) ? machine.name : null, why));
  }

  #settled(name: string): void {
    this.#over.get(name)?.();
    this.#over.delete(name);
  }

  #note(name: string, what: string): void {
    this.#world.engine.trace.note(this.#world.engine.nowMs, `${name} ${what}`);
  }
}

export function isAgent(machine: AgentMachine | CoordinatorMachine): machine is AgentMachine {
  return 'disk' in machine;
}

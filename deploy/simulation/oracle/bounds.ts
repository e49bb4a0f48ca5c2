import type { World } from '../world.ts';

const LOOK_EVERY_MS = 5_000;
/** Of one agent at one coordinator: the one it has, and those that are about to be found dead. */
const SESSIONS_MAX = 8;
/** A mark for every batch of a minute's outage of all judges, and more. */
const MARKS_MAX = 20_000;

/** I8: what grows while others are away stays within bounds, looked at every few seconds. */
export function watchBounds(world: World): void {
  const look = (): void => {
    for (const { name, running } of world.coordinators) {
      const sessions = running?.process.isAlive ? running.fleet.registry.all().length : 0;
      if (sessions > SESSIONS_MAX * world.agents.length) world.violate('I8', `${name} has ${sessions} sessions of ${world.agents.length} agents`);
    }
    const marks = [...world.model.judging.marks].length;
    if (marks > MARKS_MAX) world.violate('I8', `${marks} marks wait for a judge`);
    world.engine.after(LOOK_EVERY_MS, look);
  };
  look();
}

import type { World } from '../world.ts';

const LOOK_EVERY_MS = 1_000;
/** Looks in a row, all of them in fair weather, in which an older session of an agent may still be served: less than its silence would end it by itself. */
const OUTDATED_LOOKS_MAX = 4;
const SLOW_LINK_MS = 150;
/** As long as the slowest answer of a slow Postgres is still under way when it is fast again (faults.ts). */
const FAIR_LOOKS_MIN = 12;
/** Of one agent at one coordinator: the one it has, and those that are about to be found dead. */
const SESSIONS_MAX = 8;
/** A mark for every batch of a minute's outage of all judges, and more. */
const MARKS_MAX = 20_000;

/** I8: what grows while others are away stays within bounds. And the newest session of an agent is the only one that is served. */
export function watchBounds(world: World): void {
  const outdated = new Map<string, number>();
  let fairLooks = 0;
  const look = (): void => {
    fairLooks = isFair(world) ? fairLooks + 1 : 0;
    for (const { name, running } of world.coordinators) {
      const sessions = running?.process.isAlive ? running.fleet.registry.all().length : 0;
      if (sessions > SESSIONS_MAX * world.agents.length) world.violate('I8', `${name} has ${sessions} sessions of ${world.agents.length} agents`);
    }
    oldSessionsAreCut(world, outdated, fairLooks >= FAIR_LOOKS_MIN);
    const marks = [...world.model.judging.marks].length;
    if (marks > MARKS_MAX) world.violate('I8', `${marks} marks wait for a judge`);
    world.engine.after(LOOK_EVERY_MS, look);
  };
  look();
}

function isFair({ weather: { isDown, slowMs, lostBefore, lostAfter } }: World): boolean {
  return !isDown && slowMs === 0 && lostBefore === 0 && lostAfter === 0;
}

function oldSessionsAreCut(world: World, outdated: Map<string, number>, canBeSeen: boolean): void {
  for (const { name, running } of world.coordinators) {
    if (!running?.isReady() || running.process.isStopped) continue;
    for (const { sessionId, agentId, generation } of running.fleet.registry.all()) {
      // It goes when the agent answers, which takes its time over a slow link.
      const isNear = world.agents.find((machine) => machine.agentId === agentId)?.links.every(({ latencyMs }) => latencyMs < SLOW_LINK_MS) ?? true;
      const isOutdated = canBeSeen && isNear && generation < world.model.sessions.newestGeneration(agentId);
      const looks = isOutdated ? (outdated.get(sessionId) ?? 0) + 1 : 0;
      outdated.set(sessionId, looks);
      if (looks === OUTDATED_LOOKS_MAX) world.violate('one-session', `${name} still serves session ${generation} of agent ${agentId}, which has a newer one`);
    }
  }
}

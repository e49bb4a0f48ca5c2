import type { FleetSideDeps } from '#coordinator/fleet-side.ts';
import type { JudgingStore } from '#coordinator/pipeline/judging-port.ts';
import type { IngestRow } from '#coordinator/pipeline/ports.ts';
import type { Random } from '../../fuzz/random.ts';
import type { Engine } from '../engine/engine.ts';
import type { Process } from '../engine/process.ts';
import { judgingDoor } from './judging-door.ts';
import type { StoreModel } from './store-model.ts';

/** How Postgres and the way to it are at the moment. */
export type StoreWeather = {
  isDown: boolean;
  /** ms a call takes besides the way. */
  slowMs: number;
  /** Chances that a call fails before, or after, its commit; in [0, 1]. */
  lostBefore: number;
  lostAfter: number;
};

/** Who listens to which NOTIFY. */
export type Hints = { readonly config: Set<() => void>; readonly fleet: Set<() => void>; readonly shots: Set<() => void>; readonly judge: Set<() => void> };

export type StoreDoorDeps = {
  readonly engine: Engine;
  readonly random: Random;
  readonly model: StoreModel;
  readonly weather: StoreWeather;
  readonly process: Process;
  readonly hooks: {
    readonly effect: (process: Process, what: string) => void;
    readonly sometimes: (what: string) => void;
  };
  readonly hints: Hints;
  /** Planted: answers `ingest` before it has been done. */
  readonly acknowledgesEarly?: boolean;
  /** Planted: what the judge writes is there before its commit. */
  readonly writesOutsideTheTransaction?: boolean;
  /** Planted: rows that are left out of `ingest`. */
  readonly drops?: (row: IngestRow) => boolean;
};

type Store = FleetSideDeps['store'] & JudgingStore;

/**
 * One coordinator's way to Postgres: every call takes its time, may find Postgres away, may fail without having
 * happened, and may have happened though it failed (a commit nobody heard of). A dead process hears nothing.
 */
export function storeDoor(deps: StoreDoorDeps): Store {
  const { model, process } = deps;
  const call = <Answer>(what: string, apply: () => Answer): Promise<Answer> => ask(deps, what, apply);
  return {
    configRevision: () => call('configRevision', () => model.revision),
    loadConfig: (since) => call('loadConfig', () => model.loadConfig(since)),
    appendAvailability: (changes, fence) => call('appendAvailability', () => model.appendAvailability(changes, fence)),
    appendRosters: (rosters, fence) => call('appendRosters', () => model.appendRosters(rosters, fence)),
    onConfigHint: (callback) => listen(deps, deps.hints.config, callback),
    onFleetHint: (callback) => listen(deps, deps.hints.fleet, callback),
    ingest(rows) {
      const taken = deps.drops ? rows.filter((row) => !deps.drops!(row)) : rows;
      const done = call('ingest', () => {
        const counts = model.ingest(taken);
        if (counts.duplicates > 0) deps.hooks.sometimes('a duplicate row');
        return counts;
      });
      if (!deps.acknowledgesEarly) return done;
      done.catch(() => undefined);
      return Promise.resolve({ inserted: rows.length, duplicates: 0 });
    },
    enrol: (hello, decide) => call('enrol', () => model.enrol(hello, decide)),
    openSession: (session) => call('openSession', () => model.sessions.open(session)),
    findSession: (id) => call('findSession', () => model.sessions.find(id)),
    touchSessions: (coordinatorId, beats) => call('touchSessions', () => model.sessions.touch(coordinatorId, beats)),
    sayGoodbye: (id, lastSlotMs) => call('sayGoodbye', () => model.sessions.sayGoodbye(id, lastSlotMs)),
    closeSession: (id, why) => call('closeSession', () => model.sessions.close(id, why)),
    joinCoordinators: (id) => call('joinCoordinators', () => model.sessions.join(id)),
    leaveCoordinators: () => call('leaveCoordinators', () => undefined),
    observeAgents: () => call('observeAgents', () => model.sessions.observeAgents()),
    findCutOff: (ids) => call('findCutOff', () => model.sessions.findCutOff(ids)),
    recentOpenings: (_location, agentId, withinMs) => call('recentOpenings', () => model.sessions.recentOpenings(agentId, withinMs)),
    noteConflict: (_location, agentId) => call('noteConflict', () => { model.sessions.conflicts.add(agentId); }),
    recordShot: (shot) => call('recordShot', () => model.shots.record(shot)),
    findShots: (ids) => call('findShots', () => model.shots.find(ids)),
    orderShots: (shots) => call('orderShots', () => model.shots.order(shots)),
    orderDeploys: (orders) => call('orderDeploys', () => model.shots.orderDeploys(orders)),
    claimShots: (id, locationIds, max) => call('claimShots', () => model.shots.claim(id, locationIds, max)),
    releaseShot: (id) => call('releaseShot', () => model.shots.release(id)),
    answerShot: (id, answer) => call('answerShot', () => model.shots.answer(id, answer)),
    takeAnswers: (ids) => call('takeAnswers', () => model.shots.takeAnswers(ids)),
    forgetShots: () => call('forgetShots', () => model.shots.forget()),
    hasAgent: (locationId) => call('hasAgent', () => model.sessions.hasAgent(locationId)),
    onShotHint: (callback) => listen(deps, deps.hints.shots, callback),
    acquireLease: (name, holder, ttlMs) => call('acquireLease', () => model.acquireLease(name, holder, ttlMs, process.nowMs())),
    releaseLease: (lease) => call('releaseLease', () => model.releaseLease(lease)),
    closedThroughMs: () => call('closedThroughMs', () => model.closedThroughMs),
    moveClosedThrough: (lease, dueMs) => call('moveClosedThrough', () => model.moveClosedThrough(lease, dueMs)),
    findUnsettled: (runs) => call('findUnsettled', () => model.findUnsettled(runs)),
    ...judgingDoor({
      model: model.judging, isAlive: () => process.isAlive, onDeath: (callback) => process.onDeath(callback), call,
      onHint: (callback) => listen(deps, deps.hints.judge, callback), writesOutsideTheTransaction: deps.writesOutsideTheTransaction ?? false,
    }),
    ...WITHOUT_WITNESSES,
    listReplacedDefinitions: (sinceMs) => call('listReplacedDefinitions', () => model.listReplacedDefinitions(sinceMs)),
  };
}

/** Simulated agents have no witnesses (they are for the targets' networks, which are not modelled): nothing of this is to be asked for. */
const WITHOUT_WITNESSES: Pick<Store, 'noteWitnesses' | 'windowsOfAgent' | 'seenElsewhere' | 'openImpairedWindow' | 'closeImpairedWindow' | 'withdrawImpairedWindow' | 'impairedWindows'> = {
  noteWitnesses: (rows) => (rows.length === 0 ? Promise.resolve() : unasked('noteWitnesses')),
  windowsOfAgent: () => unasked('windowsOfAgent'),
  seenElsewhere: () => unasked('seenElsewhere'),
  openImpairedWindow: () => unasked('openImpairedWindow'),
  closeImpairedWindow: () => unasked('closeImpairedWindow'),
  withdrawImpairedWindow: () => unasked('withdrawImpairedWindow'),
  impairedWindows: () => Promise.resolve([]),
};

function unasked(what: string): Promise<never> {
  return Promise.reject(new Error(`${what}: there are no witnesses in the simulation`));
}

function ask<Answer>({ engine, random, weather, process, hooks }: StoreDoorDeps, what: string, apply: () => Answer): Promise<Answer> {
  if (!process.isAlive) return NEVER;
  hooks.effect(process, what);
  if (!process.isAlive) return NEVER;
  // One that is stopped asks when it goes on.
  return new Promise((resolve, reject) => process.reach(() => {
    const wayMs = (): number => 0.3 + random.fraction() * 2;
    const answer = (settle: () => void): void => {
      engine.after(wayMs(), () => process.reach(() => {
        settle();
        hooks.effect(process, what);
      }));
    };
    engine.after(wayMs() + weather.slowMs * random.fraction(), () => {
      if (weather.isDown || random.chance(weather.lostBefore)) return answer(() => reject(new Error(`${what}: Postgres is away`)));
      let result: Answer;
      try {
        result = apply();
      } catch (error) {
        // What Postgres refuses, a transaction that ended with its connection among it, is an answer.
        return answer(() => reject(error));
      }
      if (WRITES.has(what)) engine.trace.note(engine.nowMs, `${process.name} committed ${what}`);
      if (random.chance(weather.lostAfter)) {
        if (WRITES.has(what)) hooks.sometimes('a commit nobody heard of');
        return answer(() => reject(new Error(`${what}: the connection was lost`)));
      }
      answer(() => resolve(result));
    });
  }));
}

function listen({ engine, random, process }: StoreDoorDeps, listeners: Set<() => void>, callback: () => void): () => void {
  const hint = (): void => { engine.after(random.fraction() * 20, () => process.reach(callback)); };
  listeners.add(hint);
  process.onDeath(() => listeners.delete(hint));
  return () => { listeners.delete(hint); };
}

const NEVER = new Promise<never>(() => undefined);
const WRITES: ReadonlySet<string> = new Set(['ingest', 'appendAvailability', 'appendRosters', 'openSession', 'closeSession', 'moveClosedThrough', 'recordShot', 'enrol', 'commitJudged', 'commitNotices']);

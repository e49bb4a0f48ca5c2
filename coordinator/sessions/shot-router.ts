import * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Log } from '#shared/log.ts';
import type { Clock, Timer } from '#shared/time/clock.ts';
import { resultsFromWire } from '#shared/wire/results-from-wire.ts';
import { resultsToWire } from '#shared/wire/results-to-wire.ts';
import type { ClaimedShot, RoutedAnswer, ShotRouteStore } from '../pipeline/shot-port.ts';
import { pulse } from '../pulse.ts';
import type { SessionRegistry } from './session-registry.ts';
import type { ShotAnswer, ShotDesk } from './shot-desk.ts';

/** The poll behind the hints. */
const LOOK_EVERY_MS = 1_000;
const LOOK_GAP_MIN_MS = 10;
/** Taken at once; what remains is somebody else's, or the next look's. */
const CLAIMS_MAX = 200;
const FORGET_EVERY_MS = 60_000;

/**
 * The way of a shot between coordinators, over Postgres: takes what is ordered for the locations whose agents are
 * connected here, has it run, and hands the answer back to the coordinator that waits for it. A shot is taken once.
 */
export class ShotRouter {
  readonly #deps: ShotRouterDeps;
  /** Ordered here, run elsewhere. Bounded by the API's limit of runs in flight. */
  readonly #waiting = new Map<string, { timer: Timer; resolve: (answer: ShotAnswer) => void }>();
  #wake = (): void => undefined;
  #forgottenAtUs = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: ShotRouterDeps) {
    this.#deps = deps;
  }

  start(signal: AbortSignal): void {
    const { store, clock, log } = this.#deps;
    this.#loop = pulse(() => this.look(), {
      everyMs: LOOK_EVERY_MS, gapMs: LOOK_GAP_MIN_MS, clock, signal,
      onHint: (callback) => {
        this.#wake = callback;
        return store.onShotHint(callback);
      },
      onTrouble: (error) => log.warn({ err: error }, 'could not look for shots; trying again'),
    });
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** Something was ordered here: no need to wait for the hint. */
  wake(): void {
    this.#wake();
  }

  /** Resolves with the answer from wherever the shot is run, or after `timeoutMs`. */
  expect(runId: string, timeoutMs: number): Promise<ShotAnswer> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.setTimer(timeoutMs, () => this.#answer(runId, { kind: 'timeout' }));
      this.#waiting.set(runId, { timer, resolve });
    });
  }

  /** It was never ordered: nobody waits. */
  forget(runId: string): void {
    this.#answer(runId, { kind: 'no_agent' });
  }

  async look(): Promise<void> {
    const { store, registry, clock, coordinatorId } = this.#deps;
    if (this.#waiting.size > 0) {
      for (const { runId, answer } of await store.takeAnswers([...this.#waiting.keys()])) this.#answer(runId, fromRouted(answer));
    }
    const locations = [...new Set(registry.all().filter(({ lastSlotMs }) => lastSlotMs === null).map(({ location }) => location.id))];
    if (locations.length > 0) {
      const claimed = await store.claimShots(coordinatorId, locations, CLAIMS_MAX);
      for (const shot of claimed) void this.#fire(shot);
      if (claimed.length === CLAIMS_MAX) this.#wake();
    }
    if (clock.monotonicUs() - this.#forgottenAtUs > FORGET_EVERY_MS * 1000) {
      this.#forgottenAtUs = clock.monotonicUs();
      await store.forgetShots();
    }
  }

  async #fire({ runId, locationId, shot, leftMs }: ClaimedShot): Promise<void> {
    const { store, registry, desk, log } = this.#deps;
    try {
      const [session] = registry.staying(locationId);
      if (!session) {
        await store.releaseShot(runId);
        return;
      }
      const timeoutMs = Math.max(1, Math.round(leftMs));
      const answer = desk.expect(runId, session.agentId, timeoutMs);
      session.send({ $case: 'shot', value: { ...pb.Shot.decode(shot), timeoutMs } });
      await store.answerShot(runId, toRouted(await answer));
    } catch (error) {
      log.warn({ err: error, runId }, 'could not hand on a shot or its answer');
    }
  }

  #answer(runId: string, answer: ShotAnswer): void {
    const waiting = this.#waiting.get(runId);
    if (!waiting) return;
    this.#waiting.delete(runId);
    waiting.timer.cancel();
    waiting.resolve(answer);
  }
}

function toRouted(answer: ShotAnswer): RoutedAnswer {
  if (answer.kind !== 'done') return { kind: answer.kind };
  return { kind: 'done', agentId: answer.result.agentId, result: pb.ResultBatch.encode(resultsToWire([answer.result])).finish() };
}

function fromRouted(answer: RoutedAnswer): ShotAnswer {
  switch (answer.kind) {
    case 'refused': return { kind: 'refused', reason: 'told by the coordinator that has the agent' };
    case 'no_agent': case 'timeout': return { kind: answer.kind };
    case 'done': {
      const [result] = resultsFromWire(pb.ResultBatch.decode(answer.result));
      return result ? { kind: 'done', result: { ...result, agentId: answer.agentId } } : { kind: 'refused', reason: 'the answer was empty' };
    }
  }
}

export type ShotRouterDeps = {
  readonly store: ShotRouteStore;
  readonly registry: SessionRegistry;
  readonly desk: ShotDesk;
  readonly coordinatorId: string;
  readonly clock: Clock;
  readonly log: Log;
};

import type { Log } from '#shared/log.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import type { LiveSession, SessionRegistry } from '../sessions/session-registry.ts';
import type { LivenessStore } from './liveness-port.ts';
import type { HeardBeat, SessionStore } from './ports.ts';

/** Each heartbeat (2 s) is told once, in a batch, at most this late. */
const TELL_EVERY_MS = 1_000;

/**
 * Tells Postgres, every second, that this coordinator lives and which agents it has heard since: the leases of both
 * (rules.md 26). A session that says nothing is not prolonged, whatever TCP thinks of it.
 */
export class LivenessTeller {
  readonly #deps: LivenessDeps;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: LivenessDeps) {
    this.#deps = deps;
  }

  /** Known among the coordinators once this has resolved. */
  async start(signal: AbortSignal): Promise<void> {
    const { store, clock, log, coordinatorId } = this.#deps;
    await store.joinCoordinators(coordinatorId);
    this.#loop = (async () => {
      while (!signal.aborted) {
        await sleep(clock, TELL_EVERY_MS, signal);
        if (signal.aborted) break;
        await this.tell().catch((error: unknown) => log.warn({ err: error }, 'could not tell which agents live; trying again'));
      }
      await store.leaveCoordinators(coordinatorId).catch(() => undefined);
    })();
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  async tell(): Promise<void> {
    const { store, registry, clock, coordinatorId } = this.#deps;
    const heard = registry.all().filter(({ heardAtUs, toldHeardAtUs }) => heardAtUs > toldHeardAtUs).map((session) => ({ session, heardAtUs: session.heardAtUs }));
    await store.touchSessions(coordinatorId, heard.map(({ session }) => beatOf(session, clock.monotonicUs())));
    for (const { session, heardAtUs } of heard) session.toldHeardAtUs = heardAtUs;
  }
}

function beatOf(session: LiveSession, nowUs: number): HeardBeat {
  const { sessionId, heardAtUs, lastSlotMs, beat } = session;
  return { ...(beat ?? emptyBeat(sessionId)), heardAgoMs: (nowUs - heardAtUs) / 1000, lastSlotMs };
}

export function emptyBeat(sessionId: string) {
  return { sessionId, appliedRevision: 0, rejected: [], inFlight: 0, spoolDepth: 0, latenessP99Us: 0, loopDelayP99Us: 0, clockOffsetUs: 0, clockErrorUs: 0, engine: null, engineReason: '' };
}

export type LivenessDeps = {
  readonly store: Pick<SessionStore, 'touchSessions'> & LivenessStore;
  readonly registry: SessionRegistry;
  readonly clock: Clock;
  readonly log: Log;
  readonly coordinatorId: string;
};

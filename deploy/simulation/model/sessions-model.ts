import type { Opening } from '#coordinator/fleet/detect-conflict.ts';
import { hadSaidGoodbye } from '#coordinator/fleet/had-said-goodbye.ts';
import type { Sighting } from '#coordinator/fleet/presence.ts';
import type { OwedRun } from '#coordinator/pipeline/closing-port.ts';
import type { HeardBeat, SessionBeat, SessionStore } from '#coordinator/pipeline/ports.ts';
import type { CutOff } from '#coordinator/sessions/enrolment-port.ts';

export type SessionRow = {
  readonly sessionId: string; readonly agentId: string; readonly locationId: string; readonly generation: number;
  readonly capacity: number; readonly coordinatorId: string | null;
  readonly openedAtMs: number; closedAtMs: number | null; lastSeenMs: number; rejected: SessionBeat['rejected'];
  isClosedByCoordinator: boolean; lastSlotMs: number | null;
};

/** Of agents away for longer nothing is told any more (coordinator/store/liveness.ts). */
const LOOK_BACK_MS = 600_000;
/** rules.md 26. */
const LEASE_MS = 6_000;
/** Sessions of an agent that are kept (coordinator/store/sessions.ts). */
const SESSIONS_KEPT = 20;

/** Agents' sessions, their generations, and who was heard of when, as coordinator/store/sessions.ts and liveness.ts keep them. */
export class SessionsModel {
  /** When each coordinator was last heard of. */
  readonly coordinators = new Map<string, number>();
  readonly conflicts = new Set<string>();
  readonly #sessions = new Map<string, SessionRow>();
  readonly #generations = new Map<string, number>();
  readonly #openings = new Map<string, Opening[]>();
  readonly #deps: SessionsModelDeps;

  constructor(deps: SessionsModelDeps) {
    this.#deps = deps;
  }

  get nowMs(): number {
    return this.#deps.nowMs();
  }

  open({ agentId, locationId, instanceId, capacity, coordinatorId }: Parameters<SessionStore['openSession']>[0]): { readonly sessionId: string; readonly generation: number } {
    const generation = (this.#generations.get(agentId) ?? 0) + 1;
    this.#generations.set(agentId, generation);
    this.#openings.set(agentId, [...this.#openings.get(agentId) ?? [], { instanceId, openedAtMs: this.nowMs }].slice(-20));
    for (const session of this.#sessions.values()) {
      if (session.agentId !== agentId) continue;
      if (session.closedAtMs === null && !this.#deps.ignoresGenerations) session.closedAtMs = this.nowMs;
      if (session.generation <= generation - SESSIONS_KEPT) this.#sessions.delete(session.sessionId);
    }
    const sessionId = this.#deps.newId();
    this.#sessions.set(sessionId, {
      sessionId, agentId, locationId, generation, capacity, coordinatorId: coordinatorId ?? null, openedAtMs: this.nowMs, closedAtMs: null,
      lastSeenMs: this.nowMs, rejected: [], isClosedByCoordinator: false, lastSlotMs: null,
    });
    this.#deps.onHint();
    return { sessionId, generation };
  }

  join(coordinatorId: string): void {
    this.coordinators.set(coordinatorId, this.coordinators.get(coordinatorId) ?? this.nowMs);
  }

  observeAgents(): { readonly nowMs: number; readonly sightings: readonly Sighting[] } {
    const { nowMs } = this;
    const agoMs = (instantMs: number): number => Math.max(0, nowMs - instantMs);
    const sightings = [...this.#sessions.values()].filter((session) => this.#isNewest(session) && Math.max(session.lastSeenMs, session.closedAtMs ?? -Infinity) > nowMs - LOOK_BACK_MS)
      .map((session): Sighting => {
        const seenMs = session.coordinatorId === null ? undefined : this.coordinators.get(session.coordinatorId);
        return {
          agentId: session.agentId, locationId: session.locationId, capacity: session.capacity, isDraining: false, heardAgoMs: agoMs(session.lastSeenMs),
          closedAgoMs: session.closedAtMs === null ? null : agoMs(session.closedAtMs), isClosedByCoordinator: session.isClosedByCoordinator,
          lastSlotMs: session.lastSlotMs, coordinatorAgoMs: seenMs === undefined ? null : agoMs(seenMs),
        };
      });
    return { nowMs, sightings };
  }

  hasAgent(locationId: string): boolean {
    return [...this.#sessions.values()].some((session) => session.locationId === locationId && this.#isNewest(session) && session.closedAtMs === null
      && session.lastSeenMs > this.nowMs - LEASE_MS && session.lastSlotMs === null);
  }

  #isNewest({ agentId, generation }: Pick<SessionRow, 'agentId' | 'generation'>): boolean {
    return this.#deps.ignoresGenerations || this.#generations.get(agentId) === generation;
  }

  /** Of the agent's newest session. */
  newestGeneration(agentId: string): number {
    return this.#generations.get(agentId) ?? 0;
  }

  findCutOff(sessionIds: readonly string[]): readonly CutOff[] {
    if (this.#deps.ignoresGenerations) return [];
    return sessionIds.flatMap((sessionId): CutOff[] => {
      const session = this.#sessions.get(sessionId);
      return session && !this.#isNewest(session) ? [{ sessionId, code: 'superseded' }] : [];
    });
  }

  find(sessionId: string) {
    const session = this.#sessions.get(sessionId);
    if (!session) return null;
    const { agentId, locationId, generation } = session;
    return { agentId, locationId, generation, isNewest: this.#isNewest(session) };
  }

  touch(coordinatorId: string, beats: readonly HeardBeat[]): void {
    this.coordinators.set(coordinatorId, this.nowMs);
    for (const { sessionId, rejected, heardAgoMs, lastSlotMs } of beats) {
      const session = this.#sessions.get(sessionId);
      if (!session || session.closedAtMs !== null) continue;
      session.lastSeenMs = Math.max(session.lastSeenMs, this.nowMs - Math.max(0, heardAgoMs));
      session.lastSlotMs = lastSlotMs ?? session.lastSlotMs;
      session.rejected = rejected;
    }
  }

  sayGoodbye(sessionId: string, lastSlotMs: number): void {
    const session = this.#sessions.get(sessionId);
    if (session) session.lastSlotMs = lastSlotMs;
    this.#deps.onHint();
  }

  close(sessionId: string, why: 'ended' | 'coordinator_stops' = 'ended'): void {
    const session = this.#sessions.get(sessionId);
    if (session && session.closedAtMs === null) Object.assign(session, { closedAtMs: this.nowMs, isClosedByCoordinator: why === 'coordinator_stops' });
    this.#deps.onHint();
  }

  recentOpenings(agentId: string, withinMs: number): readonly Opening[] {
    return (this.#openings.get(agentId) ?? []).filter(({ openedAtMs }) => openedAtMs > this.nowMs - withinMs);
  }

  /** Had an agent that was there when the run was due refused its check? */
  wasRejected({ checkId, locationId, dueAtMs }: OwedRun): boolean {
    return [...this.#sessions.values()].some((session) => session.locationId === locationId && session.openedAtMs <= dueAtMs
      && (session.closedAtMs === null || session.closedAtMs >= dueAtMs) && session.rejected.some((rejection) => rejection.checkId === checkId));
  }

  /** Had who was there last said goodbye when the run was due? */
  wasStopped({ locationId, dueAtMs }: OwedRun): boolean {
    return hadSaidGoodbye([...this.#sessions.values()].filter((session) => session.locationId === locationId), dueAtMs);
  }
}

export type SessionsModelDeps = {
  /** Postgres' clock. */
  readonly nowMs: () => number;
  readonly newId: () => string;
  /** NOTIFY. */
  readonly onHint: () => void;
  /** Planted: an older session of an agent still counts. */
  readonly ignoresGenerations: boolean;
};

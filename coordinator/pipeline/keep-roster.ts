import type { Log } from '#shared/log.ts';
import type { AvailabilityChange } from '#shared/schedule/epoch.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import { chooseHolder } from '../fleet/choose-holder.ts';
import { newPresence, observePresence, type LocationPresence } from '../fleet/location-availability.ts';
import type { LiveSession, SessionRegistry } from '../sessions/session-registry.ts';
import type { AssignmentPlanner } from './plan-assignments.ts';
import type { PlanStore, SessionStore } from './ports.ts';

const LOOK_EVERY_MS = 1_000;
/** After a start, absent holders keep their place: a coordinator's outage is no agent's death (rules.md 26). */
const RETURN_GRACE_MS = 8_000;
/** A holder that vanished without a goodbye keeps its place for its lease. */
const LEASE_MS = 6_000;
/** Availability is announced ahead, so that agents know before it is in force (rules.md 2: ≥ commit + 1 s). */
const ANNOUNCE_MS = 2_000;

/** Who runs a location's assignments, and whether the location counts as available: looked at once a second and at every coming and going. */
export class RosterKeeper {
  readonly #deps: RosterDeps;
  readonly #holders = new Map<string, { agentId: string | null; absentSinceMs: number | null }>();
  readonly #presences = new Map<string, LocationPresence>();
  #startedAtMs = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: RosterDeps) {
    this.#deps = deps;
  }

  async start(signal: AbortSignal): Promise<void> {
    const { store, planner, clock, log } = this.#deps;
    this.#startedAtMs = clock.nowMs();
    for (const [locationId, agentId] of await store.listHolders()) this.#holders.set(locationId, { agentId, absentSinceMs: this.#startedAtMs });
    for (const { id } of planner.locations()) {
      this.#presences.set(id, newPresence(planner.availability.isAvailable(id, this.#startedAtMs + ANNOUNCE_MS), this.#startedAtMs));
    }
    this.#loop = (async () => {
      while (!signal.aborted) {
        await sleep(clock, LOOK_EVERY_MS, signal);
        if (signal.aborted) return;
        await this.#look().catch((error: unknown) => log.warn({ err: error }, 'could not keep the roster; trying again'));
      }
    })();
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** A session came, went or said goodbye. */
  rosterChanged(locationId: string): void {
    this.#choose(locationId);
  }

  async #look(): Promise<void> {
    const { planner, registry, store } = this.#deps;
    for (const { id } of planner.locations()) this.#choose(id);
    await this.#observeAvailability();
    const beats = registry.all().flatMap(({ beat }) => (beat ? [beat] : []));
    if (beats.length > 0) await store.touchSessions(beats);
  }

  #choose(locationId: string): void {
    const { registry, clock, store, log, sendSnapshot } = this.#deps;
    const nowMs = clock.nowMs();
    const sessions = registry.inLocation(locationId);
    const candidates = registry.candidates(locationId);
    const known = this.#holders.get(locationId) ?? { agentId: null, absentSinceMs: null };
    const holderSession = sessions.find(({ agentId }) => agentId === known.agentId);
    const isAbsent = !holderSession;
    const absentSinceMs = isAbsent ? known.absentSinceMs ?? nowMs : null;
    const saidGoodbye = holderSession?.saidGoodbye === true || this.#goodbyes.has(known.agentId ?? '');
    const mayReturn = isAbsent && !saidGoodbye && known.agentId !== null
      && (nowMs - this.#startedAtMs < RETURN_GRACE_MS || nowMs - absentSinceMs! < LEASE_MS);
    for (const session of sessions) {
      if (session.saidGoodbye) this.#goodbyes.add(session.agentId);
      else this.#goodbyes.delete(session.agentId);
    }
    const agentId = chooseHolder(known.agentId, candidates, mayReturn);
    this.#holders.set(locationId, { agentId, absentSinceMs: agentId === known.agentId ? absentSinceMs : null });
    if (agentId !== known.agentId) {
      store.setHolder(locationId, agentId).catch((error: unknown) => log.warn({ err: error }, 'could not store the holder'));
    }
    for (const session of sessions) {
      const isHolder = session.agentId === agentId;
      if (session.isHolder === isHolder) continue;
      session.isHolder = isHolder;
      if (session.sentRevision > 0) sendSnapshot(session);
    }
  }

  readonly #goodbyes = new Set<string>();

  async #observeAvailability(): Promise<void> {
    const { planner, registry, clock, plan, log } = this.#deps;
    const nowMs = clock.nowMs();
    const changes: AvailabilityChange[] = [];
    for (const { id, code } of planner.locations()) {
      const before = this.#presences.get(id) ?? newPresence(false, nowMs);
      const { presence, changed } = observePresence(before, registry.candidates(id).length > 0, nowMs);
      if (!changed) { this.#presences.set(id, presence); continue; }
      log.info({ location: code, available: presence.available }, 'location availability changes');
      changes.push({ locationId: id, fromAtMs: Math.ceil(nowMs) + ANNOUNCE_MS, available: presence.available });
    }
    if (changes.length === 0) return;
    await plan.appendAvailability(changes);
    // Only what is stored counts as changed: a failed write is looked at again in a second.
    for (const { locationId, available } of changes) {
      const before = this.#presences.get(locationId) ?? newPresence(false, nowMs);
      this.#presences.set(locationId, { ...observePresence(before, registry.candidates(locationId).length > 0, nowMs).presence, available });
    }
  }
}

export type RosterDeps = {
  readonly store: SessionStore;
  readonly plan: PlanStore;
  readonly planner: AssignmentPlanner;
  readonly registry: SessionRegistry;
  readonly clock: Clock;
  readonly log: Log;
  readonly sendSnapshot: (session: LiveSession) => void;
};

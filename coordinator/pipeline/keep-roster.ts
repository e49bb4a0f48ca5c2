import type { Log } from '#shared/log.ts';
import type { AvailabilityChange } from '#shared/schedule/epoch.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import { newPresence, observePresence, type LocationPresence } from '../fleet/location-availability.ts';
import { nextRoster, type Presence } from '../fleet/roster.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';
import type { AssignmentPlanner } from './plan-assignments.ts';
import type { PlanStore, SessionStore } from './ports.ts';

const LOOK_EVERY_MS = 1_000;
/** After a start, absent members keep their place: a coordinator's outage is no agent's death (rules.md 26). */
const RETURN_GRACE_MS = 8_000;
/** Availability is announced ahead, so that agents know before it is in force (rules.md 2: ≥ commit + 1 s). */
const ANNOUNCE_MS = 2_000;

/**
 * Who shares a location's work, and whether the location counts as available: looked at once a second and at every
 * coming and going. What is decided (pure) becomes a row from an instant on; the planner reads it back and tells.
 */
export class RosterKeeper {
  readonly #deps: RosterDeps;
  readonly #gone = new Map<string, { readonly sinceMs: number; readonly lastSlotMs: number | null }>();
  readonly #presences = new Map<string, LocationPresence>();
  readonly #writing = new Set<string>();
  #startedAtMs = 0;
  #signal: AbortSignal | null = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: RosterDeps) {
    this.#deps = deps;
  }

  start(signal: AbortSignal): void {
    const { planner, clock, log } = this.#deps;
    this.#startedAtMs = clock.nowMs();
    this.#signal = signal;
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
    void this.#keepRoster(locationId);
  }

  async #look(): Promise<void> {
    const { planner, registry, store } = this.#deps;
    for (const { id } of planner.locations()) await this.#keepRoster(id);
    await this.#observeAvailability();
    const beats = registry.all().flatMap(({ beat }) => (beat ? [beat] : []));
    if (beats.length > 0) await store.touchSessions(beats);
  }

  /** One row at a time per location: the next is decided on what the last one made of it. */
  async #keepRoster(locationId: string): Promise<void> {
    const { planner, clock, plan, log } = this.#deps;
    if (this.#writing.has(locationId) || this.#signal?.aborted) return;
    const nowMs = clock.nowMs();
    const members = planner.members(locationId);
    const next = nextRoster(members, this.#presencesIn(locationId, nowMs), { nowMs, mayAllReturn: nowMs - this.#startedAtMs < RETURN_GRACE_MS });
    if (!next) return;
    this.#writing.add(locationId);
    try {
      await plan.appendRoster({ locationId, ...next });
      await planner.refresh();
      log.info({ location: planner.location(locationId)?.code, agents: next.members.length }, 'roster changes');
    } catch (error) {
      log.warn({ err: error }, 'could not change a roster; trying again in a second');
    } finally {
      this.#writing.delete(locationId);
    }
  }

  #presencesIn(locationId: string, nowMs: number): readonly Presence[] {
    const { planner, registry } = this.#deps;
    const live = registry.inLocation(locationId).map(({ agentId, weight, lastSlotMs }): Presence => {
      if (lastSlotMs === null) this.#gone.delete(agentId);
      else this.#gone.set(agentId, { sinceMs: nowMs, lastSlotMs });
      return { agentId, weight, isLive: true, lastSlotMs, absentSinceMs: null };
    });
    const absent = planner.members(locationId).filter(({ agentId }) => !live.some((presence) => presence.agentId === agentId)).map(({ agentId, weight }): Presence => {
      const gone = this.#gone.get(agentId) ?? { sinceMs: nowMs, lastSlotMs: null };
      this.#gone.set(agentId, gone);
      return { agentId, weight, isLive: false, lastSlotMs: gone.lastSlotMs, absentSinceMs: gone.sinceMs };
    });
    return [...live, ...absent];
  }

  async #observeAvailability(): Promise<void> {
    const { planner, registry, clock, plan, log } = this.#deps;
    const nowMs = clock.nowMs();
    const looked = planner.locations().map(({ id, code }) => {
      const before = this.#presences.get(id) ?? newPresence(false, nowMs);
      return { id, code, before, ...observePresence(before, registry.staying(id).length > 0, nowMs) };
    });
    const changes = looked.filter(({ changed }) => changed).map(({ id, presence }): AvailabilityChange => (
      { locationId: id, fromAtMs: Math.ceil(nowMs) + ANNOUNCE_MS, available: presence.available }
    ));
    // What is not stored did not happen: a failed write leaves all as it was, and is looked at again in a second.
    if (changes.length > 0) await plan.appendAvailability(changes);
    for (const { id, code, presence, changed } of looked) {
      this.#presences.set(id, presence);
      if (changed) log.info({ location: code, available: presence.available }, 'location availability changes');
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
};

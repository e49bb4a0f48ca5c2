import type { Log } from '#shared/log.ts';
import type { AvailabilityChange } from '#shared/schedule/epoch.ts';
import type { Clock } from '#shared/time/clock.ts';
import { newPresence, observePresence, type LocationPresence } from '../fleet/location-availability.ts';
import { isHere, presenceOf, type ReturnGrace, type Sighting } from '../fleet/presence.ts';
import { returnGraceMs, rosterGraceOf } from '../fleet/reconnect-window.ts';
import { nextRoster, type Presence } from '../fleet/roster.ts';
import { pulse } from '../pulse.ts';
import type { Lease, LeaseStore } from './closing-port.ts';
import type { LivenessStore } from './liveness-port.ts';
import type { AssignmentPlanner } from './plan-assignments.ts';
import type { PlanStore } from './ports.ts';

const LOOK_EVERY_MS = 1_000;
const LOOK_GAP_MIN_MS = 100;
/** A look at a thousand agents takes tens of ms, and is hinted at by every one of them that comes back. */
const REST_PER_LOOK = 4;
export const KEEPER_LEASE = 'roster-keeper';
/** A keeper that died is replaced this long after its last look. */
const LEASE_TTL_MS = 4_000;
/** Who did not look for this long, itself or its Postgres having been away, knows as little as who has just begun. */
const LOOK_GAP_MAX_MS = 3_000;
/** Availability is announced ahead, so that agents know before it is in force (rules.md 2: ≥ commit + 1 s). */
const ANNOUNCE_MS = 2_000;

/**
 * Who shares a location's work, and whether the location counts as available: looked at once a second and at every
 * coming and going, wherever the agents are connected. Of several coordinators one does it, by a lease that every
 * write is fenced with; all of them read the rows back as config. What is decided is pure, and by Postgres' clock.
 *
 * Its states: waiting (another holds the lease) → holding → waiting (lease lost: what was seen is dropped). Who has not
 * looked for long, waiting or holding, holds with grace at first: nobody is out yet, since no heartbeat can have reached
 * Postgres meanwhile, and a coordinator's outage is no agent's death (rules.md 26). Who was there all along while another
 * held goes on where that one ended.
 */
export class RosterKeeper {
  readonly #deps: RosterDeps;
  readonly #presences = new Map<string, LocationPresence>();
  #lease: Lease | null = null;
  #lookedAtUs = Number.NEGATIVE_INFINITY;
  /** Since when it has looked without a break. */
  #lookingSinceUs = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: RosterDeps) {
    this.#deps = deps;
  }

  /** Does this coordinator decide at the moment? */
  get isHolding(): boolean {
    return this.#lease !== null;
  }

  start(signal: AbortSignal): void {
    const { store, clock, log } = this.#deps;
    this.#loop = pulse(() => this.look(), {
      everyMs: LOOK_EVERY_MS, gapMs: LOOK_GAP_MIN_MS, restPerLook: REST_PER_LOOK, onHint: (callback) => store.onFleetHint(callback), clock, signal,
      onTrouble: (error) => log.warn({ err: error }, 'could not keep the rosters; trying again'),
    }).then(async () => {
      // Somebody else need not wait for it to run out.
      if (this.#lease) await store.releaseLease(this.#lease).catch(() => undefined);
      this.#lease = null;
    });
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** One look: decides for every location, if it is on us. */
  async look(): Promise<void> {
    const { store, planner, clock } = this.#deps;
    const lease = await this.#holdLease();
    // An answer, whichever, shows that Postgres is there.
    if (clock.monotonicUs() - this.#lookedAtUs > LOOK_GAP_MAX_MS * 1000) this.#lookingSinceUs = clock.monotonicUs();
    this.#lookedAtUs = clock.monotonicUs();
    if (!lease) return;
    await planner.refresh();
    const { nowMs, sightings } = await store.observeAgents();
    const graceMs = returnGraceMs(sightings.length);
    const seen: Seen = {
      nowMs, lease, mayAllReturn: clock.monotonicUs() - this.#lookingSinceUs < graceMs * 1000,
      forRosters: byLocation(sightings, nowMs, rosterGraceOf(sightings.length)),
      forAvailability: byLocation(sightings, nowMs, { afterStopMs: graceMs, afterCrashMs: graceMs }),
    };
    if (!await this.#keepRosters(seen) || !await this.#keepAvailability(seen)) this.#drop();
  }

  async #holdLease(): Promise<Lease | null> {
    const { store, holder, log } = this.#deps;
    const lease = await store.acquireLease(KEEPER_LEASE, holder, LEASE_TTL_MS);
    if (lease?.token !== this.#lease?.token) {
      this.#drop();
      if (lease) log.info({ token: lease.token }, 'keeping rosters is on this coordinator');
    }
    this.#lease = lease;
    return lease;
  }

  /** False: the lease has passed on. */
  async #keepRosters({ nowMs, lease, mayAllReturn, forRosters }: Seen): Promise<boolean> {
    const { planner, plan, log } = this.#deps;
    const changes = planner.locations().flatMap(({ id, code }) => {
      const next = nextRoster(planner.members(id), forRosters.get(id) ?? [], { nowMs, mayAllReturn });
      return next ? [{ code, roster: { locationId: id, ...next } }] : [];
    });
    if (changes.length === 0) return true;
    if (!await plan.appendRosters(changes.map(({ roster }) => roster), lease)) return false;
    for (const { code, roster } of changes) log.info({ location: code, agents: roster.members.length }, 'roster changes');
    await planner.refresh();
    return true;
  }

  /** False: the lease has passed on. */
  async #keepAvailability({ nowMs, lease, mayAllReturn, forAvailability }: Seen): Promise<boolean> {
    const { planner, plan, log } = this.#deps;
    const looked = planner.locations().map(({ id, code }) => {
      const isAvailable = planner.availability.isAvailable(id, nowMs + 2 * ANNOUNCE_MS);
      const agents = forAvailability.get(id) ?? [];
      const lastSeenMs = Math.max(0, ...agents.map(({ absentSinceMs }) => absentSinceMs ?? nowMs));
      const before = this.#presences.get(id) ?? newPresence(isAvailable, mayAllReturn ? nowMs : lastSeenMs);
      const hasAgent = agents.some((agent) => isHere(agent, nowMs)) || (mayAllReturn && before.available);
      return { id, code, ...observePresence(before, hasAgent, nowMs, lastSeenMs) };
    });
    const changes = looked.filter(({ changed }) => changed).map(({ id, presence }): AvailabilityChange => (
      { locationId: id, fromAtMs: Math.ceil(nowMs) + ANNOUNCE_MS, available: presence.available }
    ));
    // What is not stored did not happen: a failed write leaves all as it was, and is looked at again in a second.
    if (!await plan.appendAvailability(changes, lease)) return false;
    for (const { id, code, presence, changed } of looked) {
      this.#presences.set(id, presence);
      if (changed) log.info({ location: code, available: presence.available }, 'location availability changes');
    }
    return true;
  }

  #drop(): void {
    this.#lease = null;
    this.#presences.clear();
  }
}

/** All of one look; instants in ms since the epoch by Postgres' clock. */
type Seen = {
  readonly nowMs: number;
  readonly lease: Lease;
  readonly mayAllReturn: boolean;
  /** By location. */
  readonly forRosters: ReadonlyMap<string, readonly Presence[]>;
  readonly forAvailability: ReadonlyMap<string, readonly Presence[]>;
};

function byLocation(sightings: readonly Sighting[], nowMs: number, grace: ReturnGrace): ReadonlyMap<string, readonly Presence[]> {
  return Map.groupBy(sightings.map((sighting) => ({ locationId: sighting.locationId, ...presenceOf(sighting, nowMs, grace) })), ({ locationId }) => locationId);
}

export type RosterDeps = {
  readonly store: LivenessStore & LeaseStore;
  readonly plan: PlanStore;
  readonly planner: AssignmentPlanner;
  /** Who this is, among coordinators; another at every start. */
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Log;
};

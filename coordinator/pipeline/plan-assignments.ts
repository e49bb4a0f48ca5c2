import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Log } from '#shared/log.ts';
import type { Location } from '#shared/check/location.ts';
import type { Assignment } from '#shared/run/assignment.ts';
import { availabilityIndex, type AvailabilityIndex } from '#shared/schedule/availability.ts';
import { EPOCH_LEAD_MS, type AvailabilityChange } from '#shared/schedule/epoch.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import { WakeableSleep } from '#shared/time/wakeable-sleep.ts';
import { assignmentToWire } from '#shared/wire/assignment.ts';
import type { Member } from '../fleet/rendezvous.ts';
import type { RosterEpoch } from '../fleet/roster.ts';
import { planCheck, wantsDeployRun } from '../planning/plan-check.ts';
import { shareOf } from '../planning/share-turns.ts';
import type { PlannedCheck, PlanStore } from './ports.ts';

/** What changed for a location: some of its checks, or, with a new roster, who has which. */
export type PlanChange = { readonly locationId: string; readonly checkIds: ReadonlySet<string> | 'all' };

/** The poll behind the NOTIFY: a lost hint costs this much. */
const POLL_EVERY_MS = 1_000;
/** Rosters that ended longer ago than agents look back are of no use to anybody. */
const PAST_ROSTERS_MS = 60_000;

/** Pauses that have come into sight since are cut out of the turns: far more often than `PAUSES_AHEAD_MS`. */
const PAUSES_EVERY_MS = 6 * 3_600_000;

/** Locations whose agents are told of a change before others have their turn. */
const LOCATIONS_PER_TURN = 10;

type LocationPlan = Map<string, Omit<Assignment, 'digest'>>;

/**
 * Keeps the plan of every location current: reads what changed since the revision it knows, plans those checks anew
 * (pure), and says which locations are touched. The revision poll is the truth, NOTIFY only a hint.
 */
export class AssignmentPlanner {
  readonly #checks = new Map<string, PlannedCheck>();
  readonly #locations = new Map<string, Location>();
  readonly #plans = new Map<string, LocationPlan>();
  readonly #rosters = new Map<string, readonly RosterEpoch[]>();
  readonly #deps: PlannerDeps;
  #changes: readonly AvailabilityChange[] = [];
  #availability = availabilityIndex([]);
  #revision = 0;
  #pausesSeenAtMs = 0;
  #loop: Promise<void> = Promise.resolve();
  #refreshing: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #knownUntilMs = 0;

  constructor(deps: PlannerDeps) {
    this.#deps = deps;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Whatever governs the slots due before this is known: no change begins earlier than that after its commit (rules.md 2); ms since the epoch. */
  get knownUntilMs(): number {
    return this.#knownUntilMs;
  }

  check(checkId: string): PlannedCheck | undefined {
    return this.#checks.get(checkId);
  }

  checks(): Iterable<PlannedCheck> {
    return this.#checks.values();
  }

  location(id: string): Location | undefined {
    return this.#locations.get(id);
  }

  locations(): readonly Location[] {
    return [...this.#locations.values()];
  }

  get availability(): AvailabilityIndex {
    return this.#availability;
  }

  /** Of the newest roster, whether or not it is in force yet. */
  members(locationId: string): readonly Member[] {
    return this.#rosters.get(locationId)?.at(-1)?.members ?? [];
  }

  /** An agent's part of its location's work; of the given checks only, or of all. */
  assignmentsFor(locationId: string, agentId: string, checkIds: ReadonlySet<string> | 'all'): ReadonlyMap<string, pb.Assignment> {
    const plan: LocationPlan = this.#plans.get(locationId) ?? new Map();
    const rosters = this.#rosters.get(locationId) ?? [];
    const part = new Map<string, pb.Assignment>();
    for (const checkId of checkIds === 'all' ? plan.keys() : checkIds) {
      const assignment = plan.get(checkId);
      const turns = assignment ? shareOf(agentId, checkId, assignment.turns, rosters) : [];
      if (assignment && turns.length > 0) part.set(checkId, assignmentToWire({ ...assignment, turns }));
    }
    return part;
  }

  /** Reads and plans until the signal aborts; the first read is awaited by `start`. */
  async start(signal: AbortSignal): Promise<void> {
    await this.refresh(true);
    const waiting = new WakeableSleep();
    const stopHints = this.#deps.store.onConfigHint(() => waiting.wake());
    signal.addEventListener('abort', stopHints, { once: true });
    this.#loop = (async () => {
      while (!signal.aborted) {
        await waiting.sleep(this.#deps.clock, POLL_EVERY_MS, signal);
        if (signal.aborted) return;
        await this.refresh(false).catch((error: unknown) => this.#deps.log.warn({ err: error }, 'could not read the config; trying again'));
      }
    })();
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** Brings the plans up to the store's revision; one at a time, so that every change is taken once. */
  refresh(isFirst = false): Promise<void> {
    // Whoever asks while one is waiting for its turn is served by that.
    if (this.#next) return this.#next;
    const turn = this.#refreshing.then(() => {
      this.#next = null;
      return this.#refreshNow(isFirst);
    });
    this.#next = turn;
    this.#refreshing = turn.catch(() => undefined);
    return turn;
  }

  async #refreshNow(isFirst: boolean): Promise<void> {
    const { store, clock, onDeploy } = this.#deps;
    await this.#lookForPauses(clock.nowMs());
    const askedAtMs = clock.nowMs();
    const isCurrent = !isFirst && (await store.configRevision()) === this.#revision;
    const news = isCurrent ? null : await store.loadConfig(this.#revision);
    this.#knownUntilMs = Math.max(this.#knownUntilMs, askedAtMs + EPOCH_LEAD_MS);
    if (!news || (!isFirst && news.revision === this.#revision)) return;
    for (const location of news.locations) this.#locations.set(location.id, location);
    const rosterChanged = this.#takeRosters(news.rosters, clock.nowMs());
    if (news.availability.length > 0) {
      this.#changes = [...this.#changes, ...news.availability];
      this.#availability = availabilityIndex(this.#changes);
    }
    const deploys = news.checks.filter((check) => !isFirst && wantsDeployRun(this.#checks.get(check.checkId), check));
    for (const check of news.checks) this.#checks.set(check.checkId, check);
    const changed = this.#planAnew(news.availability.length > 0 ? [...this.#checks.values()] : news.checks, clock.nowMs());
    this.#revision = news.revision;
    await this.#tell([...new Set([...changed.keys(), ...rosterChanged])].map((locationId) => ({ locationId, checkIds: rosterChanged.has(locationId) ? 'all' : changed.get(locationId)! })));
    if (deploys.length > 0) onDeploy(deploys);
  }

  /** A change to thousands of agents takes seconds: others have their turn in between, heartbeats above all. */
  async #tell(changes: readonly PlanChange[]): Promise<void> {
    for (const [index, change] of changes.entries()) {
      if (index % LOCATIONS_PER_TURN === LOCATIONS_PER_TURN - 1) await sleep(this.#deps.clock, 0);
      this.#deps.onChange(change);
    }
  }

  /** Windows repeat without a change of the config. */
  async #lookForPauses(nowMs: number): Promise<void> {
    if (nowMs - this.#pausesSeenAtMs < PAUSES_EVERY_MS) return;
    this.#pausesSeenAtMs = nowMs;
    const paused = [...this.#checks.values()].filter(({ windows = [] }) => windows.length > 0);
    await this.#tell([...this.#planAnew(paused, nowMs)].map(([locationId, checkIds]) => ({ locationId, checkIds })));
  }

  #takeRosters(news: readonly RosterEpoch[], nowMs: number): ReadonlySet<string> {
    for (const roster of news) {
      const known = [...this.#rosters.get(roster.locationId) ?? [], roster];
      const governing = known.findLastIndex(({ fromAtMs }) => fromAtMs <= nowMs - PAST_ROSTERS_MS);
      this.#rosters.set(roster.locationId, known.slice(Math.max(0, governing)));
    }
    return new Set(news.map(({ locationId }) => locationId));
  }

  /** The locations whose plan of these checks changed, and the checks. */
  #planAnew(checks: readonly PlannedCheck[], nowMs: number): Map<string, Set<string>> {
    const changed = new Map<string, Set<string>>();
    for (const check of checks) {
      const planned = planCheck(check, this.#availability, nowMs);
      for (const locationId of new Set([...planned.keys(), ...this.#plans.keys()])) {
        const plan: LocationPlan = this.#plans.get(locationId) ?? new Map();
        this.#plans.set(locationId, plan);
        const assignment = planned.get(locationId);
        if (assignment) plan.set(check.checkId, assignment);
        else if (!plan.delete(check.checkId)) continue;
        changed.set(locationId, (changed.get(locationId) ?? new Set()).add(check.checkId));
      }
    }
    return changed;
  }
}

export type PlannerDeps = {
  readonly store: PlanStore;
  readonly clock: Clock;
  readonly log: Log;
  /** A location's plan or roster changed. */
  readonly onChange: (change: PlanChange) => void;
  /** Checks were created, activated or edited in what they do: each is to run once where its next turn is. */
  readonly onDeploy: (checks: readonly PlannedCheck[]) => void;
};

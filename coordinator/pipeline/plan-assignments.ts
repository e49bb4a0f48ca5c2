import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Log } from '#shared/log.ts';
import type { Location } from '#shared/check/location.ts';
import { availabilityIndex, type AvailabilityIndex } from '#shared/schedule/availability.ts';
import type { AvailabilityChange } from '#shared/schedule/epoch.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import { assignmentToWire, configHash } from '#shared/wire/assignment.ts';
import { planCheck, wantsDeployRun } from '../planning/plan-check.ts';
import type { PlannedCheck, PlanStore } from './ports.ts';

/** What one location's agent is to hold, and what the last change to it was. */
export type LocationPlan = {
  readonly revision: number;
  readonly hash: Buffer;
  readonly assignments: ReadonlyMap<string, pb.Assignment>;
};

export type PlanChange = { readonly locationId: string; readonly delta: pb.Delta };

/** The poll behind the NOTIFY: a lost hint costs this much. */
const POLL_EVERY_MS = 1_000;

/**
 * Keeps the plan of every location current: reads what changed since the revision it knows, plans those checks anew
 * (pure), and tells listeners each location's delta. The revision poll is the truth, NOTIFY only a hint.
 */
export class AssignmentPlanner {
  readonly #checks = new Map<string, PlannedCheck>();
  readonly #locations = new Map<string, Location>();
  readonly #plans = new Map<string, { revision: number; assignments: Map<string, pb.Assignment>; digests: Map<string, Uint8Array> }>();
  readonly #deps: PlannerDeps;
  #changes: readonly AvailabilityChange[] = [];
  #availability = availabilityIndex([]);
  #revision = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: PlannerDeps) {
    this.#deps = deps;
  }

  get revision(): number {
    return this.#revision;
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

  planOf(locationId: string): LocationPlan {
    const plan = this.#plans.get(locationId);
    if (!plan) return { revision: this.#revision, hash: configHash(new Map()), assignments: new Map() };
    return { revision: plan.revision, hash: configHash(plan.digests), assignments: plan.assignments };
  }

  /** Reads and plans until the signal aborts; the first read is awaited by `start`. */
  async start(signal: AbortSignal): Promise<void> {
    await this.refresh(true);
    let wake = (): void => undefined;
    const stopHints = this.#deps.store.onConfigHint(() => wake());
    signal.addEventListener('abort', stopHints, { once: true });
    this.#loop = (async () => {
      while (!signal.aborted) {
        const hint = new AbortController();
        wake = () => hint.abort();
        await sleep(this.#deps.clock, POLL_EVERY_MS, AbortSignal.any([signal, hint.signal]));
        if (signal.aborted) return;
        await this.refresh(false).catch((error: unknown) => this.#deps.log.warn({ err: error }, 'could not read the config; trying again'));
      }
    })();
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** Brings the plans up to the store's revision. */
  async refresh(isFirst = false): Promise<void> {
    const { store, clock } = this.#deps;
    if (!isFirst && (await store.configRevision()) === this.#revision) return;
    const news = await store.loadConfig(this.#revision);
    if (!isFirst && news.revision === this.#revision) return;
    const isAvailabilityNew = news.availability.length > 0;
    if (isAvailabilityNew) {
      this.#changes = [...this.#changes, ...news.availability];
      this.#availability = availabilityIndex(this.#changes);
    }
    for (const location of news.locations) this.#locations.set(location.id, location);

    const deploys = news.checks.filter((check) => !isFirst && wantsDeployRun(this.#checks.get(check.checkId), check));
    for (const check of news.checks) this.#checks.set(check.checkId, check);
    const toPlan = isAvailabilityNew ? [...this.#checks.values()] : news.checks;
    const baseRevisions = new Map([...this.#plans].map(([id, plan]) => [id, plan.revision]));
    this.#revision = news.revision;
    const changes = this.#planAnew(toPlan, clock.nowMs());
    for (const [locationId, change] of changes) {
      const plan = this.#plans.get(locationId)!;
      this.#deps.onChange({
        locationId,
        delta: {
          baseRevision: BigInt(baseRevisions.get(locationId) ?? 0),
          revision: BigInt(plan.revision),
          hash: configHash(plan.digests),
          upserts: change.upserts,
          removals: change.removals,
        },
      });
    }
    for (const check of deploys) this.#deps.onDeploy(check);
  }

  #planAnew(checks: readonly PlannedCheck[], nowMs: number): Map<string, { upserts: pb.Assignment[]; removals: string[] }> {
    const changes = new Map<string, { upserts: pb.Assignment[]; removals: string[] }>();
    const changeOf = (locationId: string) => {
      const change = changes.get(locationId) ?? { upserts: [], removals: [] };
      changes.set(locationId, change);
      return change;
    };
    for (const check of checks) {
      const planned = planCheck(check, this.#availability, nowMs);
      for (const locationId of new Set([...planned.keys(), ...this.#plans.keys()])) {
        const plan = this.#planFor(locationId);
        const assignment = planned.get(locationId);
        if (assignment) {
          const message = assignmentToWire(assignment);
          const known = plan.digests.get(check.checkId);
          if (known && Buffer.from(known).equals(message.digest)) continue;
          plan.assignments.set(check.checkId, message);
          plan.digests.set(check.checkId, message.digest);
          changeOf(locationId).upserts.push(message);
        } else if (plan.assignments.delete(check.checkId)) {
          plan.digests.delete(check.checkId);
          changeOf(locationId).removals.push(check.checkId);
        }
      }
    }
    for (const locationId of changes.keys()) this.#planFor(locationId).revision = this.#revision;
    return changes;
  }

  #planFor(locationId: string) {
    const plan = this.#plans.get(locationId) ?? { revision: 0, assignments: new Map<string, pb.Assignment>(), digests: new Map<string, Uint8Array>() };
    this.#plans.set(locationId, plan);
    return plan;
  }
}

export type PlannerDeps = {
  readonly store: PlanStore;
  readonly clock: Clock;
  readonly log: Log;
  /** A location's plan changed. */
  readonly onChange: (change: PlanChange) => void;
  /** A check was created, activated or edited in what it does: run it once where its next turn is. */
  readonly onDeploy: (check: PlannedCheck) => void;
};

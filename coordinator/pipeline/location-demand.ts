import { demandOf } from '../fleet/forecast-load.ts';
import type { AssignmentPlanner } from './plan-assignments.ts';
import type { PlannedCheck } from './ports.ts';

/** What the checks of all accounts ask of each location, by the config this coordinator knows; counted once a revision. */
export class LocationDemand {
  readonly #planner: Pick<AssignmentPlanner, 'revision' | 'checks' | 'check'>;
  #demands: { readonly revision: number; readonly byLocation: ReadonlyMap<string, number> } | null = null;

  constructor(planner: Pick<AssignmentPlanner, 'revision' | 'checks' | 'check'>) {
    this.#planner = planner;
  }

  /** Attempts under way at once in a location, those of `exceptCheckId` left out: it is being changed. */
  in(locationId: string, exceptCheckId?: string): number {
    const { revision } = this.#planner;
    if (this.#demands?.revision !== revision) this.#demands = { revision, byLocation: countAll(this.#planner.checks()) };
    const all = this.#demands.byLocation.get(locationId) ?? 0;
    const left = exceptCheckId === undefined ? undefined : this.#planner.check(exceptCheckId);
    return Math.max(0, all - (left?.epochs.at(-1)?.order.includes(locationId) ? demandOfPlanned(left) : 0));
  }
}

function countAll(checks: Iterable<PlannedCheck>): ReadonlyMap<string, number> {
  const byLocation = new Map<string, number>();
  for (const check of checks) {
    const demand = demandOfPlanned(check);
    if (demand === 0) continue;
    for (const id of check.epochs.at(-1)!.order) byLocation.set(id, (byLocation.get(id) ?? 0) + demand);
  }
  return byLocation;
}

function demandOfPlanned({ check, isDeleted, epochs }: PlannedCheck): number {
  const epoch = epochs.at(-1);
  return isDeleted || !epoch ? 0 : demandOf(check, epoch);
}

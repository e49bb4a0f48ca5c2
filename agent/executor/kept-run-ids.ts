import { RunIds } from '#shared/check/run-ids.ts';
import type { Assignment } from '#shared/run/assignment.ts';

/** What the run ids of an assignment have in common, for as long as it is held: half a kilobyte for two microseconds a run. */
export class KeptRunIds {
  readonly #kept = new WeakMap<Assignment, { readonly locationId: string; readonly ids: RunIds }>();

  of(assignment: Assignment, locationId: string): RunIds {
    const kept = this.#kept.get(assignment);
    if (kept?.locationId === locationId) return kept.ids;
    const { accountId, checkId } = assignment;
    const ids = new RunIds({ accountId, checkId, locationId });
    this.#kept.set(assignment, { locationId, ids });
    return ids;
  }
}

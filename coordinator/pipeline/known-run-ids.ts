import { RunIds } from '#shared/check/run-ids.ts';

/** Checks in locations whose beginning of run ids is remembered, some 300 bytes each; beyond, all are begun anew. */
const REMEMBERED_MAX = 20_000;

/** What the run ids of a check in a location begin with, hashed once for many batches. */
export class KnownRunIds {
  readonly #byLocation = new Map<string, Map<string, RunIds>>();
  #count = 0;

  /** A check has one account for good. */
  of(run: { readonly accountId: string; readonly checkId: string; readonly locationId: string }): RunIds {
    const known = this.#byLocation.get(run.locationId)?.get(run.checkId);
    if (known) return known;
    if (this.#count >= REMEMBERED_MAX) { this.#byLocation.clear(); this.#count = 0; }
    const ids = new RunIds(run);
    const ofLocation = this.#byLocation.get(run.locationId);
    if (ofLocation) ofLocation.set(run.checkId, ids);
    else this.#byLocation.set(run.locationId, new Map([[run.checkId, ids]]));
    this.#count += 1;
    return ids;
  }
}

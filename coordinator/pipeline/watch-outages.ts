import type { Location } from '#shared/check/location.ts';
import type { Log } from '#shared/log.ts';
import type { Clock } from '#shared/time/clock.ts';
import { decideOutages, writeLocationDown, writeLocationUp, type AffectedCheck, type DarkLocation, type OpenOutage } from '../alerting/location-outages.ts';
import { isInMaintenance, type MaintenanceWindow } from '../alerting/maintenance.ts';
import { keepDoing } from './keep-doing.ts';
import type { LeaseStore } from './closing-port.ts';
import type { OutageStore } from './outage-port.ts';
import type { PlannedCheck } from './ports.ts';

const LOOK_EVERY_MS = 5_000;
export const OUTAGE_LEASE = 'outage-watch';
const LEASE_TTL_MS = 15_000;

export type OutageWatchDeps = {
  readonly config: { checks(): Iterable<PlannedCheck>; location(id: string): Location | undefined };
  readonly store: OutageStore & LeaseStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly ids: () => string;
  /** Who this is, among coordinators; another at every start. */
  readonly holder: string;
};

/**
 * Tells of locations that went dark, once a location and account instead of once a check (rules.md 22), and of their
 * return. One coordinator does it, by a lease; should two, the row of the outage is written once all the same.
 */
export class OutageWatch {
  readonly #deps: OutageWatchDeps;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: OutageWatchDeps) {
    this.#deps = deps;
  }

  start(signal: AbortSignal): void {
    const { clock, log } = this.#deps;
    this.#loop = keepDoing({ clock, log, everyMs: LOOK_EVERY_MS, signal, trouble: 'could not look for dark locations; trying again' }, () => this.look());
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** One look, if it is on us. */
  async look(): Promise<void> {
    const { store, config, ids, holder, log } = this.#deps;
    const lease = await store.acquireLease(OUTAGE_LEASE, holder, LEASE_TTL_MS);
    if (!lease) return;
    const { nowMs } = lease;
    const [sightings, open] = [await store.findDarkLocations(), await store.openOutages()];
    if (sightings.length === 0 && open.length === 0) return;
    const dark = sightings.flatMap((sighting): DarkLocation[] => {
      const location = config.location(sighting.locationId);
      return location ? [{ ...sighting, code: location.code, name: location.name }] : [];
    });
    const locationIds = new Set([...dark, ...open].map(({ locationId }) => locationId));
    const affected = await this.#affectedIn(locationIds, nowMs);
    const { opened, ended } = decideOutages({ dark, open, affected, nowMs });
    for (const { accountId, location, checks } of opened) {
      const outage: OpenOutage = { accountId, id: ids(), locationId: location.locationId, kind: location.kind, fromMs: location.sinceMs };
      if (!await store.openOutage(outage, writeLocationDown({ id: ids(), outage, location, checks, nowMs }))) continue;
      log.info({ location: location.code, kind: location.kind, checks: checks.length }, 'a location is dark; its accounts are told');
    }
    for (const outage of ended) {
      const location = config.location(outage.locationId);
      const checks = affected.filter(({ accountId, locationId }) => accountId === outage.accountId && locationId === outage.locationId);
      // Where a location is gone there is nothing to come back to.
      await store.endOutage(outage, location ? writeLocationUp({ id: ids(), outage, location, checks, nowMs }) : null);
    }
  }

  /** Checks that are to run there and that anybody may hear of now. */
  async #affectedIn(locationIds: ReadonlySet<string>, nowMs: number): Promise<readonly AffectedCheck[]> {
    const there = [...this.#deps.config.checks()].flatMap((planned) => {
      const order = planned.isDeleted || !planned.check.activated || planned.check.muted ? [] : planned.epochs.at(-1)?.order ?? [];
      const dark = order.filter((id) => locationIds.has(id));
      return dark.length > 0 ? [{ planned, dark }] : [];
    });
    const windows = await this.#deps.store.windowsOf([...new Set(there.map(({ planned }) => planned.accountId))]);
    return there.filter(({ planned }) => !isSilenced(planned, windows.get(planned.accountId) ?? [], nowMs))
      .flatMap(({ planned, dark }) => dark.map((locationId) => ({ accountId: planned.accountId, locationId, checkId: planned.checkId, name: planned.check.name })));
  }
}

function isSilenced({ check }: PlannedCheck, windows: readonly MaintenanceWindow[], nowMs: number): boolean {
  return isInMaintenance(windows, check.tags, nowMs).isSilenced;
}

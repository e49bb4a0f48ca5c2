import type { Log } from '#shared/log.ts';
import type { Clock } from '#shared/time/clock.ts';
import type { Quota } from '../usage/usage.ts';
import { keepDoing } from './keep-doing.ts';
import type { MeterStore } from './meter-port.ts';

/** An account's hour is counted anew from its rows whenever some came: as seldom as a bill can wait. */
const EVERY_MS = 60_000;
export const METER_LEASE = 'meter-usage';
/** Results that come later than this are in the analytics, not in the counters for Prometheus. */
const COUNTED_AFTER_MS = 2 * 86_400_000;
const LEASE_TTL_MS = 180_000;

export type MeterDeps = { readonly store: MeterStore; readonly clock: Clock; readonly log: Log; readonly holder: string; readonly defaultQuota: Quota | null };

/** Keeps usage up to date with the rows and tells of quotas: of several coordinators one does it, by a lease. */
export class UsageMeter {
  readonly #deps: MeterDeps;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: MeterDeps) {
    this.#deps = deps;
  }

  start(signal: AbortSignal): void {
    const { clock, log } = this.#deps;
    this.#loop = keepDoing({ clock, log, everyMs: EVERY_MS, signal, trouble: 'could not meter usage; trying again' }, () => this.meter(signal));
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** Works off all marks, if it is on us. */
  async meter(signal?: AbortSignal): Promise<void> {
    const { store, holder, clock, defaultQuota } = this.#deps;
    while (!signal?.aborted) {
      const lease = await store.acquireLease(METER_LEASE, holder, LEASE_TTL_MS);
      if (!lease) return;
      const { hours, accountIds } = await store.meterMarked();
      if (hours === 0) break;
      await store.tellQuotas(accountIds, defaultQuota, clock.nowMs());
    }
    const beforeMs = clock.nowMs() - COUNTED_AFTER_MS;
    while (!signal?.aborted && await store.foldCounters(beforeMs));
  }
}

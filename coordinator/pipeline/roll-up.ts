import type { Log } from '#shared/log.ts';
import type { Clock } from '#shared/time/clock.ts';
import { keepDoing } from './keep-doing.ts';
import type { RollupStore } from './rollup-port.ts';

/**
 * An hour is computed anew from its rows whenever some came; waiting this long lets many share one computation, and is
 * how far rollups lag behind.
 */
const EVERY_MS = 20_000;
export const ROLL_UP_LEASE = 'roll-up';
const LEASE_TTL_MS = 60_000;

export type RollUpDeps = { readonly store: RollupStore; readonly clock: Clock; readonly log: Log; readonly holder: string };

/** Keeps hours and days up to date with the rows: of several coordinators one does it, by a lease. */
export class RollUp {
  readonly #deps: RollUpDeps;
  #loop: Promise<void> = Promise.resolve();
  /** Hours computed since the start. */
  hours = 0;

  constructor(deps: RollUpDeps) {
    this.#deps = deps;
  }

  start(signal: AbortSignal): void {
    const { clock, log } = this.#deps;
    this.#loop = keepDoing({ clock, log, everyMs: EVERY_MS, signal, trouble: 'could not roll up; trying again' }, () => this.rollUp(signal));
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** Works off all marks, if it is on us. */
  async rollUp(signal?: AbortSignal): Promise<void> {
    const { store, holder } = this.#deps;
    while (!signal?.aborted) {
      // Prolonged before each batch. One that outlives its lease does no harm: batches wait for each other.
      const lease = await store.acquireLease(ROLL_UP_LEASE, holder, LEASE_TTL_MS);
      if (!lease) return;
      const { marks, hours } = await store.rollUpMarked();
      this.hours += hours;
      if (marks === 0) return;
    }
  }
}

import type { Log } from '#shared/log.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import { keepDoing } from './keep-doing.ts';
import type { RetentionDays, RetentionStore } from './retention-port.ts';

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** So many days are there before the first row of theirs comes, should the janitor be away. */
const DAYS_AHEAD = 3;
export const JANITOR_LEASE = 'janitor';
const LEASE_TTL_MS = 120_000;
/** Between two batches of deletions, so that others have the disk, too. */
const PAUSE_MS = 200;

export type JanitorDeps = { readonly store: RetentionStore; readonly clock: Clock; readonly log: Log; readonly holder: string; readonly days: RetentionDays };

/** Makes room ahead and clears away behind: of several coordinators one does it, by a lease. */
export class Janitor {
  readonly #deps: JanitorDeps;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: JanitorDeps) {
    this.#deps = deps;
  }

  start(signal: AbortSignal): void {
    const { clock, log } = this.#deps;
    this.#loop = keepDoing({ clock, log, everyMs: EVERY_MS, signal, trouble: 'could not keep to the retention; trying again in an hour', isAtOnce: true }, () => this.tidy(signal));
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** One round, if it is on us. */
  async tidy(signal?: AbortSignal): Promise<void> {
    const { store, clock, log, days } = this.#deps;
    if (!await this.#hold()) return;
    const nowMs = clock.nowMs();
    await store.ensurePartitions(nowMs - DAY_MS, nowMs + DAYS_AHEAD * DAY_MS);
    const dropped = await store.dropPartitions(days, nowMs);
    if (dropped.length > 0) log.info({ dropped }, 'days beyond the retention are gone');
    while (!signal?.aborted && await this.#hold() && await store.deleteExpired(nowMs) > 0) await sleep(clock, PAUSE_MS, signal);
  }

  async #hold(): Promise<boolean> {
    const { store, holder } = this.#deps;
    return await store.acquireLease(JANITOR_LEASE, holder, LEASE_TTL_MS) !== null;
  }
}

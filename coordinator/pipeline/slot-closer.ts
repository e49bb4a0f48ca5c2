import type { Log } from '#shared/log.ts';
import type { AvailabilityIndex } from '#shared/schedule/availability.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import { closedBeforeMs, DEFINITIONS_MATTER_FOR_MS, type RunDefinition } from '../planning/closing-time.ts';
import { gapOf, runsToClose, type RunToClose } from './close-slots.ts';
import type { ClosingStore, Lease } from './closing-port.ts';
import type { IngestStore, PlannedCheck } from './ports.ts';

const LOOK_EVERY_MS = 5_000;
export const CLOSER_LEASE = 'slot-closer';
/** A closer that died is replaced this long after its last look, and well before anybody misses its gaps. */
const LEASE_TTL_MS = 15_000;
/** With less of the lease left than this it is prolonged before the next batch. */
const LEASE_SPARE_MS = 8_000;
/** Runs looked up in one query, and gaps written in one transaction, which keeps results waiting while it lasts. */
const RUNS_PER_BATCH = 2_000;
/** Catching up goes in steps of this much of a check's time, which bounds what is held in memory. */
const STEP_MS = 3_600_000;
/** After a longer absence the oldest slots stay missing, and are told as that: the rows would fill the disk at once. */
const CATCH_UP_MAX_MS = 31 * 86_400_000;
/** Other work has its turn after this many checks. */
const CHECKS_PER_TURN = 250;

/** The config as far as it is known here; the closer waits until that is all there is. */
export type KnownConfig = {
  readonly revision: number;
  readonly availability: AvailabilityIndex;
  checks(): Iterable<PlannedCheck>;
};

/**
 * Closes slots: whatever was owed, and has neither a final result nor a gap when its time is over, gets a gap with a
 * reason (rules.md 8). Of several coordinators one does it, by a lease; where it is, is kept in Postgres, so that the
 * next one goes on from there.
 *
 * Its states: waiting (another holds the lease) → holding (from the stored mark on, one cursor a check) → waiting
 * (lease lost: cursors are dropped). A cursor only moves forwards over slots whose gaps are committed, and the mark is
 * the oldest cursor: a crash, or a second closer that wakes up late, repeats a look but never leaves a slot out or
 * writes one twice, because the key of a gap is its slot's, and history is never rewritten (rules.md 2).
 */
export class SlotCloser {
  readonly #deps: SlotCloserDeps;
  /** Per check: every slot due before is closed. */
  readonly #cursors = new Map<string, number>();
  #lease: Lease | null = null;
  #leaseEndsUs = 0;
  #markMs = 0;
  #loop: Promise<void> = Promise.resolve();
  /** Gaps written since the start. */
  closed = 0;

  constructor(deps: SlotCloserDeps) {
    this.#deps = deps;
  }

  /** Does this coordinator close slots at the moment? */
  get isHolding(): boolean {
    return this.#lease !== null;
  }

  start(signal: AbortSignal): void {
    const { clock, log } = this.#deps;
    this.#loop = (async () => {
      let hasMore = false;
      while (!signal.aborted) {
        if (!hasMore) await sleep(clock, LOOK_EVERY_MS, signal);
        if (signal.aborted) break;
        hasMore = await this.closeDue(signal).catch((error: unknown) => {
          log.warn({ err: error }, 'could not close slots; trying again');
          return false;
        });
      }
      // Somebody else need not wait for it to run out.
      if (this.#lease) await this.#deps.store.releaseLease(this.#lease).catch(() => undefined);
      this.#lease = null;
    })();
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** One look: closes what is due to close, if it is on us. True when there is more to catch up with. */
  async closeDue(signal?: AbortSignal): Promise<boolean> {
    const { config, store, clock, log } = this.#deps;
    const lease = await this.#holdLease();
    if (!lease) return false;
    // By whichever clock is behind: a slot is never closed before its time (rules.md 8).
    const nowMs = Math.floor(Math.min(clock.nowMs(), lease.nowMs));
    // A change committed later than this governs no slot that is closed now (rules.md 2).
    if (config.revision < await store.configRevision()) {
      log.debug({ revision: config.revision }, 'slots are closed once the config is known');
      return false;
    }
    const replaced = Map.groupBy(await store.listReplacedDefinitions(nowMs - DEFINITIONS_MATTER_FOR_MS), ({ checkId }) => checkId);
    // One moment's config for the whole look: what comes later governs no slot of it.
    const { availability } = config;
    const checks = [...config.checks()];
    const oldestMs = Math.max(this.#markMs, nowMs - CATCH_UP_MAX_MS);
    let batch: RunToClose[] = [];
    let passed: { readonly checkId: string; readonly throughMs: number }[] = [];
    let hasMore = false;
    const settle = async (): Promise<void> => {
      await this.#writeGaps(batch);
      for (const { checkId, throughMs } of passed) this.#cursors.set(checkId, throughMs);
      batch = [];
      passed = [];
    };
    for (const [index, check] of checks.entries()) {
      if (signal?.aborted) return false;
      if (index % CHECKS_PER_TURN === CHECKS_PER_TURN - 1) await sleep(clock, 0, signal);
      const fromMs = Math.max(this.#cursors.get(check.checkId) ?? 0, oldestMs);
      const closedMs = closedBeforeMs(nowMs, definitionsOf(check, replaced.get(check.checkId)));
      const throughMs = Math.min(closedMs, fromMs + STEP_MS);
      if (throughMs <= fromMs) { passed.push({ checkId: check.checkId, throughMs: fromMs }); continue; }
      hasMore ||= throughMs < closedMs;
      batch.push(...runsToClose(check, availability, { fromMs, toMs: throughMs }));
      passed.push({ checkId: check.checkId, throughMs });
      if (batch.length >= RUNS_PER_BATCH) await settle();
    }
    await settle();
    await this.#moveMark(checks, closedBeforeMs(nowMs, []));
    return hasMore;
  }

  async #writeGaps(runs: readonly RunToClose[]): Promise<void> {
    const { store } = this.#deps;
    for (let from = 0; from < runs.length; from += RUNS_PER_BATCH) {
      await this.#keepLease();
      const unsettled = await store.findUnsettled(runs.slice(from, from + RUNS_PER_BATCH));
      if (unsettled.length === 0) continue;
      const { inserted } = await store.ingest(unsettled.map((run) => ({ kind: 'gap', accountId: run.accountId, agentId: null, gap: gapOf(run) })));
      this.closed += inserted;
    }
  }

  /** The mark follows the oldest cursor; a check that is new begins there. */
  async #moveMark(checks: readonly PlannedCheck[], withoutChecksMs: number): Promise<void> {
    const lease = this.#lease;
    if (!lease) return;
    const throughMs = checks.reduce((oldest, { checkId }) => Math.min(oldest, this.#cursors.get(checkId) ?? this.#markMs), withoutChecksMs);
    if (throughMs <= this.#markMs) return;
    if (await this.#deps.store.moveClosedThrough(lease, throughMs)) this.#markMs = throughMs;
    else this.#drop();
  }

  /** The lease, new or prolonged; with a new one the stored mark is where to go on. */
  async #holdLease(): Promise<Lease | null> {
    const { store, clock, holder, log } = this.#deps;
    const askedUs = clock.monotonicUs();
    const lease = await store.acquireLease(CLOSER_LEASE, holder, LEASE_TTL_MS);
    if (!lease) {
      this.#drop();
      return null;
    }
    if (lease.token !== this.#lease?.token) {
      this.#drop();
      this.#markMs = await store.closedThroughMs();
      log.info({ token: lease.token, closedThrough: new Date(this.#markMs).toISOString() }, 'closing slots is on this coordinator');
    }
    this.#lease = lease;
    // From when it was asked for: the answer may have taken its time.
    this.#leaseEndsUs = askedUs + LEASE_TTL_MS * 1000;
    return lease;
  }

  /** Throws when the lease has gone: the look ends, and the next one begins anew. */
  async #keepLease(): Promise<void> {
    const { clock } = this.#deps;
    if (this.#leaseEndsUs - clock.monotonicUs() > LEASE_SPARE_MS * 1000) return;
    const token = this.#lease?.token;
    if ((await this.#holdLease())?.token !== token) throw new Error('the lease for closing slots has passed on');
  }

  #drop(): void {
    this.#lease = null;
    this.#cursors.clear();
  }
}

function definitionsOf(check: PlannedCheck, replaced: readonly { readonly definition: RunDefinition }[] | undefined): readonly RunDefinition[] {
  return [check.check, ...(replaced ?? []).map(({ definition }) => definition)];
}

export type SlotCloserDeps = {
  readonly config: KnownConfig;
  readonly store: ClosingStore & IngestStore & { configRevision(): Promise<number> };
  readonly clock: Clock;
  readonly log: Log;
  /** Who this is, among coordinators; another at every start. */
  readonly holder: string;
};

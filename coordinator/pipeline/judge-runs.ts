import type { Log } from '#shared/log.ts';
import type { Location } from '#shared/check/location.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import { WakeableSleep } from '#shared/time/wakeable-sleep.ts';
import { judgeCheck, startOf, type Judged, type JudgingWorld } from './judge-check.ts';
import type { JudgeOrder } from './judge-order.ts';
import type { AccountContext, JudgingStore, JudgingTurn, KeptState } from './judging-port.ts';
import type { KnownConfig } from './slot-closer.ts';
import type { PlannedCheck } from './ports.ts';

/** Checks of one transaction: their states are locked for as long as it lasts. */
const CHECKS_MAX = 300;
/** Rows of one check in one look; a longer backlog takes several. */
const ROWS_MAX = 5_000;
/** What has no hint (a reminder, a silent slot, the end of a window) is found by looking. */
const LOOK_EVERY_MS = 500;
/** Hints come with every commit of results; so much is gathered. */
const GATHER_MS = 50;
/** Checks are judged for so long at a stretch; then results, heartbeats and the API have their turn. */
const STRETCH_US = 10_000;
/** After trouble; marks wait meanwhile, results do not. */
const AFTER_TROUBLE_MS = 1_000;

/** The config as far as it is known here. */
export type JudgingConfig = KnownConfig & {
  check(id: string): PlannedCheck | undefined;
  location(id: string): Location | undefined;
};

export type JudgeDeps = {
  readonly config: JudgingConfig;
  readonly store: JudgingStore & { configRevision(): Promise<number> };
  readonly clock: Clock;
  readonly log: Log;
  readonly ids: () => string;
  /** Runs a check once elsewhere; its result comes in like any other. The same order again is harmless. */
  readonly order: (order: JudgeOrder) => Promise<unknown>;
  /** What a turn came to, once it is committed. */
  readonly onJudged?: (judged: readonly Judged[]) => void;
};

/**
 * Judges what was committed (rules.md 19). Any number of coordinators do it at once: a check is with one of them for
 * as long as a transaction lasts. Its loop: waiting (for a hint, or a look every half a second) → turn after turn
 * while there is something → waiting. Trouble ends a turn and is tried again; what was marked stays marked.
 */
export class Judge {
  readonly #deps: JudgeDeps;
  #loop: Promise<void> = Promise.resolve();
  /** Checks looked at, notices written, and turns that failed, since the start. */
  readonly counts = { checks: 0, notices: 0, failedTurns: 0 };
  /** When a turn last came to its end, ms; 0: none did. */
  lastTurnMs = 0;

  constructor(deps: JudgeDeps) {
    this.#deps = deps;
  }

  start(signal: AbortSignal): void {
    const { clock, log, store } = this.#deps;
    const waiting = new WakeableSleep();
    let isHinted = false;
    const stopHints = store.onJudgeHint(() => { isHinted = true; waiting.wake(); });
    signal.addEventListener('abort', stopHints, { once: true });
    this.#loop = (async () => {
      while (!signal.aborted) {
        if (!isHinted) await waiting.sleep(clock, LOOK_EVERY_MS, signal);
        await sleep(clock, GATHER_MS, signal);
        isHinted = false;
        if (signal.aborted) return;
        try {
          while (!signal.aborted && await this.judgeTurn() >= CHECKS_MAX);
        } catch (error) {
          this.counts.failedTurns += 1;
          log.warn({ err: error }, 'could not judge; trying again');
          await sleep(clock, AFTER_TROUBLE_MS, signal);
        }
      }
    })();
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** One transaction; how many checks were looked at. Throws when it was not committed. */
  async judgeTurn(): Promise<number> {
    const { config, store, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const orders: JudgeOrder[] = [];
    const judged = await store.takeJudgingTurn({ nowMs, checksMax: CHECKS_MAX }, async (turn) => {
      // What is not known here yet would be judged as if it were not there. Asked once the marks are taken: the mark of a
      // change that came after the answer would end without the change having been seen.
      if (turn.checks.length > 0 && config.revision < await store.configRevision()) throw new ConfigIsBehind();
      const done = await this.#judge(turn, nowMs);
      await turn.save(done.map((one) => one.judged));
      orders.push(...done.flatMap((one) => one.orders));
      return done;
    }).catch((error: unknown) => {
      if (error instanceof ConfigIsBehind) return null;
      throw error;
    });
    if (judged === null) return 0;
    this.lastTurnMs = nowMs;
    this.counts.checks += judged.length;
    this.counts.notices += judged.reduce((sum, { judged: { notices } }) => sum + notices.length, 0);
    this.#deps.onJudged?.(judged);
    for (const order of orders) this.#order(order);
    return judged.length;
  }

  async #judge(turn: JudgingTurn, nowMs: number): Promise<readonly Judged[]> {
    const { config } = this.#deps;
    const known = turn.checks.flatMap((kept) => {
      const planned = config.check(kept.checkId);
      return planned ? [{ kept, planned }] : [];
    });
    if (known.length === 0) return [];
    const context = await turn.loadContext();
    const outages = await turn.loadOutages([...context.keys()]);
    const dependencies = await turn.loadDependencies(known.flatMap(({ planned }) => planned.check.dependsOn));
    const rows = await turn.loadRows(known.map(({ kept }) => ({ accountId: kept.accountId, checkId: kept.checkId, afterMs: startOf(kept, nowMs).throughMs })), ROWS_MAX);
    return this.#inStretches(known, ({ kept, planned }) => judgeCheck(kept, planned, rows.get(kept.checkId) ?? NO_ROWS, this.#worldOf(kept, { nowMs, context, outages, dependencies })));
  }

  /** A backlog of history takes a check tens of ms: three hundred in one go would hold up every acknowledgement. */
  async #inStretches<T, R>(items: readonly T[], judge: (item: T) => R): Promise<readonly R[]> {
    const { clock } = this.#deps;
    const judged: R[] = [];
    let beganUs = clock.monotonicUs();
    for (const item of items) {
      judged.push(judge(item));
      if (clock.monotonicUs() - beganUs < STRETCH_US) continue;
      await sleep(clock, 0);
      beganUs = clock.monotonicUs();
    }
    return judged;
  }

  #worldOf(kept: KeptState, read: {
    readonly nowMs: number; readonly context: ReadonlyMap<string, AccountContext>; readonly outages: ReadonlyMap<string, number | null>; readonly dependencies: JudgingWorld['dependencies'];
  }): JudgingWorld {
    const { config, ids } = this.#deps;
    return {
      nowMs: read.nowMs, availability: config.availability, dependencies: read.dependencies, newId: ids,
      context: read.context.get(kept.accountId) ?? NO_CONTEXT,
      location: (id) => config.location(id), check: (id) => config.check(id),
      toldOutage: (locationId) => {
        const endedMs = read.outages.get(`${kept.accountId} ${locationId}`);
        return endedMs === undefined ? null : { endedMs };
      },
    };
  }

  /** Not waited for: the answer is a row, and a time limit stands behind it. */
  #order(judgeOrder: JudgeOrder): void {
    const { log, order } = this.#deps;
    order(judgeOrder).catch((error: unknown) => log.warn({ err: error, checkId: judgeOrder.check.checkId }, 'could not ask another location about a failure'));
  }
}

/** Rolls a turn back: its marks wait for a judge that knows the config. */
class ConfigIsBehind extends Error {}

const NO_ROWS = { rows: [], isCut: false } as const;
const NO_CONTEXT: AccountContext = { alertSettings: null, groups: new Map(), windows: [] };


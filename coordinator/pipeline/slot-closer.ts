import type { Log } from '#shared/log.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import { gapsForClosed } from './close-slots.ts';
import type { AssignmentPlanner } from './plan-assignments.ts';
import type { IngestRow, IngestStore } from './ports.ts';

const LOOK_EVERY_MS = 5_000;
/** After a start, slots that closed while no coordinator ran are gone through again; each is written at most once. */
export const LOOK_BACK_MS = 60 * 60_000;
const ROWS_PER_COMMIT = 1_000;
/** The coordinator's own gaps have no agent; the column wants one. */
const NO_AGENT = '00000000-0000-0000-0000-000000000000';

/**
 * Closes slots: whatever was owed, and has neither a result nor a gap when its time is over, gets a gap with a
 * reason (rules.md 8). Going over a window again is harmless, because the key of a gap is its slot's.
 */
export class SlotCloser {
  readonly #deps: { readonly planner: AssignmentPlanner; readonly store: IngestStore; readonly clock: Clock; readonly log: Log };
  #closedThroughMs = 0;
  #loop: Promise<void> = Promise.resolve();
  closed = 0;

  constructor(deps: { readonly planner: AssignmentPlanner; readonly store: IngestStore; readonly clock: Clock; readonly log: Log }) {
    this.#deps = deps;
  }

  start(signal: AbortSignal): void {
    const { clock, log } = this.#deps;
    this.#closedThroughMs = Math.floor(clock.nowMs()) - LOOK_BACK_MS;
    this.#loop = (async () => {
      while (!signal.aborted) {
        await sleep(clock, LOOK_EVERY_MS, signal);
        if (signal.aborted) return;
        await this.closeUntil(Math.floor(clock.nowMs())).catch((error: unknown) => log.warn({ err: error }, 'could not close slots; trying again'));
      }
    })();
  }

  /** Resolves when the loop has ended, after the signal aborted. */
  settled(): Promise<void> {
    return this.#loop;
  }

  /** Closes what is due to close before `nowMs`. */
  async closeUntil(nowMs: number): Promise<void> {
    const { planner, store } = this.#deps;
    const window = { fromMs: this.#closedThroughMs, toMs: nowMs };
    let rows: IngestRow[] = [];
    const flush = async (): Promise<void> => {
      if (rows.length > 0) this.closed += (await store.ingest(rows)).inserted;
      rows = [];
    };
    for (const check of planner.checks()) {
      for (const gap of gapsForClosed(check, planner.availability, window)) {
        rows.push({ kind: 'gap', accountId: check.accountId, agentId: NO_AGENT, gap });
        if (rows.length >= ROWS_PER_COMMIT) await flush();
      }
    }
    await flush();
    this.#closedThroughMs = nowMs;
  }
}

/** Looks of the judge at one check, with the rows and the world that a test gives it. */
import type { Check } from '#shared/check/check.ts';
import type { Outcome } from '#shared/run/result.ts';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import { aCheck } from '#shared/testing/builders.ts';
import type { Notice } from '../../alerting/notice.ts';
import { NOTHING_TOLD } from '../../alerting/told.ts';
import { NEW_STATE } from '../../verdict/check-state.ts';
import { owedSlotsOf } from '../../verdict/owed-slots-of.ts';
import { judgeCheck, startOf, type JudgingWorld } from '../judge-check.ts';
import type { JudgeOrder } from '../judge-order.ts';
import type { KeptState, StoredRow } from '../judging-port.ts';
import type { PlannedCheck } from '../ports.ts';

export const MINUTE = 60_000;
export const BEGIN = Date.UTC(2026, 10, 22, 12);
export const [A, B] = ['loc-a', 'loc-b'];
export const CHECK_ID = '0190a000-0000-4000-8000-0000000000c1';
export const OTHER_ID = '0190a000-0000-4000-8000-0000000000c2';
export const NOBODY = availabilityIndex([]);
/** After a slot, with its results in. */
export const SOON = 3_000;

export function planned(changes: Partial<Check> = {}, checkId = CHECK_ID): PlannedCheck {
  return {
    accountId: 'account', checkId, revision: 1, check: aCheck({ frequency: 1, runParallel: true, locations: ['a', 'b'], ...changes }), isDeleted: false,
    epochs: [{ fromAtMs: BEGIN, intervalMs: MINUTE, strategy: 'parallel', order: [A, B], active: true }],
  };
}
export const DUES = [...owedSlotsOf(planned(), NOBODY, BEGIN, BEGIN + 40 * MINUTE)].map(({ dueAtMs }) => dueAtMs);

export function row(slot: number, locationId: string, outcome: Outcome, isImpaired = false): StoredRow {
  const failure = outcome === 'failed' ? { phase: 'connect', code: 'ECONNREFUSED', message: 'refused' } : null;
  return { kind: 'result', dueAtMs: DUES[slot]!, trigger: 'schedule', attempt: 1, isFinal: true, isImpaired, facts: {
    runId: `${locationId} ${slot}`, outcome, locationId, executedIn: locationId, startedAtMs: DUES[slot]!, responseTimeMs: 1, attempts: 1, failure,
  } };
}

/** Looks at a check again and again, with the rows that came since; keeps what is committed. */
export class Looks {
  readonly notices: Notice[] = [];
  readonly orders: JudgeOrder[] = [];
  /** When it wants to look again, ms. */
  nextLookMs: number | null = null;
  check: PlannedCheck;
  readonly #world: Partial<JudgingWorld>;
  #rows: readonly StoredRow[] = [];
  #ids = 0;
  kept: KeptState = {
    accountId: 'account', checkId: CHECK_ID, base: NEW_STATE, head: NEW_STATE, checkpoints: [], slotsFolded: 0, told: NOTHING_TOLD, confirmations: [], retries: [],
    isHistoryPending: false, firstDueMs: null, acknowledgedAtMs: null, snoozedUntilMs: null, resolved: { alert: false, noData: false },
  };

  constructor(check = planned(), world: Partial<JudgingWorld> = {}) {
    this.check = check;
    this.#world = world;
  }

  /** No agent was cut off after all. */
  withdraw(): void {
    this.#rows = this.#rows.map((one) => (one.kind === 'result' ? { ...one, isImpaired: false } : one));
  }

  /** `fromMs`: what is known of slots from there on has changed. */
  look(nowMs: number, came: readonly StoredRow[] = [], changes: Partial<JudgingWorld> = {}, fromMs: number | null = null): readonly Notice[] {
    this.#rows = [...this.#rows, ...came].sort((a, b) => a.dueAtMs - b.dueAtMs);
    const kept = { ...this.kept, firstDueMs: came.length === 0 ? fromMs : Math.min(...came.map(({ dueAtMs }) => dueAtMs)) };
    const from = startOf(kept, nowMs).throughMs;
    const { judged, orders } = judgeCheck(kept, this.check, { rows: this.#rows.filter(({ dueAtMs }) => dueAtMs > from), isCut: false }, {
      nowMs, availability: NOBODY, location: (id) => ({ id, code: id, name: id, kind: 'public', accountId: null }), context: { alertSettings: null, groups: new Map(), windows: [] },
      dependencies: new Map(), check: () => undefined, toldOutage: () => null, newId: () => `id-${this.#ids += 1}`, ...this.#world, ...changes,
    });
    this.kept = { ...this.kept, ...judged, checkpoints: judged.checkpoints ?? this.kept.checkpoints };
    this.nextLookMs = judged.nextLookMs;
    this.notices.push(...judged.notices);
    this.orders.push(...orders);
    return judged.notices;
  }
}


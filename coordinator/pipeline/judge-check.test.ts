import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Check } from '#shared/check/check.ts';
import type { Outcome } from '#shared/run/result.ts';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import { aCheck } from '#shared/testing/builders.ts';
import { DEFAULT_ALERT_SETTINGS } from '../alerting/effective-settings.ts';
import type { MaintenanceWindow } from '../alerting/maintenance.ts';
import type { Notice } from '../alerting/notice.ts';
import { NOTHING_TOLD } from '../alerting/told.ts';
import { NEW_STATE } from '../verdict/check-state.ts';
import { owedSlotsOf } from '../verdict/owed-slots-of.ts';
import { judgeCheck, startOf, type JudgingWorld } from './judge-check.ts';
import type { DependencyState, KeptState, StoredRow } from './judging-port.ts';
import type { PlannedCheck } from './ports.ts';

const MINUTE = 60_000;
const BEGIN = Date.UTC(2026, 10, 22, 12);
const [A, B] = ['loc-a', 'loc-b'];
const CHECK_ID = '0190a000-0000-4000-8000-0000000000c1';
const OTHER_ID = '0190a000-0000-4000-8000-0000000000c2';
const NOBODY = availabilityIndex([]);
/** After a slot, with its results in. */
const SOON = 3_000;

function planned(changes: Partial<Check> = {}, checkId = CHECK_ID): PlannedCheck {
  return {
    accountId: 'account', checkId, revision: 1, check: aCheck({ frequency: 1, runParallel: true, locations: ['a', 'b'], ...changes }), isDeleted: false,
    epochs: [{ fromAtMs: BEGIN, intervalMs: MINUTE, strategy: 'parallel', order: [A, B], active: true }],
  };
}
const DUES = [...owedSlotsOf(planned(), NOBODY, BEGIN, BEGIN + 40 * MINUTE)].map(({ dueAtMs }) => dueAtMs);

function row(slot: number, locationId: string, outcome: Outcome, isImpaired = false): StoredRow {
  const failure = outcome === 'failed' ? { phase: 'connect', code: 'ECONNREFUSED', message: 'refused' } : null;
  return { kind: 'result', dueAtMs: DUES[slot]!, trigger: 'schedule', attempt: 1, isFinal: true, isImpaired, facts: {
    runId: `${locationId} ${slot}`, outcome, locationId, executedIn: locationId, startedAtMs: DUES[slot]!, responseTimeMs: 1, attempts: 1, failure,
  } };
}

/** Looks at a check again and again, with the rows that came since; keeps what is committed. */
class Looks {
  readonly notices: Notice[] = [];
  readonly #check: PlannedCheck;
  readonly #world: Partial<JudgingWorld>;
  #rows: readonly StoredRow[] = [];
  #ids = 0;
  kept: KeptState = {
    accountId: 'account', checkId: CHECK_ID, base: NEW_STATE, head: NEW_STATE, checkpoints: [], slotsFolded: 0, told: NOTHING_TOLD, confirmations: [], retries: [],
    isHistoryPending: false, firstDueMs: null, acknowledgedAtMs: null, snoozedUntilMs: null, resolved: { alert: false, noData: false },
  };

  constructor(check = planned(), world: Partial<JudgingWorld> = {}) {
    this.#check = check;
    this.#world = world;
  }

  look(nowMs: number, came: readonly StoredRow[] = [], changes: Partial<JudgingWorld> = {}): readonly Notice[] {
    this.#rows = [...this.#rows, ...came].sort((a, b) => a.dueAtMs - b.dueAtMs);
    const kept = { ...this.kept, firstDueMs: came.length === 0 ? null : Math.min(...came.map(({ dueAtMs }) => dueAtMs)) };
    const from = startOf(kept, nowMs).throughMs;
    const { judged } = judgeCheck(kept, this.#check, { rows: this.#rows.filter(({ dueAtMs }) => dueAtMs > from), isCut: false }, {
      nowMs, availability: NOBODY, location: (id) => ({ id, code: id, name: id, kind: 'public', accountId: null }), context: { alertSettings: null, groups: new Map(), windows: [] },
      dependencies: new Map(), check: () => undefined, toldOutage: () => null, newId: () => `id-${this.#ids += 1}`, ...this.#world, ...changes,
    });
    this.kept = { ...this.kept, ...judged, checkpoints: judged.checkpoints ?? this.kept.checkpoints };
    this.notices.push(...judged.notices);
    return judged.notices;
  }
}

const SLOTS = 24;
/** What two locations see of each slot; null: nothing ever came. */
const aHistory = fc.array(fc.tuple(...[A, B].map(() => fc.oneof(
  { weight: 4, arbitrary: fc.constant('passed' as const) }, { weight: 4, arbitrary: fc.constant('failed' as const) }, fc.constant('degraded' as const), fc.constant('agent_fault' as const), fc.constant(null),
))), { minLength: SLOTS, maxLength: SLOTS });
const aPolicy = fc.record({
  failedRunThreshold: fc.constantFrom(1, 2, 3), recoveryPassThreshold: fc.constantFrom(1, 2), percentage: fc.constantFrom(null, 50 as const, 100 as const),
}).map(({ failedRunThreshold, recoveryPassThreshold, percentage }): Partial<Check> => ({ useGlobalAlertSettings: false, alertSettings: {
  ...DEFAULT_ALERT_SETTINGS, runBasedEscalation: { failedRunThreshold: failedRunThreshold as 1 }, recoveryPassThreshold,
  parallelRunFailureThreshold: { enabled: percentage !== null, percentage: percentage ?? 10 },
} }));
type History = readonly (readonly (Outcome | null)[])[];
const rowsOf = (history: History): readonly StoredRow[] => history.flatMap((slot, index) => slot.flatMap((outcome, at) => (outcome === null ? [] : [row(index, [A, B][at]!, outcome)])));
const ALL_OVER = DUES[SLOTS - 1]! + 20_000;

describe('judging a check', () => {
  it('comes to one state, in whatever order its rows come', () => {
    fc.assert(fc.property(aHistory, aPolicy, fc.array(fc.nat(), { minLength: 2 * SLOTS, maxLength: 2 * SLOTS }), fc.integer({ min: 1, max: 9 }), (history, policy, order, batch) => {
      const rows = rowsOf(history);
      const inOrder = new Looks(planned(policy));
      inOrder.look(ALL_OVER, rows);
      const shuffled = rows.map((one, index) => ({ one, at: order[index]! })).sort((a, b) => a.at - b.at).map(({ one }) => one);
      const asTheyCome = new Looks(planned(policy));
      for (let from = 0; from < Math.max(1, shuffled.length); from += batch) asTheyCome.look(ALL_OVER, shuffled.slice(from, from + batch));
      expect(asTheyCome.kept.head).toEqual(inOrder.kept.head);
    }), { numRuns: 60 });
  });

  it('tells nothing without a change, each change once, and the same whenever it is replayed', () => {
    fc.assert(fc.property(aHistory, aPolicy, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2 * SLOTS, maxLength: 2 * SLOTS }), (history, policy, delays) => {
      const rows = rowsOf(history);
      const play = (): Looks => {
        const looks = new Looks(planned(policy));
        for (let slot = 0; slot < SLOTS + 4; slot += 1) {
          const nowMs = DUES[slot]! + SOON;
          looks.look(nowMs, rows.filter(({ dueAtMs }, index) => DUES.indexOf(dueAtMs) + delays[index]! === slot));
          expect(looks.look(nowMs)).toEqual([]);
        }
        return looks;
      };
      const { notices } = play();
      expect(play().notices).toEqual(notices);
      const alerts = notices.filter(({ alertId, kind }) => alertId !== null && kind !== 'digest');
      for (const ofAlert of Map.groupBy(alerts, ({ alertId }) => alertId).values()) {
        const kinds = ofAlert.map(({ kind }) => kind);
        // It begins with trouble, ends at most once, and between them no level is told twice in a row.
        expect(['failure', 'degraded', 'no_data']).toContain(kinds[0]);
        expect(kinds.slice(1).every((kind, index) => kind !== kinds[index] && !['recovery', 'data_again'].includes(kinds[index]!))).toBe(true);
      }
      const troubles = alerts.filter(({ kind }) => kind === 'failure' || kind === 'degraded' || kind === 'recovery');
      expect(troubles.every(({ alertId }, index) => index === 0 || alertId === troubles[index - 1]!.alertId || troubles[index - 1]!.kind === 'recovery')).toBe(true);
    }), { numRuns: 60 });
  });

  const failing = (slot: number): readonly StoredRow[] => [row(slot, A, 'failed'), row(slot, B, 'failed')];
  const passing = (slot: number): readonly StoredRow[] => [row(slot, A, 'passed'), row(slot, B, 'passed')];
  const kindsOf = (notices: readonly Notice[]): readonly string[] => notices.map(({ kind }) => kind);

  it('sees no failure in what an agent saw that was cut off', () => {
    const looks = new Looks();
    looks.look(DUES[0]! + SOON, passing(0));
    expect(looks.look(DUES[1]! + SOON, [row(1, A, 'failed', true), row(1, B, 'passed')])).toEqual([]);
    expect(looks.kept.head.standing).toBe('passing');
  });

  it('tells one firewall and not what stands behind it, and what fails for itself', () => {
    const behind = planned({ dependsOn: [OTHER_ID] });
    const firewall = planned({}, OTHER_ID);
    const with_ = (status: DependencyState['status'], lastVerdictMs: number): Partial<JudgingWorld> => ({ check: () => firewall, dependencies: new Map([[OTHER_ID, { status, level: 'none', lastVerdictMs }]]) });
    const looks = new Looks(behind);
    looks.look(DUES[0]! + SOON, passing(0));
    // Not known yet whether the firewall fails, too; then it does.
    expect(looks.look(DUES[1]! + SOON, failing(1), with_('passing', DUES[0]!))).toEqual([]);
    expect(looks.look(DUES[1]! + 9_000, [], with_('failing', DUES[1]!))).toEqual([]);
    expect(looks.look(DUES[2]! + SOON, failing(2), with_('failing', DUES[2]!))).toEqual([]);
    expect(kindsOf(looks.look(DUES[3]! + SOON, failing(3), with_('passing', DUES[3]!)))).toEqual(['failure']);
  });

  it('holds everything back while a window silences it, and tells at its end what still fails', () => {
    const window: MaintenanceWindow = { startsAtMs: DUES[1]! - 10_000, endsAtMs: DUES[2]! + 20_000, timeZone: 'UTC', repeat: null, pausing: { kind: 'none' }, silencing: { kind: 'all' } };
    const context = { alertSettings: null, groups: new Map(), windows: [window] };
    const looks = new Looks(planned(), { context });
    looks.look(DUES[0]! + SOON, passing(0));
    expect([...looks.look(DUES[1]! + SOON, failing(1)), ...looks.look(DUES[2]! + SOON, failing(2))]).toEqual([]);
    expect(kindsOf(looks.look(window.endsAtMs + 250))).toEqual(['failure']);
    const over = new Looks(planned(), { context });
    over.look(DUES[0]! + SOON, passing(0));
    over.look(DUES[1]! + SOON, failing(1));
    over.look(DUES[2]! + SOON, passing(2));
    expect(over.look(window.endsAtMs + 250)).toEqual([]);
  });
});

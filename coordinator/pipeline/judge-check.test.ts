import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Check } from '#shared/check/check.ts';
import type { Outcome } from '#shared/run/result.ts';
import { DEFAULT_ALERT_SETTINGS } from '../alerting/effective-settings.ts';
import type { MaintenanceWindow } from '../alerting/maintenance.ts';
import type { Notice } from '../alerting/notice.ts';
import type { JudgingWorld } from './judge-check.ts';
import type { DependencyState, StoredRow } from './judging-port.ts';
import { A, B, DUES, Looks, OTHER_ID, planned, row, SOON } from './testing/looks.ts';

const SLOTS = 24;
/** What two locations see of each slot; null: nothing ever came. */
const aHistory = fc.array(fc.tuple(...[A, B].map(() => fc.oneof(
  { weight: 4, arbitrary: fc.constant('passed' as const) }, { weight: 4, arbitrary: fc.constant('failed' as const) }, fc.constant('degraded' as const), fc.constant('agent_fault' as const), fc.constant(null),
))), { minLength: SLOTS, maxLength: SLOTS });
const aPolicy = fc.record({
  failedRunThreshold: fc.constantFrom(1, 2, 3), recoveryPassThreshold: fc.constantFrom(1, 2), percentage: fc.constantFrom(null, 50 as const, 100 as const),
  escalationType: fc.constantFrom('RUN_BASED' as const, 'TIME_BASED' as const), perLocationFailedRuns: fc.constantFrom(null, 2, 3), whenUnseen: fc.constantFrom('noData' as const, 'failing' as const),
}).map(({ failedRunThreshold, recoveryPassThreshold, percentage, escalationType, ...check }): Partial<Check> => ({ ...check, useGlobalAlertSettings: false, alertSettings: {
  ...DEFAULT_ALERT_SETTINGS, escalationType, runBasedEscalation: { failedRunThreshold: failedRunThreshold as 1 }, recoveryPassThreshold,
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

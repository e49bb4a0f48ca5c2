import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { fold, NEW_STATE, type CheckState } from '../verdict/check-state.ts';
import type { Policy } from '../verdict/policy.ts';
import type { SlotStatus } from '../verdict/slot.ts';
import { decideNotices, type NoticeDraft, type Situation } from './decide-notices.ts';
import { NOTHING_TOLD, type Told } from './told.ts';

const MINUTE = 60_000;
const aPolicy = (changes: Partial<Policy> = {}): Policy => ({
  attemptMs: 5_000, runMs: 5_000, failingPercentage: null, escalation: { kind: 'runs', runs: 1 }, recoveryPasses: 1,
  reminders: { amount: 0, everyMs: 5 * MINUTE }, confirms: false, perLocationFailedRuns: null, whenUnseen: 'noData', ...changes,
});

const SLOTS: Readonly<Record<string, SlotStatus>> = { p: 'passing', d: 'degraded', f: 'failing', u: 'unseen', s: 'skipped', r: 'refuted' };
const NONE: ReadonlySet<string> = new Set();

type Step = { readonly state: CheckState; readonly told: Told; readonly notices: readonly NoticeDraft[] };

/** Slots a minute apart, each judged and told of before the next: `p` passing, `d` degraded, `f` failing, `u` unseen, `s` skipped, `r` refuted. */
function tell(slots: string, policy: Policy, changes: (index: number) => Partial<Situation> = () => ({})): readonly Step[] {
  const steps: Step[] = [];
  let state = NEW_STATE;
  let told = NOTHING_TOLD;
  let ids = 0;
  for (const [index, letter] of [...slots].entries()) {
    state = fold(state, { dueAtMs: (index + 1) * MINUTE, status: SLOTS[letter]!, isComplete: true, runs: [], deciding: null, failingIn: [], seenBy: 1 }, policy, NONE);
    const decision = decideNotices({
      state, policy, told, nowMs: (index + 1) * MINUTE, isOnlyHistory: false, voice: 'heard', isAcknowledged: false, snoozedUntilMs: null, resolved: { alert: false, noData: false },
      dependency: 'clear', isUnseenExplained: false, newId: () => `alert-${ids += 1}`, ...changes(index),
    });
    told = decision.told;
    steps.push({ state, told, notices: decision.notices });
  }
  return steps;
}

const told = (slots: string, policy: Policy = aPolicy(), changes?: (index: number) => Partial<Situation>): readonly string[] =>
  tell(slots, policy, changes).map(({ notices }) => notices.map(({ alertType, kind, isReminder }) => `${(alertType ?? kind).replace('ALERT_', '')}${isReminder ? ' reminder' : ''}`).join('+') || '-');

describe('what is told of a check', () => {
  const threeRuns = aPolicy({ escalation: { kind: 'runs', runs: 3 } });
  const fiveMinutes = aPolicy({ escalation: { kind: 'time', ms: 5 * MINUTE } });

  it.each([
    ['pass to pass', 'pp', aPolicy(), ['-', '-']],
    ['pass to degraded', 'pd', aPolicy(), ['-', 'DEGRADED']],
    ['pass to fail', 'pf', aPolicy(), ['-', 'FAILURE']],
    ['degraded to degraded, when the threshold is reached', 'pdddd', threeRuns, ['-', '-', '-', 'DEGRADED_REMAIN', '-']],
    ['degraded to pass, when it was told', 'pdp', aPolicy(), ['-', 'DEGRADED', 'DEGRADED_RECOVERY']],
    ['degraded to pass, when it was not', 'pdp', threeRuns, ['-', '-', '-']],
    ['degraded to fail, whatever the threshold', 'pdf', threeRuns, ['-', '-', 'DEGRADED_FAILURE']],
    ['degraded that was told to fail', 'pdf', aPolicy(), ['-', 'DEGRADED', 'DEGRADED_FAILURE']],
    ['fail to fail, when the threshold is reached', 'pffff', threeRuns, ['-', '-', '-', 'FAILURE_REMAIN', '-']],
    ['fail to degraded, whatever the threshold', 'pfd', threeRuns, ['-', '-', 'FAILURE_DEGRADED']],
    ['fail that was told to degraded', 'pfd', aPolicy(), ['-', 'FAILURE', 'FAILURE_DEGRADED']],
    ['fail to pass', 'pfp', aPolicy(), ['-', 'FAILURE', 'RECOVERY']],
    ['fail to pass, when it was not told', 'pffp', threeRuns, ['-', '-', '-', '-']],
    ['a pass that begins the count anew', 'ffpfff', threeRuns, ['-', '-', '-', '-', '-', 'FAILURE_REMAIN']],
    ['failing for five minutes', 'pffffffp', fiveMinutes, ['-', '-', '-', '-', '-', '-', 'FAILURE_REMAIN', 'RECOVERY']],
    ['three passes for a recovery', 'fppfpppp', aPolicy({ recoveryPasses: 3 }), ['FAILURE', '-', '-', '-', '-', '-', 'RECOVERY', '-']],
    ['a failure that another location refuted', 'prp', aPolicy(), ['-', '-', '-']],
    ['slots nobody saw, in between', 'pfufp', aPolicy(), ['-', 'FAILURE', '-', '-', 'RECOVERY']],
    ['slots that were skipped', 'fssp', aPolicy(), ['FAILURE', '-', '-', 'RECOVERY']],
    ['no data, after two minutes, and data again', 'puuup', aPolicy(), ['-', '-', '-', 'no_data', 'data_again']],
    ['two reminders, five minutes apart', 'f'.repeat(13), aPolicy({ reminders: { amount: 2, everyMs: 5 * MINUTE } }),
      ['FAILURE', '-', '-', '-', '-', 'FAILURE_REMAIN reminder', '-', '-', '-', '-', 'FAILURE_REMAIN reminder', '-', '-']],
  ] as const)('%s', (_, slots, policy, expected) => expect(told(slots, policy)).toEqual(expected));

  it.each([
    ['muted while it fails: resolved, and told anew afterwards', 'fff', (index: number) => (index === 1 ? { voice: 'muted' as const } : {}), ['FAILURE', 'RECOVERY', 'FAILURE_REMAIN']],
    ['silenced: told at the end, if it still fails', 'pfff', (index: number) => (index < 3 ? { voice: 'silenced' as const } : {}), ['-', '-', '-', 'FAILURE_REMAIN']],
    ['silenced over the recovery: told at the end', 'fppp', (index: number) => (index === 1 || index === 2 ? { voice: 'silenced' as const } : {}), ['FAILURE', '-', '-', 'RECOVERY']],
    ['what it depends on fails: nothing until that is over', 'ffff', (index: number) => ({ dependency: index < 2 ? 'failing' as const : 'clear' as const }), ['-', '-', 'FAILURE_REMAIN', '-']],
    ['deleted: resolved', 'ff', (index: number) => (index === 1 ? { voice: 'deleted' as const } : {}), ['FAILURE', 'RECOVERY']],
    ['snoozed while it gets worse: the end of that tells it, and nothing is told again', 'ddfff', (index: number) => (index > 0 ? { snoozedUntilMs: 4 * MINUTE } : {}), ['DEGRADED', '-', '-', 'DEGRADED_FAILURE', '-']],
    ['snoozed: once more when that ends', 'ffff', (index: number) => (index > 0 ? { snoozedUntilMs: 3 * MINUTE } : {}), ['FAILURE', '-', 'FAILURE_REMAIN reminder', '-']],
    ['history alone ends nothing, a new slot does', 'fpp', (index: number) => ({ isOnlyHistory: index === 1 }), ['FAILURE', '-', 'RECOVERY']],
    ['a location that is dark tells for its checks', 'puuuu', () => ({ isUnseenExplained: true }), ['-', '-', '-', '-', '-']],
  ] as const)('%s', (_, slots, changes, expected) => expect(told(slots, aPolicy(), changes)).toEqual(expected));

  it('alternates: never two openings or two ends of one alert, and nothing without a change', () => {
    fc.assert(fc.property(
      fc.array(fc.constantFrom('p', 'd', 'f', 'u', 's', 'r'), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }),
      (letters, runs, recoveryPasses) => {
        let level = 'none';
        const policy = aPolicy({ escalation: { kind: 'runs', runs }, recoveryPasses });
        for (const { notices, state } of tell(letters.join(''), policy)) {
          for (const { kind } of notices.filter(({ kind: one }) => one === 'failure' || one === 'degraded' || one === 'recovery')) {
            const next = kind === 'recovery' ? 'none' : kind;
            expect(next).not.toBe(level);
            level = next;
          }
          if (state.standing === 'passing' && state.unseenSinceMs === null) expect(level).toBe('none');
        }
      },
    ));
  });
});

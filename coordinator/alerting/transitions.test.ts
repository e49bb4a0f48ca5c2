/** Every transition of a check with every setting: what checkly-api.md §4.1 says, written down once more, against what the judge decides. */
import { describe, expect, it } from 'vitest';
import { fold, NEW_STATE, type CheckState, type Standing } from '../verdict/check-state.ts';
import type { Policy } from '../verdict/policy.ts';
import { decideNotices, type Situation } from './decide-notices.ts';
import { NOTHING_TOLD, type Told } from './told.ts';

const MINUTE = 60_000;
const STANDINGS = { p: 'passing', d: 'degraded', f: 'failing' } as const satisfies Record<string, Standing>;
type Letter = keyof typeof STANDINGS;
const LETTERS: readonly Letter[] = ['p', 'd', 'f'];

const aPolicy = (changes: Partial<Policy> = {}): Policy => ({
  attemptMs: 5_000, runMs: 5_000, failingPercentage: null, escalation: { kind: 'runs', runs: 1 }, recoveryPasses: 1,
  reminders: { amount: 0, everyMs: 5 * MINUTE }, confirms: false, perLocationFailedRuns: null, whenUnseen: 'noData', ...changes,
});

/** Slots a minute apart; the alert types told at each, and how things stand at the end. */
function play(slots: readonly Letter[], policy: Policy, situation: (index: number) => Partial<Situation> = () => ({})): readonly string[] {
  let state: CheckState = NEW_STATE;
  let told: Told = NOTHING_TOLD;
  let ids = 0;
  return slots.map((letter, index) => {
    const atMs = (index + 1) * MINUTE;
    state = fold(state, { dueAtMs: atMs, status: STANDINGS[letter], isComplete: true, runs: [], deciding: null, failingIn: [], seenBy: 1 }, policy, new Set());
    const decision = decideNotices({
      state, policy, told, nowMs: atMs, isOnlyHistory: false, voice: 'heard', isAcknowledged: false, snoozedUntilMs: null, resolved: { alert: false, noData: false },
      dependency: 'clear', isUnseenExplained: false, newId: () => `alert-${ids += 1}`, ...situation(index),
    });
    told = decision.told;
    return decision.notices.map(({ alertType, isReminder }) => `${alertType}${isReminder ? ' again' : ''}`).join('+') || 'NO_ALERT';
  });
}

/**
 * The rule in plain words, as a naive reader has it: the run of equal slots so far, the standing before it (after the
 * passes that a recovery takes), and what receivers believe.
 */
function expected(slots: readonly Letter[], { escalation, recoveryPasses }: Policy): readonly string[] {
  let believes: Letter = 'p';
  let standing: Letter | null = null;
  let before: Letter | null = null;
  let since = 0;
  let streak = 0;
  let passes = 0;
  let everLong = false;
  return slots.map((seen, index) => {
    let now = seen;
    if (standing === 'f' && seen === 'p' && (passes += 1) < recoveryPasses) now = 'f';
    if (now === standing && seen !== now) streak = 0;
    else {
      passes = 0;
      if (now !== standing) {
        [before, standing, since, streak, everLong] = [standing, now, index, 0, false];
      }
      streak += 1;
    }
    everLong ||= escalation.kind === 'runs' ? streak >= escalation.runs : (index - since) * MINUTE >= escalation.ms;
    const overrides = (now === 'f' && before === 'd') || (now === 'd' && before === 'f');
    const level: Letter = now === 'p' ? 'p' : overrides || everLong ? now : 'p';
    const was = believes;
    if (now !== 'p' && level === 'p' && was === 'p') return 'NO_ALERT';
    if (level === was) return 'NO_ALERT';
    believes = level;
    if (level === 'p') return was === 'f' ? 'ALERT_RECOVERY' : 'ALERT_DEGRADED_RECOVERY';
    if (was !== 'p') return level === 'f' ? 'ALERT_DEGRADED_FAILURE' : 'ALERT_FAILURE_DEGRADED';
    if (before === (level === 'f' ? 'd' : 'f')) return level === 'f' ? 'ALERT_DEGRADED_FAILURE' : 'ALERT_FAILURE_DEGRADED';
    const isFirst = since === index;
    return level === 'f' ? (isFirst ? 'ALERT_FAILURE' : 'ALERT_FAILURE_REMAIN') : isFirst ? 'ALERT_DEGRADED' : 'ALERT_DEGRADED_REMAIN';
  });
}

const SLOTS = 7;
/** Every history of so many slots: 3⁷. */
const HISTORIES = Array.from({ length: 3 ** SLOTS }, (_, n) => Array.from({ length: SLOTS }, (__, at) => LETTERS[Math.floor(n / 3 ** at) % 3]!));

describe('every history of seven slots', () => {
  const escalations = [1, 2, 3, 4, 5].map((runs) => ({ kind: 'runs', runs }) as const);
  const byTime = [2, 5].map((minutes) => ({ kind: 'time', ms: minutes * MINUTE }) as const);
  it.each([...escalations, ...byTime].flatMap((escalation) => [1, 2, 3].map((recoveryPasses) => [JSON.stringify(escalation), recoveryPasses, aPolicy({ escalation, recoveryPasses })] as const)))(
    'is told of by %s, recovering after %i passes', (_, __, policy) => {
      const wrong = HISTORIES.filter((slots) => JSON.stringify(play(slots, policy)) !== JSON.stringify(expected(slots, policy)));
      expect(wrong.slice(0, 3).map((slots) => [slots.join(''), play(slots, policy), expected(slots, policy)])).toEqual([]);
    },
  );

  it.each<[string, (index: number) => Partial<Situation>, (types: string) => boolean]>([
    ['is not told of while it is silenced', () => ({ voice: 'silenced' }), (types) => types === 'NO_ALERT'],
    ['is not told of while it is muted', () => ({ voice: 'muted' }), (types) => types === 'NO_ALERT'],
    ['is not told to be failing while what it depends on fails', () => ({ dependency: 'failing' }), (types) => types === 'NO_ALERT'],
    ['opens nothing while it is not known whether what it depends on fails', () => ({ dependency: 'unknown' }), (types) => types === 'NO_ALERT'],
    ['is not reminded of once somebody is at work on it', () => ({ isAcknowledged: true }), (types) => !types.includes('again')],
    ['has an end that is told through a snooze, and nothing else', (index) => (index === 0 ? {} : { snoozedUntilMs: 100 * MINUTE }), (types) => /^(NO_ALERT|ALERT_\w*RECOVERY|ALERT_FAILURE|ALERT_DEGRADED|ALERT_\w+_REMAIN|ALERT_DEGRADED_FAILURE|ALERT_FAILURE_DEGRADED)$/.test(types) && !types.includes('again')],
  ])('%s', (_, situation, holds) => {
    const policy = aPolicy({ reminders: { amount: 5, everyMs: MINUTE } });
    expect(HISTORIES.filter((slots) => !play(slots, policy, situation).every(holds))).toEqual([]);
  });

  it('is reminded of as often as it was asked for, while it goes on, and never after its end', () => {
    const policy = aPolicy({ reminders: { amount: 2, everyMs: MINUTE } });
    for (const slots of HISTORIES) {
      let left = 0;
      for (const [index, types] of play(slots, policy).entries()) {
        if (types.endsWith('again')) left -= 1;
        else if (types !== 'NO_ALERT') left = types.endsWith('RECOVERY') ? 0 : 2;
        expect([slots.join(''), index, left >= 0]).toEqual([slots.join(''), index, true]);
      }
    }
    expect(play(['f', 'f', 'f', 'f', 'f'], policy)).toEqual(['ALERT_FAILURE', 'ALERT_FAILURE_REMAIN again', 'ALERT_FAILURE_REMAIN again', 'NO_ALERT', 'NO_ALERT']);
  });

  it('opens at most one alert at a time, and closes what it opened', () => {
    for (const slots of HISTORIES) {
      let isOpen = false;
      for (const types of play(slots, aPolicy())) {
        const isEnd = types.endsWith('RECOVERY');
        expect(isEnd && !isOpen).toBe(false);
        isOpen = isEnd ? false : isOpen || types !== 'NO_ALERT';
      }
      expect(isOpen).toBe(slots.at(-1) !== 'p');
    }
  });
});

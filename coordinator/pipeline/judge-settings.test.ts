/** What a check may ask for besides thresholds: confirmation, one location alone, unseen slots, agents that were cut off. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '#shared/run/result.ts';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import { DEFAULT_ALERT_SETTINGS } from '../alerting/effective-settings.ts';
import type { Notice } from '../alerting/notice.ts';
import { STRAGGLER_MS } from '../verdict/policy.ts';
import type { StoredRow } from './judging-port.ts';
import { A, B, DUES, Looks, planned, row, SOON } from './testing/looks.ts';

const here = availabilityIndex([A, B].map((locationId) => ({ locationId: locationId!, fromAtMs: 0, available: true })));
const rows = (slot: number, a: Outcome, b: Outcome): readonly StoredRow[] => [row(slot, A!, a), row(slot, B!, b)];
const kindsOf = (notices: readonly Notice[]): readonly string[] => notices.map(({ kind }) => kind);

describe('a failure that another location is to confirm', () => {
  const confirming = (availability = here) => new Looks(planned({ confirmFromOtherLocation: true }), { availability });
  /** B sees nothing at the slot itself. */
  const onlyA = (slot: number): readonly StoredRow[] => [row(slot, A!, 'failed'), row(slot, B!, 'agent_fault')];
  const answer = (looks: Looks, outcome: Outcome): StoredRow => {
    const asked = looks.orders.at(-1)!;
    const like = row(1, asked.locationId, outcome);
    if (like.kind === 'gap') throw new Error('a result is wanted');
    return { ...like, dueAtMs: DUES[1]! + SOON, trigger: 'confirm', facts: { ...like.facts, runId: asked.runId } };
  };
  const asked = (availability = here): Looks => {
    const looks = confirming(availability);
    looks.look(DUES[0]! + SOON, rows(0, 'passed', 'passed'));
    expect(looks.look(DUES[1]! + SOON, onlyA(1))).toEqual([]);
    return looks;
  };

  it.each<[string, Outcome, readonly string[]]>([
    ['confirmed alerts', 'failed', ['failure']], ['refuted does not', 'passed', []], ['refuted by a slow answer does not', 'degraded', []],
    ['that the other one could not look at alerts', 'agent_fault', ['failure']],
  ])('once %s', (_, outcome, told) => {
    const looks = asked();
    expect(looks.orders.map(({ locationId, atMs }) => [locationId, atMs])).toEqual([[B, null]]);
    expect(kindsOf(looks.look(DUES[1]! + 2 * SOON, [answer(looks, outcome)]))).toEqual(told);
    expect(looks.kept.head.standing).toBe(told.length > 0 ? 'failing' : 'passing');
    expect(looks.orders).toHaveLength(1);
  });

  it('is confirmed by silence, and by nobody being there to ask', () => {
    const silent = asked();
    expect(kindsOf(silent.look(DUES[1]! + SOON + 5_000 + STRAGGLER_MS))).toEqual(['failure']);
    const alone = confirming(availabilityIndex([]));
    alone.look(DUES[0]! + SOON, rows(0, 'passed', 'passed'));
    expect([kindsOf(alone.look(DUES[1]! + SOON, onlyA(1))), alone.orders]).toEqual([['failure'], []]);
  });

  it('that was refuted stays so when the check asks nobody any more and its history is gone through again', () => {
    const looks = asked();
    looks.look(DUES[1]! + 2 * SOON, [answer(looks, 'passed')]);
    looks.look(DUES[2]! + SOON, rows(2, 'passed', 'passed'));
    looks.check = planned({ confirmFromOtherLocation: false });
    looks.look(DUES[3]! + SOON, rows(3, 'passed', 'passed'), {}, DUES[0]!);
    looks.look(DUES[3]! + 2 * SOON, [], {}, DUES[0]!);
    expect([looks.kept.head.sinceMs, looks.kept.head.streak, looks.notices]).toEqual([DUES[0], 3, []]);
  });

  it('that two have seen needs no third, and one that goes on is not asked about again', () => {
    const looks = confirming();
    looks.look(DUES[0]! + SOON, rows(0, 'passed', 'passed'));
    expect(kindsOf(looks.look(DUES[1]! + SOON, rows(1, 'failed', 'failed')))).toEqual(['failure']);
    looks.look(DUES[2]! + SOON, onlyA(2));
    expect(looks.orders).toEqual([]);
  });
});

describe('a check that fails from one location alone', () => {
  const limited = () => new Looks(planned({ perLocationFailedRuns: 2, useGlobalAlertSettings: false, alertSettings: {
    ...DEFAULT_ALERT_SETTINGS, parallelRunFailureThreshold: { enabled: true, percentage: 100 },
  } }));

  it('alerts after so many runs there, says from where, and ends when it passes there', () => {
    const looks = limited();
    expect(looks.look(DUES[0]! + SOON, rows(0, 'failed', 'passed'))).toEqual([]);
    const [partial] = looks.look(DUES[1]! + SOON, rows(1, 'failed', 'passed'));
    expect(partial).toMatchObject({ kind: 'failure', alertType: 'ALERT_FAILURE', failing: { codes: [A] }, title: expect.stringContaining(`is failing from ${A}`) });
    expect(looks.kept.head.standing).toBe('passing');
    expect(looks.look(DUES[2]! + SOON, rows(2, 'failed', 'passed'))).toEqual([]);
    expect(kindsOf(looks.look(DUES[3]! + SOON, rows(3, 'passed', 'passed')))).toEqual(['recovery']);
  });

  it('begins to count again after a pass there', () => {
    const looks = limited();
    looks.look(DUES[0]! + SOON, rows(0, 'failed', 'passed'));
    looks.look(DUES[1]! + SOON, rows(1, 'passed', 'passed'));
    expect(looks.look(DUES[2]! + SOON, rows(2, 'failed', 'passed'))).toEqual([]);
  });
});

describe('slots that nobody saw', () => {
  it.each<['noData' | 'failing', readonly string[]]>([['noData', ['no_data']], ['failing', ['failure']]])('are told of as the check asks: %s', (whenUnseen, told) => {
    const looks = new Looks(planned({ whenUnseen }));
    looks.look(DUES[0]! + SOON, rows(0, 'passed', 'passed'));
    for (const slot of [1, 2, 3, 4]) looks.look(DUES[slot]! + 20_000);
    expect(kindsOf(looks.notices)).toEqual(told);
  });

  it('by agents that were cut off are judged again when that turns out to be wrong', () => {
    const looks = new Looks();
    looks.look(DUES[0]! + SOON, rows(0, 'passed', 'passed'));
    expect(looks.look(DUES[1]! + SOON, [row(1, A!, 'failed', true), row(1, B!, 'failed', true)])).toEqual([]);
    looks.withdraw();
    expect(kindsOf(looks.look(DUES[1]! + 2 * SOON, [], {}, DUES[1]!))).toEqual(['failure']);
  });
});

describe('an alert that somebody has looked at', () => {
  const open = (): Looks => {
    const looks = new Looks(planned({ useGlobalAlertSettings: false, alertSettings: { ...DEFAULT_ALERT_SETTINGS, reminders: { amount: 5, interval: 1 } } }));
    expect(kindsOf(looks.look(DUES[0]! + SOON, rows(0, 'failed', 'failed')))).toEqual(['failure']);
    return looks;
  };

  it('is reminded of until it is acknowledged, and its end is told', () => {
    const looks = open();
    expect(looks.look(DUES[1]! + 2 * SOON, rows(1, 'failed', 'failed')).map(({ isReminder }) => isReminder)).toEqual([true]);
    looks.kept = { ...looks.kept, acknowledgedAtMs: DUES[1]! };
    expect(looks.look(DUES[2]! + 2 * SOON, rows(2, 'failed', 'failed'))).toEqual([]);
    expect(kindsOf(looks.look(DUES[3]! + SOON, rows(3, 'passed', 'passed')))).toEqual(['recovery']);
  });

  it('rests while it is snoozed, and is told once more when that ends', () => {
    const looks = open();
    looks.kept = { ...looks.kept, acknowledgedAtMs: DUES[0]!, snoozedUntilMs: DUES[2]! };
    expect(looks.look(DUES[1]! + SOON, rows(1, 'failed', 'failed'))).toEqual([]);
    expect(looks.look(DUES[2]! + SOON, rows(2, 'failed', 'failed')).map(({ isReminder }) => isReminder)).toEqual([true]);
    expect(looks.look(DUES[3]! + SOON, rows(3, 'failed', 'failed'))).toEqual([]);
  });

  it('that was closed by hand stays closed until the trouble is over', () => {
    const looks = open();
    looks.kept = { ...looks.kept, resolved: { alert: true, noData: false } };
    expect(looks.look(DUES[1]! + SOON, rows(1, 'failed', 'failed')).map(({ kind, title }) => [kind, title.includes('by hand')])).toEqual([['recovery', true]]);
    looks.kept = { ...looks.kept, resolved: { alert: false, noData: false } };
    expect(looks.look(DUES[2]! + SOON, rows(2, 'failed', 'failed'))).toEqual([]);
    looks.look(DUES[3]! + SOON, rows(3, 'passed', 'passed'));
    expect(kindsOf(looks.look(DUES[4]! + SOON, rows(4, 'failed', 'failed')))).toEqual(['failure']);
  });
});

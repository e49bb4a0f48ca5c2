import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Check } from '#shared/check/check.ts';
import type { Outcome } from '#shared/run/result.ts';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import type { MaintenanceWindow } from '../alerting/maintenance.ts';
import type { WindowVersion } from '../planning/pauses.ts';
import type { Notice } from '../alerting/notice.ts';
import type { JudgeOrder } from './judge-order.ts';
import type { StoredRow } from './judging-port.ts';
import type { PlannedCheck } from './ports.ts';
import { A, B, DUES, Looks, planned, row, SOON } from './testing/looks.ts';

const SECOND = 1_000;
const START = DUES[1]! - 10 * SECOND;
const END = DUES[3]! + 20 * SECOND;
/** The answer of a look is there. */
const ANSWERED = END + 2 * SECOND;
const here = availabilityIndex([A, B].map((locationId) => ({ locationId: locationId!, fromAtMs: 0, available: true })));

const aWindow = (endsAtMs = END): MaintenanceWindow => ({ startsAtMs: START, endsAtMs, timeZone: 'UTC', repeat: null, pausing: { kind: 'all' }, silencing: { kind: 'none' } });
const versionOf = (window: MaintenanceWindow, untilMs: number | null = null): WindowVersion => ({ windowId: 1, fromAtMs: 0, untilMs, window });

function paused(changes: Partial<PlannedCheck> = {}, check: Partial<Check> = {}): Looks {
  const window = aWindow();
  return new Looks({ ...planned(check), windows: [versionOf(window)], ...changes }, { availability: here, context: { alertSettings: null, groups: new Map(), windows: [window] } });
}

function answerOf({ runId, locationId, atMs }: JudgeOrder, outcome: Outcome, tookMs = 5): StoredRow {
  const like = row(0, locationId, outcome);
  if (like.kind === 'gap') throw new Error('a result is wanted');
  return { ...like, dueAtMs: atMs!, trigger: 'confirm', facts: { ...like.facts, runId, startedAtMs: END + 100, responseTimeMs: tookMs } };
}

const both = (slot: number, outcome: Outcome): readonly StoredRow[] => [row(slot, A!, outcome), row(slot, B!, outcome)];
const kindsOf = (notices: readonly Notice[]): readonly string[] => notices.map(({ kind }) => kind);

describe('when a window that paused a check ends', () => {
  it('the judge sleeps until then, and orders a run in every location at once', () => {
    const looks = paused();
    looks.look(DUES[0]! + SOON, both(0, 'passed'));
    looks.look(START + 250);
    expect([looks.nextLookMs, looks.orders]).toEqual([END, []]);
    looks.look(END);
    expect(looks.orders.map(({ locationId, atMs, retryOf }) => ({ locationId, atMs, retryOf }))).toEqual([A, B].map((locationId) => ({ locationId, atMs: END, retryOf: null })));
    looks.look(END + 250);
    expect(looks.orders).toHaveLength(2);
  });

  it('asks again when nobody has answered in time, and then waits as long', () => {
    const looks = paused();
    looks.look(DUES[0]! + SOON, both(0, 'passed'));
    looks.look(END);
    for (const sinceEndMs of [16_000, 16_500, 17_000, 20_000]) looks.look(END + sinceEndMs);
    expect(looks.orders).toHaveLength(4);
  });

  it.each<[string, Outcome, Outcome, readonly string[], readonly string[]]>([
    ['passed before and fails now: told at once', 'passed', 'failed', [], ['failure']],
    ['failed before and fails still: told once', 'failed', 'failed', ['failure'], []],
    ['failed before and passes now: recovered', 'failed', 'passed', ['failure'], ['recovery']],
    ['passed before and passes now: nothing', 'passed', 'passed', [], []],
  ])('a check that %s', (_, before, after, toldBefore, toldAfter) => {
    const looks = paused();
    expect(kindsOf(looks.look(DUES[0]! + SOON, both(0, before)))).toEqual(toldBefore);
    looks.look(START + 250);
    looks.look(END);
    expect(kindsOf(looks.look(ANSWERED, looks.orders.map((order) => answerOf(order, after))))).toEqual(toldAfter);
    expect(looks.kept.head).toMatchObject({ throughMs: END, standing: after === 'failed' ? 'failing' : 'passing' });
  });

  it('nothing is told of what was known before the window, until something was seen after it', () => {
    const slow: Partial<Check> = { useGlobalAlertSettings: false, alertSettings: { escalationType: 'TIME_BASED', runBasedEscalation: { failedRunThreshold: 1 }, timeBasedEscalation: { minutesFailingThreshold: 5 }, reminders: { amount: 0, interval: 5 }, parallelRunFailureThreshold: { enabled: false, percentage: 10 }, recoveryPassThreshold: 1 } };
    const looks = paused({}, slow);
    const window = aWindow(DUES[8]! + 20 * SECOND);
    looks.check = { ...looks.check, windows: [versionOf(window)] };
    const context = { context: { alertSettings: null, groups: new Map(), windows: [window] }, availability: availabilityIndex([]) };
    looks.look(DUES[0]! + SOON, both(0, 'failed'), context);
    // It would have failed for long enough, had anybody looked; and no agent is there to be asked.
    expect(looks.look(window.endsAtMs, [], context)).toEqual([]);
    expect(looks.orders).toEqual([]);
    expect(kindsOf(looks.look(DUES[9]! + SOON, both(9, 'failed'), context))).toEqual(['failure']);
  });

  it('a window that is taken away ends then', () => {
    const looks = paused();
    looks.look(DUES[0]! + SOON, both(0, 'passed'));
    const untilMs = START + 15 * SECOND;
    const gone = { context: { alertSettings: null, groups: new Map(), windows: [] } };
    looks.check = { ...looks.check, windows: [versionOf(aWindow(), untilMs)] };
    looks.look(untilMs - 900, [], gone);
    expect(looks.nextLookMs).toBe(untilMs);
    looks.look(untilMs, [], gone);
    expect(looks.orders.map(({ atMs }) => atMs)).toEqual([untilMs, untilMs]);
  });

  it('none is ordered where a slot is due within seconds, nor where it is switched off', () => {
    const window = aWindow(DUES[3]! - 5 * SECOND);
    const near = paused({ windows: [versionOf(window)] });
    near.look(DUES[0]! + SOON, both(0, 'passed'));
    near.look(window.endsAtMs);
    const off = paused();
    off.look(DUES[0]! + SOON, both(0, 'passed'));
    off.check = { ...off.check, check: { ...off.check.check, activated: false }, epochs: [...off.check.epochs, { ...off.check.epochs[0]!, fromAtMs: START + 1, active: false }] };
    off.look(END);
    expect([...near.orders, ...off.orders]).toEqual([]);
  });

  it('in round-robin one location is asked: whose turn is next, or the next one that is there', () => {
    const epochs = [{ ...planned().epochs[0]!, strategy: 'round_robin' as const }];
    const asks = (availability = here): readonly string[] => {
      const looks = paused({ epochs }, { runParallel: false });
      looks.look(DUES[0]! + SOON, [row(0, A!, 'passed'), row(0, B!, 'passed')]);
      looks.look(END, [], { availability });
      return looks.orders.map(({ locationId }) => locationId);
    };
    const only = (locationId: string) => availabilityIndex([{ locationId, fromAtMs: 0, available: true }]);
    expect(asks()).toHaveLength(1);
    expect([asks(only(A!)), asks(only(B!))]).toEqual([[A], [B]]);
  });

  it('a run that fails is tried again in its location, as the check says', () => {
    const looks = paused({}, { retryStrategy: { type: 'FIXED', baseBackoffSeconds: 2, maxRetries: 1, maxDurationSeconds: 600, sameRegion: true, onlyOn: null } });
    looks.look(DUES[0]! + SOON, both(0, 'passed'));
    looks.look(END);
    const [first, other] = looks.orders;
    expect(looks.look(END + SECOND, [answerOf(first!, 'failed'), answerOf(other!, 'passed')])).toEqual([]);
    looks.look(looks.nextLookMs!);
    const again = looks.orders[2]!;
    expect(again).toMatchObject({ locationId: first!.locationId, atMs: END });
    expect(looks.look(ANSWERED + 2 * SECOND, [answerOf(again, 'passed')])).toEqual([]);
    expect(looks.kept.head).toMatchObject({ throughMs: END, standing: 'passing' });
  });

  it('one that is not answered is no slot, and one that is answered late is one', () => {
    const looks = paused();
    looks.look(DUES[0]! + SOON, both(0, 'passed'));
    looks.look(END);
    looks.look(END + 20 * SECOND);
    expect(looks.kept.head.throughMs).toBe(DUES[0]);
    looks.look(DUES[4]! + SOON, both(4, 'passed'));
    const { head } = looks.kept;
    looks.look(DUES[4]! + 5 * SECOND, [answerOf(looks.orders[0]!, 'failed')]);
    expect(looks.kept.head).toMatchObject({ throughMs: DUES[4], standing: 'passing', before: { standing: 'failing', sinceMs: END } });
    expect(head.before).toBeNull();
  });

  it('comes to one state, in whatever order slots and looks come', () => {
    const outcome = fc.constantFrom<Outcome>('passed', 'failed', 'degraded');
    fc.assert(fc.property(fc.tuple(outcome, outcome, outcome, outcome, outcome, outcome), fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), ([a0, b0, a4, b4, aLook, bLook], order) => {
      const asked = paused();
      asked.look(END);
      const rows = [row(0, A!, a0), row(0, B!, b0), answerOf(asked.orders[0]!, aLook), answerOf(asked.orders[1]!, bLook), row(4, A!, a4), row(4, B!, b4)];
      const inOrder = paused();
      inOrder.look(DUES[4]! + SOON, rows);
      const asTheyCome = paused();
      for (const { one } of rows.map((one, index) => ({ one, at: order[index]! })).sort((x, y) => x.at - y.at)) asTheyCome.look(DUES[4]! + SOON, [one]);
      expect(asTheyCome.kept.head).toEqual(inOrder.kept.head);
      expect(asTheyCome.orders).toEqual([]);
    }), { numRuns: 60 });
  });
});

describe('a check that is switched on again', () => {
  it('begins anew: what failed before it was switched off is told when it fails again', () => {
    const looks = new Looks();
    expect(kindsOf(looks.look(DUES[0]! + SOON, both(0, 'failed')))).toEqual(['failure']);
    const on = looks.check;
    const off = { ...on.epochs[0]!, fromAtMs: DUES[1]! - SECOND, active: false };
    looks.check = { ...on, check: { ...on.check, activated: false }, epochs: [on.epochs[0]!, off] };
    expect(kindsOf(looks.look(DUES[1]!))).toEqual(['recovery']);
    looks.check = { ...on, epochs: [on.epochs[0]!, off, { ...on.epochs[0]!, fromAtMs: DUES[3]! + SECOND }] };
    expect([looks.look(DUES[3]! + 500), looks.look(DUES[3]! + 2 * SECOND)]).toEqual([[], []]);
    expect(looks.kept.head.standing).toBeNull();
    expect(kindsOf(looks.look(DUES[4]! + SOON, both(4, 'failed')))).toEqual(['failure']);
    expect(looks.kept.head).toMatchObject({ streak: 1, before: null, sinceMs: DUES[4] });
  });
});

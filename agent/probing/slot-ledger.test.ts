import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Assignment } from '#shared/run/assignment.ts';
import { dueBetween, type Turns } from '#shared/schedule/turns.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { SlotLedger } from './slot-ledger.ts';

const START = Date.UTC(2026, 0, 1);

function anAssignment(turns: Partial<Turns> = {}, checkId = 'check'): Assignment {
  const turn = { fromAtMs: 0, untilMs: null, intervalMs: 10_000, phaseMs: 0, modulus: 1, remainder: 0, ...turns };
  return { checkId, accountId: 'account', revision: 1, spec: aProbeSpec(), retry: null, digest: '', turns: [turn] };
}

function aLedger(assignment = anAssignment()): { readonly ledger: SlotLedger; openAt(seconds: number): readonly number[] } {
  const ledger = new SlotLedger();
  ledger.apply([assignment], [], { nowMs: START + 1, sinceMs: START + 1 });
  return { ledger, openAt: (seconds) => ledger.takeUnanswered(START + seconds * 1000).map(({ dueAtMs }) => (dueAtMs - START) / 1000) };
}

const at = (seconds: number): number => START + seconds * 1000;

describe('a ledger of slots', () => {
  test('knows the slots nobody answered, each once', () => {
    const { ledger, openAt } = aLedger();
    ledger.answered('check', at(10));
    ledger.answered('check', at(30));
    expect(openAt(40)).toEqual([20, 40]);
    expect(openAt(40)).toEqual([]);
    expect(openAt(60)).toEqual([50, 60]);
  });

  test('owes nothing from before the first configuration, and of a new check nothing older than a minute', () => {
    const { ledger, openAt } = aLedger();
    ledger.apply([anAssignment({}, 'later')], [], { nowMs: at(125), sinceMs: START + 1 });
    for (const seconds of [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]) ledger.answered('check', at(seconds));
    expect(openAt(126)).toEqual([70, 80, 90, 100, 110, 120]);
  });

  test('keeps what the turns before a change, and a check that was taken away, still owe', () => {
    const { ledger, openAt } = aLedger();
    ledger.answered('check', at(10));
    ledger.apply([anAssignment({ phaseMs: 5_000 })], [], { nowMs: at(31), sinceMs: START + 1 });
    ledger.answered('check', at(30));
    expect(openAt(36)).toEqual([20, 35]);
    ledger.apply([], ['check'], { nowMs: at(46), sinceMs: START + 1 });
    expect(openAt(99)).toEqual([45]);
    expect(openAt(199)).toEqual([]);
  });

  test('owes nothing after the end of a hand-over', () => {
    const { openAt } = aLedger(anAssignment({ untilMs: at(20) + 1 }));
    expect(openAt(3_000)).toEqual([10, 20]);
  });

  test('lists an hour at most', () => {
    const { openAt } = aLedger();
    expect(openAt(100_000)).toHaveLength(361);
  });

  test('knows of what was begun the runs that are not over, each once and under what it was run', () => {
    const { ledger, openAt } = aLedger();
    ledger.apply([anAssignment({}, 'edited')], [], { nowMs: START + 1, sinceMs: START + 1 });
    ledger.answered('check', at(10));
    ledger.attempted({ checkId: 'check', checkRevision: 1, dueAtMs: at(20), attempt: 1, latenessUs: 5 });
    ledger.apply([{ ...anAssignment({ phaseMs: 5_000 }, 'edited'), revision: 2 }], [], { nowMs: at(21), sinceMs: START + 1 });
    const begun = (checkId: string, seconds: number, attempt = 1) => ({ checkId, revision: 1, dueAtMs: at(seconds), attempt, startedAtMs: at(seconds) + 1, latenessUs: 1_000 });
    // One that was heard of, one that was heard of and pauses, one of before the edit, one a little ahead of this clock, two that are nobody's.
    const attempts = [begun('check', 10), begun('check', 20), begun('edited', 20), begun('check', 30), begun('check', 33), begun('gone', 20)];
    const lost = ledger.takeBegun(attempts, at(29));
    expect(lost.map(({ begun: { checkId, dueAtMs, attempt }, assignment: { revision } }) => [checkId, (dueAtMs - START) / 1000, attempt, revision])).toEqual([
      ['check', 20, 2, 1], ['edited', 20, 1, 1], ['check', 30, 1, 1],
    ]);
    expect(lost[0]!.begun).toMatchObject({ startedAtMs: at(29), latenessUs: 5, revision: 1 });
    expect(ledger.takeBegun(attempts, at(29))).toEqual([]);
    expect(openAt(40)).toEqual([10, 25, 35, 40]);
  });

  test('has no pause to remember of a run that is over', () => {
    const { ledger } = aLedger();
    ledger.attempted({ checkId: 'check', checkRevision: 1, dueAtMs: at(10), attempt: 1, latenessUs: 0 });
    ledger.answered('check', at(10));
    expect(ledger.takeBegun([], at(15))).toEqual([]);
  });

  test('whatever is answered, in whatever order: what is open is what is due without the answers', () => {
    fc.assert(fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.boolean()), { maxLength: 60 }),
      fc.constantFrom({ intervalMs: 10_000 }, { intervalMs: 20_000, modulus: 3, remainder: 2 }, { intervalMs: 10_000, phaseMs: 3_000 }),
      fc.integer({ min: 0, max: 60 }),
      (answers, turns, changedAfter) => {
        const assignment = anAssignment(turns);
        const { ledger } = aLedger(assignment);
        const due = dueBetween(assignment.turns, START + 1, at(600) + 1);
        const heard = new Set<number>();
        answers.forEach(([slot], index) => {
          const dueAtMs = due[slot % due.length]!;
          ledger.answered('check', dueAtMs);
          heard.add(dueAtMs);
          // The same turns once more, as a change of the check's text brings them: nothing is owed anew.
          if (index === changedAfter) ledger.apply([assignment], [], { nowMs: at(600), sinceMs: START + 1 });
        });
        expect(ledger.takeUnanswered(at(600)).map(({ dueAtMs }) => dueAtMs)).toEqual(due.filter((dueAtMs) => !heard.has(dueAtMs)));
      },
    ), { numRuns: 300 });
  });
});

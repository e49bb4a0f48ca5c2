import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cadenceOf, slotsBetween } from '#shared/schedule/cadence.ts';
import type { AvailabilityChange, ScheduleEpoch } from '#shared/schedule/epoch.ts';
import { ownersOf } from '#shared/schedule/turns.ts';
import { completenessOf } from './completeness.ts';
import { countOwed, owedBetween, owedSpans, type OwedByLocation } from './owed-slots.ts';
import { settle, type SettledRow } from './settle-slots.ts';

const CHECK = '6f1c7c1e-3b0a-4b5e-9a57-1f2e3d4c5b6a';
const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const PLACES = ['ams', 'fra', 'nyc'];

const anInstant = fc.integer({ min: START - HOUR, max: START + HOUR });
const anEpoch = fc.record({
  fromAtMs: anInstant,
  intervalMs: fc.constantFrom(10_000, 17_000, 60_000),
  strategy: fc.constantFrom('parallel' as const, 'round_robin' as const),
  order: fc.shuffledSubarray(PLACES, { minLength: 1 }),
  active: fc.boolean(),
});
const someEpochs = fc.uniqueArray(anEpoch, { minLength: 1, maxLength: 5, selector: ({ fromAtMs }) => fromAtMs })
  .map((epochs) => epochs.sort((a, b) => a.fromAtMs - b.fromAtMs));
const someAvailability = fc.array(fc.record({ locationId: fc.constantFrom(...PLACES), fromAtMs: anInstant, available: fc.boolean() }), { maxLength: 12 });
const aRange = fc.tuple(anInstant, fc.integer({ min: 0, max: HOUR })).map(([fromMs, lengthMs]) => ({ fromMs, toMs: fromMs + lengthMs }));
const aHistory = fc.record({ epochs: someEpochs, availability: someAvailability, range: aRange });

type Slot = { readonly locationId: string; readonly dueAtMs: number };

/** Slot by slot, as rules.md 2 and 3 say it. */
function slotsByTheRule(epochs: readonly ScheduleEpoch[], availability: readonly AvailabilityChange[], fromMs: number, toMs: number): Slot[] {
  const instants = epochs.flatMap((epoch, index) => slotsBetween(
    cadenceOf(CHECK, epoch.intervalMs), Math.max(fromMs, epoch.fromAtMs), Math.min(toMs, epochs[index + 1]?.fromAtMs ?? toMs),
  ));
  return instants.flatMap((dueAtMs) => ownersOf(epochs, availability, CHECK, dueAtMs).map((locationId) => ({ locationId, dueAtMs })));
}

const names = (slots: readonly Slot[]): string[] => slots.map(({ locationId, dueAtMs }) => `${locationId} ${dueAtMs}`).sort();
const listed = (owed: OwedByLocation, fromMs: number, toMs: number): Slot[] =>
  [...owed].flatMap(([locationId, spans]) => owedBetween(spans, fromMs, toMs).map((dueAtMs) => ({ locationId, dueAtMs })));
const aResultAt = (slot: Slot): SettledRow => ({ kind: 'result', ...slot, isSurplus: false, replacedGap: false });
const aGapAt = (slot: Slot, reason = 'agent_lost'): SettledRow => ({ kind: 'gap', ...slot, reason });

describe('what is owed', () => {
  it('is what the rule says slot by slot, through edits, comings and goings', () => {
    fc.assert(fc.property(aHistory, ({ epochs, availability, range: { fromMs, toMs } }) => {
      const owed = owedSpans({ checkId: CHECK, epochs, availability, fromMs, toMs });
      const byTheRule = slotsByTheRule(epochs, availability, fromMs, toMs);
      expect(names(listed(owed, fromMs, toMs))).toEqual(names(byTheRule));
      expect([...owed.values()].reduce((sum, spans) => sum + countOwed(spans, fromMs, toMs), 0)).toBe(byTheRule.length);
    }), { numRuns: 150 });
  });

  it('does not depend on availability from before the last change ahead of the range', () => {
    fc.assert(fc.property(aHistory, ({ epochs, availability, range: { fromMs, toMs } }) => {
      const before = (locationId: string) => availability.filter((change) => change.locationId === locationId && change.fromAtMs <= fromMs)
        .reduce<AvailabilityChange | null>((last, change) => (last && last.fromAtMs > change.fromAtMs ? last : change), null);
      const needed = availability.filter((change) => change.fromAtMs > fromMs && change.fromAtMs < toMs).concat(PLACES.flatMap((place) => before(place) ?? []));
      expect(owedSpans({ checkId: CHECK, epochs, availability: needed, fromMs, toMs })).toEqual(owedSpans({ checkId: CHECK, epochs, availability, fromMs, toMs }));
    }), { numRuns: 100 });
  });

  it('counts and lists the same in any part of the range', () => {
    fc.assert(fc.property(aHistory, anInstant, anInstant, ({ epochs, availability, range: { fromMs, toMs } }, one, other) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      for (const spans of owedSpans({ checkId: CHECK, epochs, availability, fromMs, toMs }).values()) {
        const part = owedBetween(spans, fromMs, toMs).filter((dueAtMs) => dueAtMs >= low && dueAtMs < high);
        expect(owedBetween(spans, low, high)).toEqual(part);
        expect(countOwed(spans, low, high)).toBe(part.length);
      }
    }), { numRuns: 100 });
  });
});

describe('completeness', () => {
  const fates = fc.array(fc.constantFrom('result', 'gap', 'nothing', 'two results', 'both', 'surplus'), { minLength: 400, maxLength: 400 });

  it('finds every missing and every double slot, and none hides another', () => {
    fc.assert(fc.property(aHistory, fates, fc.integer({ min: 0, max: HOUR }), ({ epochs, availability, range: { fromMs, toMs } }, fate, openForMs) => {
      const owed = owedSpans({ checkId: CHECK, epochs, availability, fromMs, toMs });
      const openFromMs = toMs - openForMs;
      const expected = { due: 0, results: 0, gaps: 0, pending: 0, missing: 0, double: 0, surplus: 0, unowed: 0, lateReplacements: 0 };
      const rows = listed(owed, fromMs, toMs).flatMap((slot, index): SettledRow[] => {
        expected.due += 1;
        const absent = (): void => { if (slot.dueAtMs >= openFromMs) expected.pending += 1; else expected.missing += 1; };
        switch (fate[index % fate.length]!) {
          case 'result': expected.results += 1; return [aResultAt(slot)];
          case 'gap': expected.gaps += 1; return [aGapAt(slot)];
          case 'nothing': absent(); return [];
          case 'two results': expected.results += 1; expected.double += 1; return [aResultAt(slot), aResultAt(slot)];
          case 'both': expected.results += 1; expected.double += 1; return [aGapAt(slot), aResultAt(slot)];
          case 'surplus': expected.surplus += 1; absent(); return [{ ...aResultAt(slot), isSurplus: true } as SettledRow];
        }
        throw new Error('unreachable');
      });
      const { locations, ...counts } = completenessOf(owed, settle(owed, rows, openFromMs).counts, { fromMs, toMs, openFromMs });
      expect(counts).toEqual(expected);
      expect(locations.reduce((sum, { due }) => sum + due, 0)).toBe(expected.due);
      for (const { due, results, gaps, pending, missing } of locations) expect(results + gaps + pending + missing).toBe(due);
    }), { numRuns: 100 });
  });

  it('keeps what nobody owed apart', () => {
    const epochs: ScheduleEpoch[] = [{ fromAtMs: START, intervalMs: 10_000, strategy: 'parallel', order: ['ams'], active: true }];
    const range = { fromMs: START, toMs: START + 60_000 };
    const owed = owedSpans({ checkId: CHECK, epochs, availability: [], ...range });
    const [first] = owedBetween(owed.get('ams')!, range.fromMs, range.toMs);
    const rows = [aResultAt({ locationId: 'ams', dueAtMs: first! + 1 }), aGapAt({ locationId: 'fra', dueAtMs: first! })];
    const found = completenessOf(owed, settle(owed, rows, range.toMs).counts, { ...range, openFromMs: range.toMs });
    expect(found).toMatchObject({ due: 6, results: 0, gaps: 0, missing: 6, unowed: 2 });
  });

  it('tells slots that follow each other as one gap, apart where the reason changes or a result lies between', () => {
    const epochs: ScheduleEpoch[] = [{ fromAtMs: START, intervalMs: 10_000, strategy: 'round_robin', order: ['ams', 'fra'], active: true }];
    const availability = PLACES.map((locationId) => ({ locationId, fromAtMs: 0, available: true }));
    const owed = owedSpans({ checkId: CHECK, epochs, availability, fromMs: START, toMs: START + 200_000 });
    const due = owedBetween(owed.get('ams')!, START, START + 200_000);
    expect(due).toHaveLength(10);
    const rows = due.map((dueAtMs, index) => (index === 4
      ? aResultAt({ locationId: 'ams', dueAtMs }) : aGapAt({ locationId: 'ams', dueAtMs }, index < 2 ? 'no_agent' : 'agent_lost')));
    expect(settle(owed, rows, START + 200_000).gapSpans.map(({ reason, firstDueMs, lastDueMs, count }) => [reason, firstDueMs, lastDueMs, count])).toEqual([
      ['no_agent', due[0], due[1], 2], ['agent_lost', due[2], due[3], 2], ['agent_lost', due[5], due[9], 5],
    ]);
  });
});

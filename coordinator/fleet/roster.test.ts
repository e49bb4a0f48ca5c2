import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueBetween, type Turns } from '#shared/schedule/turns.ts';
import { shareOf } from '../planning/share-turns.ts';
import { memberFor, weightOf } from './rendezvous.ts';
import { ANNOUNCE_MS, GOODBYE_AHEAD_MAX_MS, LEASE_MS, nextRoster, type Presence } from './roster.ts';

const CHECKS = Array.from({ length: 2_000 }, (_, n) => `check-${n}`);
const members = fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 6 })
  .map((ids) => ids.map((id) => ({ agentId: `agent-${id}`, weight: 1 + (id % 3) })));

describe('rendezvous', () => {
  test('a member that goes moves only its own checks', () => {
    fc.assert(fc.property(members, fc.nat(), (all, pick) => {
      const gone = all[pick % all.length]!;
      const rest = all.filter((member) => member !== gone);
      for (const check of CHECKS.slice(0, 100)) {
        const before = memberFor(check, all);
        if (before !== gone.agentId) expect(memberFor(check, rest)).toBe(before);
      }
    }));
  });

  test('shares follow the weights', () => {
    const owners = CHECKS.map((check) => memberFor(check, [{ agentId: 'small', weight: 1 }, { agentId: 'large', weight: 3 }]));
    expect(owners.filter((owner) => owner === 'small').length / CHECKS.length).toBeCloseTo(0.25, 1);
    expect(weightOf(1)).toBe(1);
    expect(weightOf(1_000_000)).toBe(4);
  });
});

describe('the parts of a location\'s agents', () => {
  test('are its turns, each slot once, whoever comes and goes', () => {
    const turns: readonly Turns[] = [{ fromAtMs: 0, untilMs: 400_000, intervalMs: 10_000, phaseMs: 1_234, modulus: 1, remainder: 0 },
      { fromAtMs: 400_000, untilMs: null, intervalMs: 7_000, phaseMs: 99, modulus: 2, remainder: 1 }];
    const history = fc.array(fc.tuple(fc.integer({ min: 1, max: 900_000 }), members), { maxLength: 5 });
    fc.assert(fc.property(members, history, fc.constantFrom(...CHECKS.slice(0, 20)), (first, later, check) => {
      const rosters = [[0, first] as const, ...later.toSorted((a, b) => a[0] - b[0])]
        .filter(([at], index, all) => index === 0 || at !== all[index - 1]![0])
        .map(([fromAtMs, list]) => ({ locationId: 'here', fromAtMs, members: list }));
      const agents = new Set(rosters.flatMap(({ members: list }) => list.map(({ agentId }) => agentId)));
      const parts = [...agents].flatMap((agentId) => dueBetween(shareOf(agentId, check, turns, rosters), 0, 1_000_000));
      expect(parts.toSorted((a, b) => a - b)).toEqual(dueBetween(turns, 0, 1_000_000));
    }));
  });
});

describe('who is in the roster next', () => {
  const now = { nowMs: 100_000, mayAllReturn: false };
  const a = { agentId: 'a', weight: 1 };
  const b = { agentId: 'b', weight: 1 };
  const presence = (agentId: string, changes: Partial<Presence> = {}): Presence => ({ agentId, weight: 1, isLive: true, lastSlotMs: null, absentSinceMs: null, isDraining: false, ...changes });
  const absent = (agentId: string, forMs: number) => presence(agentId, { isLive: false, absentSinceMs: now.nowMs - forMs });

  test.each([
    ['nobody changes: no row', [a], [presence('a')], null],
    ['a newcomer is in', [a], [presence('a'), presence('b')], [a, b]],
    ['a lost member keeps its place for its lease', [a, b], [presence('a'), absent('b', LEASE_MS - 1)], null],
    ['and is out after it', [a, b], [presence('a'), absent('b', LEASE_MS)], [a]],
    ['the last one of a location stays in until another comes', [a], [absent('a', 60_000)], null],
    ['and is replaced by that one', [a], [absent('a', 60_000), presence('b')], [b]],
    ['an unknown member is out', [a, b], [presence('a')], [a]],
    ['one that is drained hands over to the other', [a, b], [presence('a', { isDraining: true }), presence('b')], [b]],
    ['or to a newcomer', [a], [presence('a', { isDraining: true }), presence('b')], [b]],
    ['but not while nobody else is live', [a], [presence('a', { isDraining: true })], null],
    ['nor to one that may be lost', [a, b], [presence('a', { isDraining: true }), absent('b', 1_000)], null],
    ['nor to one that leaves', [a, b], [presence('a', { isDraining: true }), presence('b', { lastSlotMs: 1 })], [a]],
    ['drained, it stays out while another has its place', [b], [presence('a', { isDraining: true }), absent('b', 1_000)], null],
    ['and comes back when nobody else is left', [b], [presence('a', { isDraining: true }), absent('b', LEASE_MS)], [a]],
    ['of several that are drained all go on while they are alone', [a, b], [presence('a', { isDraining: true }), presence('b', { isDraining: true })], null],
  ])('%s', (_, before, presences, after) => {
    const next = nextRoster(before, presences, now);
    expect(next?.members ?? null).toEqual(after);
    if (next) expect(next.fromAtMs).toBe(now.nowMs + ANNOUNCE_MS);
  });

  test('after a goodbye the next roster begins right after the last slot', () => {
    const leaving = presence('b', { lastSlotMs: now.nowMs + 2_500 });
    expect(nextRoster([a, b], [presence('a'), leaving], now)).toEqual({ members: [a], fromAtMs: now.nowMs + 2_501 });
  });

  test('a goodbye from the far future does not bind the location', () => {
    const leaving = presence('b', { lastSlotMs: 9e14 });
    expect(nextRoster([a, b], [presence('a'), leaving], now)!.fromAtMs).toBe(now.nowMs + GOODBYE_AHEAD_MAX_MS);
  });

  test('nobody is out while a coordinator has just come up', () => {
    expect(nextRoster([a, b], [presence('a')], { ...now, mayAllReturn: true })).toBeNull();
  });
});

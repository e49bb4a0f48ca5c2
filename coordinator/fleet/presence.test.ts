import { describe, expect, test } from 'vitest';
import { isHere, presenceOf, RETURN_GRACE_MS, type Sighting } from './presence.ts';
import { LEASE_MS, nextRoster } from './roster.ts';

const NOW_MS = 1_000_000;
const OTHER = { agentId: 'other', weight: 1, isLive: true, lastSlotMs: null, absentSinceMs: null, isDraining: false };

function seen(changes: Partial<Sighting> = {}): Sighting {
  return { agentId: 'a', locationId: 'here', capacity: 1_000, isDraining: false, heardAgoMs: 900, closedAgoMs: null, isClosedByCoordinator: false, lastSlotMs: null, coordinatorAgoMs: 400, ...changes };
}

/** Is it still in the roster of its location? */
function staysIn(sighting: Sighting): boolean {
  const next = nextRoster([{ agentId: 'a', weight: 1 }, { agentId: 'other', weight: 1 }], [presenceOf(sighting, NOW_MS), OTHER], { nowMs: NOW_MS, mayAllReturn: false });
  return next === null;
}

describe('an agent', () => {
  test.each<[string, Partial<Sighting>, boolean]>([
    ['that was heard a moment ago stays', {}, true],
    ['that was silent for its lease while its coordinator listened is out', { heardAgoMs: LEASE_MS + 500 }, false],
    ['that was silent as long as its coordinator stays', { heardAgoMs: LEASE_MS + 900, coordinatorAgoMs: LEASE_MS }, true],
    ['whose coordinator is gone stays for grace and lease', { heardAgoMs: LEASE_MS + RETURN_GRACE_MS, coordinatorAgoMs: LEASE_MS + RETURN_GRACE_MS - 1 }, true],
    ['and is out after both', { heardAgoMs: LEASE_MS + RETURN_GRACE_MS + 900, coordinatorAgoMs: LEASE_MS + RETURN_GRACE_MS }, false],
    ['whose stream ended keeps its place for its lease', { closedAgoMs: LEASE_MS - 1 }, true],
    ['and is out after it', { closedAgoMs: LEASE_MS }, false],
    ['whose coordinator stopped has the grace besides', { closedAgoMs: LEASE_MS + RETURN_GRACE_MS - 1, isClosedByCoordinator: true }, true],
    ['that said goodbye is out', { lastSlotMs: NOW_MS + 2_000 }, false],
  ])('%s', (_, changes, stays) => {
    expect(staysIn(seen(changes))).toBe(stays);
  });

  test.each<[string, Partial<Sighting>, boolean]>([
    ['that is heard makes its location available', {}, true],
    ['that says goodbye does not', { lastSlotMs: NOW_MS }, false],
    ['whose stream ended does not', { closedAgoMs: 10 }, false],
    ['whose coordinator is gone does, for the grace', { heardAgoMs: 9_000, coordinatorAgoMs: RETURN_GRACE_MS - 1 }, true],
    ['and not after it', { heardAgoMs: 9_000, coordinatorAgoMs: RETURN_GRACE_MS + 1 }, false],
  ])('%s', (_, changes, here) => {
    expect(isHere(presenceOf(seen(changes), NOW_MS), NOW_MS)).toBe(here);
  });
});

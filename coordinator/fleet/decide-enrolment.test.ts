import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideEnrolment, PENDING_MAX, type EnrolmentFacts, type EnrolmentKey, type KnownAgent } from './decide-enrolment.ts';
import { REJECTION_WORDS } from './rejection-words.ts';

const NOW_MS = 1_000_000;
const here = { id: 'loc-here', code: 'here', name: 'Here', kind: 'private', accountId: 'me' } as const;
const there = { ...here, id: 'loc-there', code: 'there' };
const aKey = (changes: Partial<EnrolmentKey> = {}): EnrolmentKey => ({
  id: 'key-1', location: here, isRevoked: false, expiresAtMs: null, isOneTime: false, isUsed: false, agentsMax: null, needsApproval: false,
  otherAgents: 0, otherPending: 0, ...changes,
});
const anAgent = (changes: Partial<KnownAgent> = {}): KnownAgent => ({
  location: here, isLocationDeleted: false, state: 'active', pin: 'same', keyId: 'key-1', isKeyRevoked: false, ...changes,
});
const decide = (key: EnrolmentKey | null, known: readonly KnownAgent[] = [], changes: Partial<EnrolmentFacts> = {}) => {
  const decision = decideEnrolment({ hasOwnKey: true, isKeyGiven: key !== null, key, known, nowMs: NOW_MS, ...changes });
  return decision.kind === 'reject' ? decision.code : decision.kind === 'admit' ? `in ${decision.location.code}`
    : `${decision.isNew ? 'new' : 'changed'} in ${decision.location.code}${decision.isApproved ? '' : ', to be approved'}`;
};

describe('a new agent', () => {
  test.each([
    ['with a live key', aKey(), 'new in here'],
    ['with a key that needs approval', aKey({ needsApproval: true }), 'new in here, to be approved'],
    ['with a key that expires later', aKey({ expiresAtMs: NOW_MS + 1 }), 'new in here'],
    ['with an expired key', aKey({ expiresAtMs: NOW_MS }), 'key_expired'],
    ['with a revoked key', aKey({ isRevoked: true }), 'key_revoked'],
    ['with a fresh one-time key', aKey({ isOneTime: true }), 'new in here'],
    ['with a used one-time key', aKey({ isOneTime: true, isUsed: true }), 'key_used_up'],
    ['with a key that has room for one more', aKey({ agentsMax: 2, otherAgents: 1 }), 'new in here'],
    ['with a key that is full', aKey({ agentsMax: 2, otherAgents: 2 }), 'agent_limit'],
    ['behind too many that wait', aKey({ needsApproval: true, otherPending: PENDING_MAX }), 'too_many_pending'],
  ])('%s', (_, key, expected) => {
    expect(decide(key)).toBe(expected);
  });

  test('without a key, or with one that nobody has', () => {
    expect(decide(null)).toBe('not_enrolled');
    expect(decide(null, [], { isKeyGiven: true })).toBe('unknown_key');
  });
});

describe('an agent that has enrolled', () => {
  test.each([
    ['comes back without a location key', null, anAgent(), 'in here'],
    ['comes back with a used one-time key, its own', aKey({ isOneTime: true, isUsed: true }), anAgent(), 'in here'],
    ['comes back although its key has expired', aKey({ expiresAtMs: 1 }), anAgent(), 'in here'],
    ['comes back although its key is full', aKey({ agentsMax: 1, otherAgents: 1 }), anAgent(), 'in here'],
    ['waits while it is pending', aKey({ needsApproval: true }), anAgent({ state: 'pending' }), 'pending_approval'],
    ['waits without its location key, too', null, anAgent({ state: 'pending' }), 'pending_approval'],
    ['is out once it is revoked', aKey(), anAgent({ state: 'revoked' }), 'agent_revoked'],
    ['is out once its key is revoked', aKey({ isRevoked: true }), anAgent({ isKeyRevoked: true }), 'key_revoked'],
    ['is out without its key, once that is revoked', null, anAgent({ isKeyRevoked: true }), 'key_revoked'],
    ['comes back with another live key of the location', aKey({ id: 'key-2' }), anAgent({ isKeyRevoked: true }), 'changed in here'],
    ['stays approved when it changes over to a key that needs approval', aKey({ id: 'key-2', needsApproval: true }), anAgent(), 'changed in here'],
    ['stays pending when it changes over while it waits', aKey({ id: 'key-2' }), anAgent({ state: 'pending' }), 'changed in here, to be approved'],
    ['stays in by its own key when it is given one that is full', aKey({ id: 'key-2', agentsMax: 1, otherAgents: 1 }), anAgent(), 'in here'],
    ['is out when both keys are no good', aKey({ id: 'key-2', isRevoked: true }), anAgent({ isKeyRevoked: true }), 'key_revoked'],
    ['is out when its location is gone', null, anAgent({ isLocationDeleted: true }), 'location_deleted'],
    ['moves with a key of another location', aKey({ location: there, id: 'key-3' }), anAgent(), 'new in there'],
    ['is not known by its id alone', aKey(), anAgent({ pin: 'other' }), 'agent_key_mismatch'],
    ['is not known by its id alone, without a location key', null, anAgent({ pin: 'other' }), 'not_enrolled'],
    ['pins its key when none was pinned', aKey(), anAgent({ pin: 'unpinned' }), 'changed in here'],
  ])('%s', (_, key, known, expected) => {
    expect(decide(key, [known])).toBe(expected);
  });

  test('in two locations comes back to the newest that still takes it', () => {
    const twice = [anAgent({ location: there, isLocationDeleted: true }), anAgent()];
    expect(decide(null, twice)).toBe('in here');
  });
});

describe('an older agent, without a key of its own', () => {
  const older = { hasOwnKey: false };
  test.each([
    ['joins with a plain key', aKey(), [], 'new in here'],
    ['comes back with it', aKey(), [anAgent({ pin: 'unpinned' })], 'changed in here'],
    ['may not use a one-time key', aKey({ isOneTime: true }), [], 'agent_key_required'],
    ['may not use a key with a maximum', aKey({ agentsMax: 9 }), [], 'agent_key_required'],
    ['may not wait for approval', aKey({ needsApproval: true }), [], 'agent_key_required'],
    ['is not an agent that has a key', aKey(), [anAgent({ pin: 'other' })], 'agent_key_required'],
    ['needs its location key each time', null, [anAgent({ pin: 'unpinned' })], 'not_enrolled'],
    ['is out with a revoked key', aKey({ isRevoked: true }), [anAgent({ pin: 'unpinned', isKeyRevoked: true })], 'key_revoked'],
  ])('%s', (_, key, known, expected) => {
    expect(decide(key, known, older)).toBe(expected);
  });
});

test('whatever is known, a revoked agent and another\'s key never get in', () => {
  const keys = fc.option(fc.record({
    id: fc.constantFrom('key-1', 'key-2'), location: fc.constantFrom(here, there), isRevoked: fc.boolean(), expiresAtMs: fc.constantFrom(null, 1, NOW_MS + 1),
    isOneTime: fc.boolean(), isUsed: fc.boolean(), agentsMax: fc.constantFrom(null, 1), needsApproval: fc.boolean(), otherAgents: fc.nat(2), otherPending: fc.nat(2),
  }));
  const states = fc.record({
    location: fc.constant(here), isLocationDeleted: fc.boolean(), state: fc.constantFrom('active', 'pending', 'revoked'),
    pin: fc.constantFrom('same', 'other', 'unpinned'), keyId: fc.constantFrom('key-1', 'key-2', null), isKeyRevoked: fc.boolean(),
  }) as fc.Arbitrary<KnownAgent>;
  fc.assert(fc.property(keys, states, fc.boolean(), (key, known, hasOwnKey) => {
    const decision = decideEnrolment({ hasOwnKey, isKeyGiven: key !== null, key, known: [known], nowMs: NOW_MS });
    if (decision.kind === 'reject') { expect(REJECTION_WORDS[decision.code].reason).not.toBe(''); return; }
    if (decision.location.id !== here.id) return;
    expect(known.state).not.toBe('revoked');
    expect(known.pin).not.toBe('other');
    if (decision.kind === 'admit') expect([known.state, known.pin, known.isKeyRevoked, known.isLocationDeleted]).toEqual(['active', 'same', false, false]);
    if (known.state === 'pending' && decision.kind === 'enrol') expect(decision.isApproved).toBe(false);
  }));
});

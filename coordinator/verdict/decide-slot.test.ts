import { describe, expect, it } from 'vitest';
import type { GapReason } from '#shared/run/gap.ts';
import type { Outcome } from '#shared/run/result.ts';
import { decideSlot } from './decide-slot.ts';
import { STRAGGLER_MS, type Policy } from './policy.ts';
import type { Slot, SlotRun, SlotStatus } from './slot.ts';

const POLICY: Policy = {
  attemptMs: 5_000, runMs: 65_000, failingPercentage: null, escalation: { kind: 'runs', runs: 1 }, recoveryPasses: 1,
  reminders: { amount: 0, everyMs: 60_000 }, confirms: false, perLocationFailedRuns: null, whenUnseen: 'noData',
};
const DUE = 1_000_000;
const OUTCOMES: Readonly<Record<string, Outcome>> = { p: 'passed', d: 'degraded', f: 'failed', a: 'agent_fault', e: 'egress_denied' };
const GAPS: Readonly<Record<string, GapReason>> = { l: 'agent_lost', w: 'maintenance', r: 'previous_still_running' };

/** p d f a e: outcomes, in capitals of an agent that was cut off; l w r: gaps (lost, window, still running); b: begun, ?: silent, t: tried again elsewhere for 20 s. */
function slotOf(letters: string, strategy: Slot['strategy'] = 'parallel'): Slot {
  return { dueAtMs: DUE, strategy, runs: [...letters].map((letter, index): SlotRun => {
    const locationId = `loc-${index}`;
    const reason = GAPS[letter];
    if (reason) return { kind: 'gap', locationId, reason };
    switch (letter) {
      case 'b': return { kind: 'begun', locationId };
      case '?': return { kind: 'silent', locationId };
      case 't': return { kind: 'retrying', locationId, untilMs: DUE + 20_000 };
      default: return { kind: 'final', locationId, isImpaired: letter !== letter.toLowerCase(), facts: {
        runId: locationId, outcome: OUTCOMES[letter.toLowerCase()]!, locationId, executedIn: locationId, startedAtMs: DUE, responseTimeMs: 1, attempts: 1, failure: null,
      } };
    }
  }) };
}
const decide = (letters: string, changes: Partial<Policy> = {}, afterMs = 2_000, strategy?: Slot['strategy']): SlotStatus | number => {
  const decision = decideSlot(slotOf(letters, strategy), { ...POLICY, ...changes }, DUE + afterMs);
  return decision.kind === 'open' ? decision.untilMs - DUE : decision.verdict.status;
};

describe('a slot', () => {
  it.each<[string, SlotStatus, Partial<Policy>?]>([
    ['p', 'passing'], ['d', 'degraded'], ['f', 'failing'], ['ppf', 'failing'], ['pdp', 'degraded'], ['dff', 'failing'],
    // A share of locations: reached is failing, and less of them that fail are no trouble by themselves.
    ['ff', 'failing', { failingPercentage: 100 }], ['pf', 'passing', { failingPercentage: 100 }], ['pf', 'failing', { failingPercentage: 50 }],
    ['ppf', 'passing', { failingPercentage: 50 }], ['pdf', 'degraded', { failingPercentage: 50 }], ['f', 'failing', { failingPercentage: 100 }],
    // Only who delivered a verdict counts.
    ['fl', 'failing', { failingPercentage: 100 }], ['fa', 'failing', { failingPercentage: 100 }], ['fP', 'failing', { failingPercentage: 100 }], ['pF', 'passing'], ['pe', 'passing'],
    // Nobody saw it.
    ['l', 'unseen'], ['a', 'unseen'], ['e', 'unseen'], ['F', 'unseen'], ['lw', 'unseen'], ['l', 'failing', { whenUnseen: 'failing' }], ['F', 'failing', { whenUnseen: 'failing' }],
    // Nobody was to look.
    ['w', 'skipped'], ['r', 'skipped'], ['wr', 'skipped'], ['w', 'skipped', { whenUnseen: 'failing' }], ['pw', 'passing'],
  ])('of %s is %s %o', (letters, status, policy = {}) => {
    expect(decide(letters, policy)).toBe(status);
  });

  it.each<[string, SlotStatus | number, Partial<Policy>?]>([
    // One location is enough, so that one is decided; passing needs them all.
    ['f?', 'failing'], ['p?', 5_000 + STRAGGLER_MS], ['d?', 5_000 + STRAGGLER_MS],
    ['pp?', 5_000 + STRAGGLER_MS, { failingPercentage: 50 }],
    ['ff??', 'failing', { failingPercentage: 50 }], ['f???', 5_000 + STRAGGLER_MS, { failingPercentage: 50 }], ['dpp?', 'degraded', { failingPercentage: 50 }],
    ['b', 65_000 + STRAGGLER_MS], ['t', 20_000], ['?t', 5_000 + STRAGGLER_MS],
  ])('of %s waits no longer than it can change: %s %o', (letters, expected, policy = {}) => {
    expect(decide(letters, policy)).toBe(expected);
  });

  it('is decided by who is there once the others had their time', () => {
    expect([decide('p?', {}, 5_000 + STRAGGLER_MS), decide('??', {}, 5_000 + STRAGGLER_MS), decide('fb', { failingPercentage: 100 }, 65_000 + STRAGGLER_MS)]).toEqual(['passing', 'unseen', 'failing']);
  });

  it('of round-robin has one location, whatever share is asked for', () => {
    expect(decide('f', { failingPercentage: 100 }, 2_000, 'round_robin')).toBe('failing');
  });
});

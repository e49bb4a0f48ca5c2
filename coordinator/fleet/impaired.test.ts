import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideImpaired, windowChange, type WitnessEpisode } from './impaired.ts';

const NOBODY = { silent: 0, reached: 0 };
const anEpisode = (changes: Partial<WitnessEpisode> = {}): WitnessEpisode => ({ fromMs: 1_000, toMs: null, targetsSilent: 8, targetsReached: 0, ...changes });

describe('an agent without a witness that answers', () => {
  test.each([
    ['alone in seeing its targets silent is impaired', anEpisode(), NOBODY, 'impaired'],
    ['whose targets others reach is impaired', anEpisode(), { silent: 0, reached: 8 }, 'impaired'],
    ['is impaired where others find but a few of the targets silent', anEpisode(), { silent: 2, reached: 6 }, 'impaired'],
    ['is not impaired when others find the targets silent, too: the site is down', anEpisode(), { silent: 8, reached: 0 }, 'others_see_it_too'],
    ['is not impaired where others are in two minds', anEpisode(), { silent: 4, reached: 4 }, 'others_see_it_too'],
    ['that reaches its targets is not impaired: its witnesses are at fault', anEpisode({ targetsSilent: 1, targetsReached: 9 }), NOBODY, 'targets_reached'],
    ['that ran nothing meanwhile has nothing to take back', anEpisode({ targetsSilent: 0 }), NOBODY, 'few_silent'],
  ])('%s', (_, episode, elsewhere, expected) => {
    const decision = decideImpaired(episode, elsewhere);
    expect(decision.kind === 'impaired' ? 'impaired' : decision.because).toBe(expected);
  });

  test('never hides an outage that most others see (I6)', () => {
    fc.assert(fc.property(fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 100 }), fc.nat(100), (targetsSilent, targetsReached, silent, reached) => {
      fc.pre(silent >= reached);
      expect(decideImpaired(anEpisode({ targetsSilent, targetsReached }), { silent, reached }).kind).toBe('not_impaired');
    }));
  });
});

describe('the window of an episode', () => {
  const impaired = { kind: 'impaired' } as const;
  const not = { kind: 'not_impaired', because: 'targets_reached' } as const;

  test('opens, closes when the witnesses answer again, and is told once', () => {
    expect(windowChange(anEpisode(), impaired, null)).toEqual({ kind: 'open', fromMs: 1_000, toMs: null });
    expect(windowChange(anEpisode(), impaired, { fromMs: 1_000, toMs: null, isWithdrawn: false })).toBeNull();
    expect(windowChange(anEpisode({ toMs: 9_000 }), impaired, { fromMs: 1_000, toMs: null, isWithdrawn: false })).toEqual({ kind: 'close', fromMs: 1_000, toMs: 9_000 });
    expect(windowChange(anEpisode({ toMs: 9_000 }), impaired, { fromMs: 1_000, toMs: 9_000, isWithdrawn: false })).toBeNull();
  });

  test('heard of when it is long over, opens closed', () => {
    expect(windowChange(anEpisode({ toMs: 9_000 }), impaired, null)).toEqual({ kind: 'open', fromMs: 1_000, toMs: 9_000 });
  });

  test('is withdrawn when the witnesses turn out to be at fault, for good', () => {
    expect(windowChange(anEpisode(), not, null)).toBeNull();
    expect(windowChange(anEpisode(), not, { fromMs: 1_000, toMs: null, isWithdrawn: false })).toEqual({ kind: 'withdraw', fromMs: 1_000 });
    expect(windowChange(anEpisode(), impaired, { fromMs: 1_000, toMs: null, isWithdrawn: true })).toBeNull();
  });
});

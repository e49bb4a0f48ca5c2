import { describe, expect, it } from 'vitest';
import { countedPattern } from './counted-pattern.ts';
import { evilPatterns, KNOWN_EVIL } from './evil-patterns.ts';
import { type PatternFacts, weighPattern } from './pattern-laws.ts';

describe('evil patterns', () => {
  it('1,000 of them are refused when saved or are few enough parts at once', () => {
    const counted = evilPatterns(1, 1_000).map(countedPattern);
    const accepted = counted.filter((each) => each !== null);
    expect(accepted.length).toBeGreaterThan(200);
    expect(accepted.length).toBeLessThan(800);
    expect(new Set(evilPatterns(1, 1_000)).size).toBeGreaterThan(800);
  });

  it('that are accepted stay within the steps of an attempt, and cost no more than 2.5 times as much on twice the text', () => {
    // Half of the known ones and a few more; all of them in the campaign.
    const some = evilPatterns(1, KNOWN_EVIL.length + 8).filter((_, index) => index % 2 === 0);
    const facts = some.map((source) => weighPattern(source, { bytes: 8_192, pieces: 8, isTimed: false }));
    const accepted = facts.filter((each): each is PatternFacts => each !== null);
    expect(accepted.length).toBeGreaterThan(10);
    expect(accepted.filter(({ problem }) => problem !== null)).toEqual([]);
    // Something was searched through.
    expect(accepted.every(({ attemptSteps }) => attemptSteps > 0)).toBe(true);
  }, 60_000);

  it('would be caught if their cost grew with the square of the text', () => {
    const counted = countedPattern('(a|b)*c$');
    if (counted === null) throw new Error('refused');
    const steps = (length: number): number => {
      const before = counted.steps();
      for (let at = 0; at < length; at += 64) counted.pattern.find('ab'.repeat(at / 2));
      return counted.steps() - before;
    };
    expect(steps(4_096) / steps(2_048)).toBeGreaterThan(2.5);
  });
});

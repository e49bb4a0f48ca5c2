import { describe, expect, test } from 'vitest';
import { findPlant } from './campaign.ts';
import { runSeed } from './run-seed.ts';

const HOURS = 0.25;

describe('a fleet in simulation', { timeout: 120_000 }, () => {
  test('a seed accounts for every slot and every alert, is the same run each time, and another than any other', async () => {
    const [first, again, other] = [await runSeed({ seed: 11, hours: HOURS }), await runSeed({ seed: 11, hours: HOURS }), await runSeed({ seed: 23, hours: HOURS })];
    expect([first.violations, other.violations]).toEqual([[], []]);
    expect(first.results).toBeGreaterThan(500);
    expect(again.traceHash).toBe(first.traceHash);
    expect(again.counts).toEqual(first.counts);
    expect(other.traceHash).not.toBe(first.traceHash);
  });

  test.each(['key-without-attempt', 'epoch-applied-retroactively', 'two-judges-no-lock'] as const)('it finds a planted bug: %s', async (plant) => {
    expect(await findPlant(plant, { firstSeed: 1, seeds: 5, hours: HOURS })).toMatchObject({ foundAtSeed: expect.any(Number) });
  });
});

import { describe, expect, test } from 'vitest';
import { findPlant } from './campaign.ts';
import { runSeed } from './run-seed.ts';

const HOURS = 0.25;

describe('a fleet in simulation', { timeout: 60_000 }, () => {
  test.each([11, 23])('seed %i accounts for every slot, whatever goes wrong', async (seed) => {
    const report = await runSeed({ seed, hours: HOURS });
    expect(report.violations).toEqual([]);
    expect(report.results).toBeGreaterThan(500);
  });

  test('a seed is the same run each time, and another than any other', async () => {
    const [first, again, other] = [await runSeed({ seed: 3, hours: HOURS }), await runSeed({ seed: 3, hours: HOURS }), await runSeed({ seed: 4, hours: HOURS })];
    expect(again.traceHash).toBe(first.traceHash);
    expect(again.counts).toEqual(first.counts);
    expect(other.traceHash).not.toBe(first.traceHash);
  });

  test.each(['key-without-attempt', 'epoch-applied-retroactively'] as const)('it finds a planted bug: %s', async (plant) => {
    expect(await findPlant(plant, { firstSeed: 1, seeds: 5, hours: HOURS })).toMatchObject({ foundAtSeed: expect.any(Number) });
  });
});

import { describe, expect, test } from 'vitest';
import { findPlant, runHistories } from './campaign.ts';
import { runHistory } from './histories/run-history.ts';
import { runSeed } from './run-seed.ts';

const HOURS = 0.25;
const HISTORIES = 25;

describe('a fleet in simulation', { timeout: 120_000 }, () => {
  test('a seed accounts for every slot and every alert, is the same run each time, and another than any other', async () => {
    const [first, again, other] = [await runSeed({ seed: 11, hours: HOURS }), await runSeed({ seed: 11, hours: HOURS }), await runSeed({ seed: 23, hours: HOURS })];
    expect([first.violations, other.violations]).toEqual([[], []]);
    expect(first.results).toBeGreaterThan(500);
    expect(again.traceHash).toBe(first.traceHash);
    expect(again.counts).toEqual(first.counts);
    expect(other.traceHash).not.toBe(first.traceHash);
  });

  test.each(['key-without-attempt', 'epoch-applied-retroactively'] as const)('it finds a planted bug: %s', async (plant) => {
    expect(await findPlant(plant, { form: 'fleet', hours: HOURS }, { firstSeed: 1, seeds: 5 })).toMatchObject({ foundAtSeed: expect.any(Number) });
  });
});

describe('histories of checks', { timeout: 120_000 }, () => {
  test('are judged as whoever reads all of it at once would judge them, and are the same each time', async () => {
    const { failed, notices } = await runHistories({ firstSeed: 1, seeds: HISTORIES });
    expect(failed.map(({ seed, violations }) => ({ seed, violations }))).toEqual([]);
    expect(notices).toBeGreaterThan(HISTORIES);
    expect((await runHistory({ seed: 5 })).traceHash).toBe((await runHistory({ seed: 5 })).traceHash);
  });

  test.each(['alert-outside-the-transaction', 'judging-by-arrival', 'two-judges-no-lock', 'windows-unread', 'dependencies-unread'] as const)('show a planted bug: %s', async (plant) => {
    expect(await findPlant(plant, { form: 'histories' }, { firstSeed: 1, seeds: 20 })).toMatchObject({ foundAtSeed: expect.any(Number) });
  });
});

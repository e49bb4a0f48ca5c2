import { describe, expect, test } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { Autonomy } from './autonomy.ts';

const HOUR_MS = 3_600_000;

function anAutonomy(limitMs = 24 * HOUR_MS) {
  const clock = new FakeClock();
  const over: number[] = [];
  const autonomy = new Autonomy({ clock, limitMs, onOver: () => over.push(clock.monotonicUs() / 1000) });
  return { clock, over, autonomy };
}

describe('how long an agent runs on alone', () => {
  test('is counted from the last word of the coordinator, and is over once', async () => {
    const { clock, over, autonomy } = anAutonomy();
    autonomy.heard();
    await clock.advance(20 * HOUR_MS);
    autonomy.heard();
    await clock.advance(23 * HOUR_MS);
    expect(autonomy.leftMs()).toBe(HOUR_MS);
    await clock.advance(48 * HOUR_MS);
    expect(over).toEqual([44 * HOUR_MS]);
    expect(autonomy.isOver).toBe(true);
    autonomy.heard();
    expect(autonomy.isOver).toBe(false);
    await clock.advance(25 * HOUR_MS);
    expect(over).toHaveLength(2);
  });

  test('goes on across a restart, the time in between counted', async () => {
    const { clock, over, autonomy } = anAutonomy();
    expect(autonomy.resume(23 * HOUR_MS)).toBe(true);
    await clock.advance(2 * HOUR_MS);
    expect(over).toEqual([HOUR_MS]);
    expect(anAutonomy().autonomy.resume(24 * HOUR_MS)).toBe(false);
  });

  test('is not made longer than the limit by a wall clock that was set back', async () => {
    const { clock, over, autonomy } = anAutonomy();
    expect(autonomy.resume(-1_000 * HOUR_MS)).toBe(true);
    await clock.advance(24 * HOUR_MS);
    expect(over).toHaveLength(1);
  });

  test('does not end before it has begun', async () => {
    const { clock, over } = anAutonomy();
    await clock.advance(100 * HOUR_MS);
    expect(over).toEqual([]);
  });

  test('of a month fits into timers', async () => {
    const { clock, over, autonomy } = anAutonomy(30 * 24 * HOUR_MS);
    autonomy.heard();
    await clock.advance(29 * 24 * HOUR_MS);
    expect(over).toEqual([]);
    await clock.advance(24 * HOUR_MS);
    expect(over).toHaveLength(1);
  });
});

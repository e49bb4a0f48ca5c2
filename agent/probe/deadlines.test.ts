import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { Deadlines } from './deadlines.ts';

describe('deadlines', () => {
  it('fire in order of time, never early, with one timer for all', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.record({ ms: fc.integer({ min: 0, max: 500 }), cancelled: fc.boolean() }), { maxLength: 60 }), async (waits) => {
      const clock = new FakeClock();
      const deadlines = new Deadlines(clock);
      const fired: number[] = [];
      const alarms = waits.map(({ ms }) => deadlines.at(ms * 1000, () => {
        expect(clock.monotonicUs()).toBeGreaterThanOrEqual(ms * 1000);
        fired.push(ms);
      }));
      expect(clock.pending).toBeLessThanOrEqual(1);
      waits.forEach(({ cancelled }, index) => { if (cancelled) alarms[index]?.cancel(); });
      expect(deadlines.pending).toBe(waits.filter((wait) => !wait.cancelled).length);
      await clock.advance(510);
      expect(fired).toEqual(waits.filter((wait) => !wait.cancelled).map((wait) => wait.ms).sort((a, b) => a - b));
      expect(deadlines.pending).toBe(0);
    }), { numRuns: 100 });
  });

  it('take an earlier one while a later one is armed, and one that is set while another fires', async () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const fired: string[] = [];
    deadlines.at(400_000, () => fired.push('late'));
    deadlines.at(10_000, () => {
      fired.push('early');
      deadlines.at(20_000, () => fired.push('next'));
    });
    await clock.advance(30);
    expect(fired).toEqual(['early', 'next']);
    await clock.advance(400);
    expect(fired).toEqual(['early', 'next', 'late']);
  });

  it('leave no timer behind when nobody waits', async () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    const alarm = deadlines.at(5_000_000, () => {});
    expect(clock.pending).toBe(1);
    alarm.cancel();
    expect(clock.pending).toBe(0);
  });

  it('cancelling after firing, or twice, leaves the others alone', async () => {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock);
    let fired = 0;
    const first = deadlines.at(1_000, () => { fired += 1; });
    await clock.advance(5);
    deadlines.at(20_000, () => { fired += 1; });
    first.cancel();
    first.cancel();
    await clock.advance(30);
    expect(fired).toBe(2);
  });
});

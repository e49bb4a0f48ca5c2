import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stopwatch, type TimedPhase } from './stopwatch.ts';

const PHASES: readonly TimedPhase[] = ['dns', 'connect', 'tls', 'send', 'firstByte', 'data'];

describe('the stopwatch', () => {
  it('has phases in whole µs that sum exactly to the total, for any instants', () => {
    const lap = fc.record({ kind: fc.constantFrom('lap', 'idle', 'skip', 'add'), phase: fc.constantFrom(...PHASES), us: fc.double({ min: -5, max: 1e7, noNaN: true }) });
    fc.assert(fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.array(lap), (startedUs, laps) => {
      const stopwatch = new Stopwatch(startedUs);
      let nowUs = startedUs;
      for (const { kind, phase, us } of laps) {
        nowUs += us;
        if (kind === 'lap') stopwatch.lap(phase, nowUs);
        else if (kind === 'add') stopwatch.add(phase, us, nowUs);
        else if (kind === 'idle') stopwatch.idle(nowUs);
        else stopwatch.skip(nowUs);
      }
      const { dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs, totalUs, idleUs } = stopwatch.timings();
      const phases = [dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs];
      expect(phases.reduce((sum, each) => sum + each, 0)).toBe(totalUs);
      for (const each of [...phases, idleUs]) expect(Number.isInteger(each) && each >= 0).toBe(true);
    }));
  });

  it('keeps idle and skipped time out of the total, and loses nothing to rounding', () => {
    const stopwatch = new Stopwatch(0.4);
    stopwatch.skip(100.4);
    stopwatch.lap('connect', 200.9);
    stopwatch.lap('firstByte', 301.4);
    stopwatch.idle(1_000.4);
    stopwatch.lap('data', 900);
    expect(stopwatch.timings()).toMatchObject({ connectUs: 101, firstByteUs: 100, dataUs: 0, totalUs: 201, idleUs: 699 });
  });
});

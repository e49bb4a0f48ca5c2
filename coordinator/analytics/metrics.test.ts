import { describe, expect, it } from 'vitest';
import { METRICS, isRaw, metricOf } from './metrics.ts';
import type { Sketch, Sketches } from './sketch.ts';
import { sketchOf } from './testing/sketch-of.ts';
import type { Phase } from './phases.ts';
import { barState, NOTHING, unseen } from './tally.ts';

const times = [1_000, 2_000, 3_000, 4_000, 10_000];
const sketches: Sketches = new Map<Phase, Sketch>([['total', sketchOf(times)]]);
const tally = { ...NOTHING, passed: 4, degraded: 1, failed: 3, established: 6, attempts: 10, agentFaults: 1, gaps: 3, gapReasons: { maintenance: 2, agent_lost: 1 } };
const measures = { tally: { ...tally, impaired: 2, attempts: 12 }, sketches, timed: 5, coversMs: 30_000 };

describe('metrics', () => {
  it.each([
    ['availability', 62.5], ['reachability', 75], ['retries', 1],
    // Maintenance is wanted, an impaired agent tells nothing; neither is up or down.
    ['noData', 2], ['impaired', 2], ['maintenance', 2], ['unseenMinutes', 2],
    ['total_avg', 4], ['total_sum', 20], ['total_min', 1], ['total_max', 10], ['total_stddev', 3.162],
    // A phase that never happened took no time.
    ['dns_p95', 0], ['data_avg', 0],
  ])('%s of a tally and its sketches is %d', (metric, expected) => {
    expect(metricOf(metric, measures)).toBe(expected);
  });

  it('the median is the middle value, within the error of a sketch', () => {
    expect(Math.abs(metricOf('total_median', measures)! / 3 - 1)).toBeLessThan(0.01);
  });

  it('of nothing are nothing, whichever is asked for', () => {
    for (const metric of METRICS.filter((name) => !isRaw(name))) expect([metric, metricOf(metric, { tally: NOTHING, sketches: new Map(), timed: 0, coversMs: 60_000 })]).toEqual([metric, null]);
  });

  it('maintenance and unseen runs are neither up nor down, and told apart', () => {
    expect(unseen(tally)).toBe(2);
    expect(barState({ ...NOTHING, gaps: 2, gapReasons: { maintenance: 2 } })).toBe('maintenance');
    expect(barState({ ...NOTHING, gaps: 2, gapReasons: { maintenance: 1, agent_lost: 1 } })).toBe('noData');
    expect(barState({ ...NOTHING, impaired: 1 })).toBe('impaired');
    expect(barState({ ...NOTHING, agentFaults: 1, passed: 1 })).toBe('passing');
  });
});

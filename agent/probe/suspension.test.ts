import { describe, expect, it } from 'vitest';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { Attempt, type Stop } from './attempt.ts';
import { wasSuspended } from './suspension.ts';

const PASSED: Stop = { stopReason: 'decided', failure: null };
const TIMED_OUT: Stop = { stopReason: 'deadline', failure: { phase: 'read', code: 'SOCKET_TIMEOUT', message: '' } };

function codeOf(stop: Stop, totalMs: number, gaps: { loopDelayMs?: number; apartMs?: number }): string | null {
  const attempt = new Attempt(aProbeSpec({ maxResponseTimeMs: 2_000 }), [], 0);
  attempt.stopwatch.lap('connect', totalMs * 1000);
  const stopped = wasSuspended(attempt, stop, { loopDelayUs: (gaps.loopDelayMs ?? 0) * 1000, apartUs: (gaps.apartMs ?? 0) * 1000 });
  return stopped?.failure?.code ?? null;
}

describe('an agent that did not run', () => {
  it.each([
    ['a stopped process', TIMED_OUT, 2_000, { loopDelayMs: 45_000 }],
    ['a sleeping machine', TIMED_OUT, 2_000, { apartMs: 600_000 }],
    ['a stop that took most of the limit', TIMED_OUT, 2_000, { loopDelayMs: 1_200 }],
    ['a stop that made a good answer late', PASSED, 2_100, { loopDelayMs: 1_200 }],
    ['a stop within a measured time', PASSED, 6_000, { loopDelayMs: 5_500 }],
  ] as const)('is no verdict: %s', (_name, stop, totalMs, gaps) => {
    expect(codeOf(stop, totalMs, gaps)).toBe('ERR_SUSPENDED');
  });

  it.each([
    ['a little lateness', TIMED_OUT, 2_000, { loopDelayMs: 300 }],
    ['a stop beside the measured time', PASSED, 20, { loopDelayMs: 6_000 }],
    ['a wall clock that was set back', TIMED_OUT, 2_000, { apartMs: -3_600_000 }],
  ] as const)('is not what it was: %s', (_name, stop, totalMs, gaps) => {
    expect(codeOf(stop, totalMs, gaps)).toBeNull();
  });
});

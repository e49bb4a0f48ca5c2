import { describe, expect, it } from 'vitest';
import { formatDuration, parseDurationMs, parseMs } from './duration.ts';

describe('durations', () => {
  it.each([
    ['30s', 30_000], ['5m', 300_000], ['5min', 300_000], ['24h', 86_400_000], ['1d', 86_400_000], ['1h30m', 5_400_000], ['250ms', 250],
    ['1.5s', 1_500], [' 10 s ', 10_000], ['30', null], ['', null], ['s', null], ['-5s', null], ['5 weeks', null], ['5s!', null], ['1e3s', null],
  ])('%j is %j ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it('a response time without a unit is ms', () => {
    expect([parseMs('3000'), parseMs('3s'), parseMs('soon')]).toEqual([3_000, 3_000, null]);
  });

  it.each([[10_000, '10s'], [60_000, '1m'], [90_000, '90s'], [86_400_000, '24h'], [250, '250ms'], [0, '0s']])('%d ms is written %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

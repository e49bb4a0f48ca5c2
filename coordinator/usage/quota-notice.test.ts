import { describe, expect, it } from 'vitest';
import { quotaNotices } from './quota-notice.ts';
import { costOf, projectedRuns, quotaStateOf, type Quota } from './usage.ts';

const NOW = Date.UTC(2026, 10, 16);
const quota: Quota = { runsPerMonth: 1_000, policy: 'refuse_new', warnAtPercent: 80 };
const at = (used: number, changes: Partial<Quota> = {}) => quotaNotices({ accountId: '11111111-1111-4111-8111-111111111111', pool: 'runs', quota: { ...quota, ...changes }, used, nowMs: NOW });

describe('a quota', () => {
  it('is warned of at its percentage and told when it is used up', () => {
    expect([0, 799, 800, 999, 1_000, 5_000].map((used) => quotaStateOf(quota, used))).toEqual(['ok', 'ok', 'warning', 'warning', 'exceeded', 'exceeded']);
    expect(at(799)).toEqual([]);
    expect(at(800)[0]).toMatchObject({ kind: 'quota', title: "80 % of this month's quota of 1,000 runs is used" });
    expect(at(800)[0]!.text).toContain('the month comes to 1,600 runs');
    expect(at(1_200)[0]!.text).toContain('All checks go on running. New checks and manual runs are refused');
    expect(at(1_200, { policy: 'continue' })[0]!.text).toContain('counted and shown with its price');
  });

  it('is told once a month and state, and again when it was changed', () => {
    expect(at(810)[0]!.id).toBe(at(990)[0]!.id);
    expect(at(1_000)[0]!.id).not.toBe(at(990)[0]!.id);
    expect(at(1_900, { runsPerMonth: 2_000 })[0]!.id).not.toBe(at(990)[0]!.id);
    expect(quotaNotices({ accountId: '11111111-1111-4111-8111-111111111111', pool: 'runs', quota, used: 900, nowMs: Date.UTC(2026, 11, 16) })[0]!.id).not.toBe(at(900)[0]!.id);
  });
});

it('runs cost their price for each 10,000', () => {
  expect([0, 1, 10_000, 123_456].map((runs) => costOf(runs, 2))).toEqual([0, 0.0002, 2, 24.6912]);
});

it('a month is projected from what passed of it', () => {
  expect(projectedRuns(500, NOW)).toBe(1_000);
  expect(projectedRuns(500, Date.UTC(2026, 10, 1, 0, 10))).toBeNull();
});

import { describe, expect, test } from 'vitest';
import { runIdOf } from '#shared/check/run-id.ts';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import { cadenceOf, slotsBetween } from '#shared/schedule/cadence.ts';
import { aCheck } from '#shared/testing/builders.ts';
import { A_CHECK, A_LOCATION, AN_ACCOUNT } from '#shared/testing/results.ts';
import { admitResults } from './admit-results.ts';
import type { PlannedCheck, RetryRun } from './ports.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const ELSEWHERE = '1a2d7f30-1c53-4d9e-8f0a-6d3c5b7e2a44';
const CHECK: PlannedCheck = {
  accountId: AN_ACCOUNT, checkId: A_CHECK, revision: 1, check: aCheck(), isDeleted: false,
  epochs: [{ fromAtMs: NOW_MS - 3_600_000, intervalMs: 10_000, strategy: 'round_robin', order: [ELSEWHERE, A_LOCATION], active: true }],
};
const ONLY_HERE = availabilityIndex([{ locationId: A_LOCATION, fromAtMs: 0, available: true }]);
const ONLY_ELSEWHERE = availabilityIndex([{ locationId: ELSEWHERE, fromAtMs: 0, available: true }]);

/** What is known now, and what a look into Postgres brings. */
function aPlanner(now: Partial<Known> = {}, news: Partial<Known> = now) {
  const planner = { checks: [CHECK], availability: ONLY_HERE, revision: 1, knownUntilMs: NOW_MS, ...now, looks: 0,
    check: (id: string) => planner.checks.find(({ checkId }) => checkId === id),
    refresh: async () => { planner.looks += 1; Object.assign(planner, { ...news, revision: 2 }); },
  };
  return planner;
}
type Known = { checks: readonly PlannedCheck[]; availability: ReturnType<typeof availabilityIndex>; knownUntilMs: number };

const dueAtMs = slotsBetween(cadenceOf(A_CHECK, 10_000), NOW_MS - 20_000, NOW_MS)[0]!;
const row = { checkId: A_CHECK, locationOwed: A_LOCATION, dueAtMs, isScheduled: true, isGap: false, runId: runIdOf({ accountId: AN_ACCOUNT, checkId: A_CHECK, locationId: A_LOCATION, dueAtMs }) };
const admit = async (planner: ReturnType<typeof aPlanner>, shots: readonly { runId: string; retryOf?: RetryRun }[] = [], question = row) => (await admitResults(A_LOCATION, [question], {
  planner, nowMs: NOW_MS,
  shots: { findShots: async () => shots.map((shot) => ({ accountId: AN_ACCOUNT, checkId: A_CHECK, checkRevision: 1, locationId: A_LOCATION, orderedAtMs: dueAtMs, ...shot })) },
}))[0];

describe('a result', () => {
  test('of a slot this coordinator knows all about is taken without a look into Postgres', async () => {
    const planner = aPlanner();
    expect(await admit(planner)).toMatchObject({ kind: 'take', isSurplus: false });
    expect(planner.looks).toBe(0);
  });

  test('of a time whose results are kept no more is refused, without a look into Postgres; its day is the first', async () => {
    const planner = aPlanner();
    const admitted = (rawDays: number) => admitResults(A_LOCATION, [row], { planner, nowMs: NOW_MS + 3 * 86_400_000, rawDays, shots: { findShots: async () => [] } });
    const looksBefore = planner.looks;
    planner.knownUntilMs = NOW_MS + 4 * 86_400_000;
    expect(await admitted(3)).toEqual([{ kind: 'refuse', code: 'past_retention' }]);
    expect(planner.looks).toBe(looksBefore);
    expect(await admitted(4)).toMatchObject([{ kind: 'take' }]);
  });

  test('of a slot still to come is refused from ten minutes on, and a gap of one at once', async () => {
    const admitted = async (leadMs: number, isGap: boolean) => (await admitResults(A_LOCATION, [{ ...row, isGap }], {
      planner: aPlanner(), nowMs: dueAtMs - leadMs, shots: { findShots: async () => [] },
    }))[0];
    expect(await admitted(540_000, false)).toMatchObject({ kind: 'take' });
    expect(await admitted(660_000, false)).toEqual({ kind: 'refuse', code: 'not_due_yet' });
    expect(await admitted(1_000, true)).toMatchObject({ kind: 'take' });
    expect(await admitted(10_000, true)).toEqual({ kind: 'refuse', code: 'not_due_yet' });
  });

  test('of a check that only another coordinator knows yet is not refused', async () => {
    expect(await admit(aPlanner({ checks: [] }, { checks: [CHECK] }))).toMatchObject({ kind: 'take', isSurplus: false });
    expect(await admit(aPlanner({ checks: [] }))).toEqual({ kind: 'refuse', code: 'unknown_check' });
  });

  test('of a turn that only another coordinator knows yet is no surplus', async () => {
    expect(await admit(aPlanner({ availability: ONLY_ELSEWHERE }, { availability: ONLY_HERE }))).toMatchObject({ kind: 'take', isSurplus: false });
    expect(await admit(aPlanner({ availability: ONLY_ELSEWHERE }))).toMatchObject({ kind: 'take', isSurplus: true });
  });

  test('of a turn that was given away, which only another coordinator knows yet, is surplus', async () => {
    expect(await admit(aPlanner({ knownUntilMs: dueAtMs }, { availability: ONLY_ELSEWHERE, knownUntilMs: NOW_MS }))).toMatchObject({ kind: 'take', isSurplus: true });
  });

  test('of a retry in another location is an attempt of the run it was ordered for', async () => {
    const retryOf = { runId: crypto.randomUUID(), dueAtMs: dueAtMs - 3_000, locationOwed: ELSEWHERE, attempt: 2, isLast: false };
    const shot = { ...row, isScheduled: false, runId: crypto.randomUUID() };
    expect(await admit(aPlanner(), [{ runId: shot.runId, retryOf }], shot)).toEqual({ kind: 'take', accountId: AN_ACCOUNT, isSurplus: false, as: retryOf });
    expect(await admit(aPlanner(), [], shot)).toEqual({ kind: 'refuse', code: 'not_ordered' });
  });
});

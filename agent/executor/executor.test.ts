import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RetryStrategy } from '#shared/check/check.ts';
import { nextAttempt } from '#shared/retry/backoff.ts';
import { runIdOf } from '#shared/check/run-id.ts';
import type { Assignment, Shot } from '#shared/run/assignment.ts';
import type { FailureCode } from '#shared/run/failure.ts';
import type { AttemptResult, Outcome } from '#shared/run/result.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { aReport } from '#shared/testing/results.ts';
import type { MissedSlot } from '../timetable/missed-slot.ts';
import { Executor, type ExecutorLimits, type ShotAnswer } from './executor.ts';
import type { SeenAttempt } from './settle-attempt.ts';

const START = Date.UTC(2026, 0, 1);
const LOCATION = '9b2d7f30-1c53-4d9e-8f0a-6d3c5b7e2a44';

describe('an executor', () => {
  it('makes a run of a slot, with the id both sides derive and the lateness of its start', async () => {
    const world = aWorld();
    await world.clock.advance(12);
    world.executor.run(anAssignment(), START);
    await world.finish('passed');
    expect(world.results).toHaveLength(1);
    expect(world.results[0]).toMatchObject({
      runId: runIdOf({ accountId: 'account-1', checkId: 'check-0', locationId: LOCATION, dueAtMs: START }),
      trigger: 'schedule', dueAtMs: START, attempt: 1, isFinal: true, outcome: 'passed',
      locationOwed: LOCATION, locationExecuted: LOCATION, startedAtMs: START + 12, latenessUs: 12_000, clockOffsetUs: 7, clockErrorUs: 3,
    });
    expect(world.executor.stats).toMatchObject({ inFlight: 0, waiting: 0, running: 0 });
    expect(world.executor.stats.latenessP99Us).toBeGreaterThanOrEqual(12_000);
  });

  it('never overlaps the runs of a check: the slot meanwhile is a gap', async () => {
    const world = aWorld();
    world.executor.run(anAssignment(), START);
    world.executor.run(anAssignment(), START + 10_000);
    expect(world.gaps).toEqual([{ checkId: 'check-0', accountId: 'account-1', dueAtMs: START + 10_000, reason: 'previous_still_running' }]);
    await world.finish('passed');
    world.executor.run(anAssignment(), START + 20_000);
    expect(world.attempts).toHaveLength(1);
  });

  it('counts the pause before a retry as part of the run', async () => {
    const world = aWorld();
    world.executor.run(anAssignment({ intervalMs: 60_000, retry: aStrategy({ baseBackoffSeconds: 20 }) }), START);
    await world.finish('failed');
    expect(world.executor.stats).toMatchObject({ inFlight: 0, running: 1 });
    world.executor.run(anAssignment(), START + 10_000);
    expect(world.gaps.map(({ reason }) => reason)).toEqual(['previous_still_running']);
  });

  it('keeps each attempt, the last one final, until one heals', async () => {
    const world = aWorld();
    world.executor.run(anAssignment({ intervalMs: 600_000, retry: aStrategy({ maxRetries: 3 }) }), START);
    await world.finish('failed');
    await world.clock.advance(4_999);
    expect(world.attempts).toHaveLength(0);
    await world.clock.advance(1);
    await world.finish('failed');
    await world.clock.advance(5_000);
    await world.finish('passed');
    expect(world.results.map(({ attempt, isFinal, outcome }) => [attempt, isFinal, outcome])).toEqual([[1, false, 'failed'], [2, false, 'failed'], [3, true, 'passed']]);
    expect(new Set(world.results.map(({ runId }) => runId)).size).toBe(1);
  });

  it('makes a failure final when the retry would reach into the next slot', async () => {
    const world = aWorld();
    world.executor.run(anAssignment({ intervalMs: 10_000, retry: aStrategy({ baseBackoffSeconds: 6 }) }), START);
    await world.finish('failed');
    expect(world.results.map(({ isFinal }) => isFinal)).toEqual([true]);
  });

  it.each(['degraded', 'agent_fault', 'egress_denied', 'passed'] as const)('does not retry what is %s', async (outcome) => {
    const world = aWorld();
    world.executor.run(anAssignment({ intervalMs: 600_000, retry: aStrategy() }), START);
    await world.finish(outcome);
    expect(world.results.map(({ isFinal }) => isFinal)).toEqual([true]);
  });

  it('runs at most N at once, and the rest as places come free', async () => {
    const world = aWorld({ runs: { concurrency: 3, waitingMax: 100 } });
    for (let n = 0; n < 10; n += 1) world.executor.run(anAssignment({ checkId: `check-${n}` }), START);
    expect(world.executor.stats).toMatchObject({ inFlight: 3, waiting: 7 });
    for (let n = 0; n < 10; n += 1) {
      expect(world.attempts.length).toBeLessThanOrEqual(3);
      await world.finish('passed');
    }
    expect(world.results).toHaveLength(10);
    expect(world.gaps).toEqual([]);
  });

  it('starts 32 in one turn of the event loop and the next ones in the next', () => {
    const world = aWorld();
    for (let n = 0; n < 80; n += 1) world.executor.run(anAssignment({ checkId: `check-${n}` }), START);
    expect(world.attempts).toHaveLength(32);
    world.nextTurn();
    expect(world.attempts).toHaveLength(64);
    world.nextTurn();
    expect(world.attempts).toHaveLength(80);
  });

  it('records what cannot start within its grace, and spreads that over the checks', async () => {
    const world = aWorld({ runs: { concurrency: 5, waitingMax: 100 } });
    for (let slot = 0; slot < 10; slot += 1) {
      for (let n = 0; n < 10; n += 1) world.executor.run(anAssignment({ checkId: `check-${n}` }), START + slot * 10_000);
      world.nextTurn();
      await world.clock.advance(5_000);
      while (world.attempts.length > 0) await world.finish('passed');
      await world.clock.advance(5_000);
    }
    expect(world.gaps).toHaveLength(50);
    for (let n = 0; n < 10; n += 1) {
      expect(world.gaps.filter(({ checkId, reason }) => checkId === `check-${n}` && reason === 'overloaded')).toHaveLength(5);
    }
  });

  it('spreads what it skips evenly, whatever the overload: no check is always the one', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 4, max: 40 }), async (checks, concurrency, slots) => {
      fc.pre(concurrency < checks);
      const world = aWorld({ runs: { concurrency, waitingMax: 100 } });
      for (let slot = 0; slot < slots; slot += 1) {
        for (let n = 0; n < checks; n += 1) world.executor.run(anAssignment({ checkId: `check-${n}` }), START + slot * 10_000);
        world.nextTurn();
        await world.clock.advance(5_000);
        while (world.attempts.length > 0) await world.finish('passed');
        await world.clock.advance(5_000);
      }
      const skipped = Array.from({ length: checks }, (_, n) => world.gaps.filter(({ checkId }) => checkId === `check-${n}`).length);
      expect(world.gaps.every(({ reason }) => reason === 'overloaded')).toBe(true);
      expect(world.gaps).toHaveLength(slots * (checks - concurrency));
      // One run of each more or less, before and after.
      expect(Math.max(...skipped) - Math.min(...skipped)).toBeLessThanOrEqual(2);
    }), { numRuns: 30 });
  });

  it('starts fewer at once while descriptors run out, and all again once they do not (F25)', async () => {
    const world = aWorld({ runs: { concurrency: 10, waitingMax: 100 } });
    const due = (slot: number): void => { for (let n = 0; n < 20; n += 1) world.executor.run(anAssignment({ checkId: `check-${n}`, intervalMs: 60_000 }), START + slot * 60_000); };
    due(0);
    while (world.attempts.length > 0) await world.finish('agent_fault', 'EMFILE');
    expect(world.results.every(({ outcome }) => outcome === 'agent_fault')).toBe(true);
    await world.clock.advance(60_000);
    due(1);
    world.nextTurn();
    expect(world.executor.stats.inFlight).toBeLessThan(8);
    for (let slot = 2; slot < 12; slot += 1) {
      while (world.attempts.length > 0) await world.finish('passed');
      await world.clock.advance(60_000);
      due(slot);
      world.nextTurn();
    }
    expect(world.executor.stats.inFlight).toBe(10);
  });

  it('bounds what waits', () => {
    const world = aWorld({ runs: { concurrency: 1, waitingMax: 5 } });
    for (let n = 0; n < 20; n += 1) world.executor.run(anAssignment({ checkId: `check-${n}` }), START);
    expect(world.executor.stats).toMatchObject({ inFlight: 1, waiting: 5, running: 6 });
    expect(world.gaps).toHaveLength(14);
  });

  it('tells a broken attempt as the agent\'s fault', async () => {
    const world = aWorld();
    world.executor.run(anAssignment(), START);
    await world.fail(new Error('bug'));
    expect(world.results[0]).toMatchObject({ outcome: 'agent_fault', isFinal: true, failure: { code: 'ERR_AGENT_INTERNAL' } });
    expect(world.errors).toHaveLength(1);
  });

  it('takes no timeout of a suspended agent for one of the target', async () => {
    const world = aWorld();
    world.executor.run(anAssignment(), START);
    await world.clock.advance(45_000);
    await world.finish('failed');
    expect(world.results[0]).toMatchObject({ outcome: 'agent_fault', failure: { code: 'ERR_SUSPENDED' } });
  });

  it('fires shots beside the runs, answers them, and refuses those that came too late', async () => {
    const world = aWorld({ runs: { concurrency: 1, waitingMax: 5 }, shots: { concurrency: 1, waitingMax: 5 } });
    world.executor.run(anAssignment(), START);
    world.executor.shoot(aShot('shot-1'), world.onAnswer);
    world.executor.shoot(aShot('shot-1'), world.onAnswer);
    world.executor.shoot(aShot('shot-2', START + 3_000), world.onAnswer);
    expect(world.attempts).toHaveLength(2);
    await world.clock.advance(3_500);
    await world.finish('passed');
    await world.finish('passed');
    expect(world.answers).toEqual([
      { kind: 'refused', reason: 'too_late' },
      { kind: 'result', result: expect.objectContaining({ runId: 'shot-1', trigger: 'manual', dueAtMs: START, latenessUs: 0, attempt: 1, isFinal: true }) },
    ]);
    expect(world.results).toHaveLength(1);
  });

  it('drains: takes nothing new, ends pauses early, and waits for what is under way', async () => {
    const world = aWorld();
    const retrying = anAssignment({ checkId: 'retrying', intervalMs: 600_000, retry: aStrategy({ baseBackoffSeconds: 60 }) });
    world.executor.run(retrying, START);
    await world.finish('failed');
    const drained = world.executor.drain(10_000);
    await world.clock.advance(0);
    world.executor.run(anAssignment(), START);
    expect(world.gaps.map(({ reason }) => reason)).toEqual(['agent_down']);
    await world.finish('failed');
    await drained;
    expect(world.results.map(({ attempt, isFinal }) => [attempt, isFinal])).toEqual([[1, false], [2, true]]);
    expect(world.clock.pending).toBe(0);
  });

  it('aborts what is not over in time, as the agent\'s fault', async () => {
    const world = aWorld();
    world.executor.run(anAssignment(), START);
    const drained = world.executor.drain(1_000);
    await world.clock.advance(1_000);
    await drained;
    expect(world.results[0]).toMatchObject({ outcome: 'agent_fault', isFinal: true });
  });
});

function aWorld(limits?: Partial<ExecutorLimits>) {
  const clock = new FakeClock(START);
  const attempts: { succeed: (seen: SeenAttempt) => void; fail: (error: Error) => void }[] = [];
  const results: AttemptResult[] = [];
  const gaps: MissedSlot[] = [];
  const answers: ShotAnswer[] = [];
  const errors: unknown[] = [];
  let turns: (() => void)[] = [];
  const nextTurn = (): void => { const due = turns; turns = []; for (const callback of due) callback(); };
  const executor = new Executor({
    attempt: (_, signal) => new Promise((succeed, fail) => {
      attempts.push({ succeed, fail });
      signal.addEventListener('abort', () => succeed(seen('failed')));
    }),
    nextAttempt, clock, nowMs: () => clock.nowMs(), clockOffset: () => ({ offsetUs: 7, errorUs: 3 }), locationId: () => LOCATION,
    onResult: (result) => results.push(result), onGap: (gap) => gaps.push(gap), onError: (error) => errors.push(error),
    defer: (callback) => turns.push(callback),
    ...(limits ? { limits } : {}),
  });
  const settle = async (): Promise<void> => { await clock.advance(0); nextTurn(); await clock.advance(0); };
  return {
    clock, executor, attempts, results, gaps, answers, errors, nextTurn,
    onAnswer: (answer: ShotAnswer) => { answers.push(answer); },
    /** Ends the attempt that began first. */
    finish: async (outcome: Outcome, code?: FailureCode) => { attempts.shift()!.succeed(seen(outcome, code)); await settle(); },
    fail: async (error: Error) => { attempts.shift()!.fail(error); await settle(); },
  };
}

function seen(outcome: Outcome, code?: FailureCode): SeenAttempt {
  const failure = outcome === 'failed' || code ? { phase: 'connect' as const, code: code ?? 'ECONNREFUSED' as const, message: 'refused' } : null;
  return { report: aReport({ failure }), outcome, failure, overMaxResponseTime: false, assertions: [] };
}

function anAssignment(changes: { checkId?: string; intervalMs?: number; retry?: RetryStrategy } = {}): Assignment {
  const intervalMs = changes.intervalMs ?? 10_000;
  return {
    checkId: changes.checkId ?? 'check-0', accountId: 'account-1', revision: 1, spec: aProbeSpec(), retry: changes.retry ?? null, digest: '',
    turns: [{ fromAtMs: 0, untilMs: null, intervalMs, phaseMs: START % intervalMs, modulus: 1, remainder: 0 }],
  };
}

function aStrategy(changes: Partial<RetryStrategy> = {}): RetryStrategy {
  return { type: 'FIXED', baseBackoffSeconds: 5, maxRetries: 2, maxDurationSeconds: 600, sameRegion: true, onlyOn: null, ...changes };
}

function aShot(runId: string, deadlineMs = START + 10_000): Shot {
  return { runId, checkId: 'check-0', revision: 1, trigger: 'manual', orderedAtMs: START, deadlineMs, isUnsaved: false, spec: aProbeSpec() };
}

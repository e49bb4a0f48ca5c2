import { BroadcastChannel } from 'node:worker_threads';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { runIdOf } from '#shared/check/run-id.ts';
import type { Assignment } from '#shared/run/assignment.ts';
import { dueBetween } from '#shared/schedule/turns.ts';
import { A_LOCATION } from '#shared/testing/results.ts';
import { startScriptedServer } from '#shared/testing/scripted-server.ts';
import { systemClock } from '#shared/time/clock.ts';
import { skipWithoutKernelEngine } from '../probe/testing/without-kernel-engine.ts';
import type { ProbingAnswer } from './probing.ts';
import type { Death } from './testing/dying-worker.ts';
import { aShot, aTarget, aWorld, anAssignment, type World } from './testing/probing-world.ts';

const WITHIN = { timeout: 20_000, interval: 10 };
// Threads start, die and start again here, which takes seconds where the machine is somebody else's, too.
vi.setConfig({ testTimeout: 60_000 });
const DYING = { entry: new URL('./testing/dying-worker.ts', import.meta.url) };

const channel = new BroadcastChannel('sonde-probing-death');
afterAll(() => channel.close());

function die(how: Death): void {
  channel.postMessage(how);
}

function expectEverySlotOnce({ results, gaps }: World, assignments: readonly ReturnType<typeof anAssignment>[]): void {
  for (const { checkId, turns } of assignments) {
    const slots = [...results, ...gaps].filter((each) => each.checkId === checkId).map(({ dueAtMs }) => dueAtMs).sort((a, b) => a - b);
    expect(slots.length).toBeGreaterThan(2);
    expect(slots).toEqual(dueBetween(turns, slots[0]!, slots.at(-1)! + 1));
  }
}

const LONG = { intervalMs: 30_000, spec: { maxResponseTimeMs: 30_000 } };

/** Its only slot is soon, and is where its turns begin. */
function dueOnce(assignment: Assignment): Assignment {
  const dueAtMs = Math.floor(systemClock.nowMs()) + 1_000;
  const [turn] = assignment.turns;
  return { ...assignment, turns: [{ ...turn!, fromAtMs: dueAtMs, phaseMs: dueAtMs % turn!.intervalMs }] };
}

describe('a probing thread', () => {
  test.each([['exit', 'ended by itself, with code 7'], ['exit slowly', 'ended by itself, with code 7'], ['throw', 'a planted bug']] as const)(
    'that dies (%s) is noticed and replaced; every slot has a result or a gap, none has two', async (how, said) => {
      const target = await aTarget();
      const world = aWorld('threaded', DYING);
      const { probing, results, gaps, downs } = world;
      const assignments = [0, 1, 2, 3].map((index) => anAssignment(target.port, index, { intervalMs: 150 }));
      probing.apply(assignments, []);
      await vi.waitFor(() => expect(results.length).toBeGreaterThan(8), WITHIN);
      die(how);
      await vi.waitFor(() => expect(downs.length).toBe(1), WITHIN);
      expect(downs[0]!.cause).toMatchObject({ message: expect.stringContaining(said) });
      expect(probing.stats()).toMatchObject({ isUp: false, restarts: 1, assignments: 4 });
      const answers: ProbingAnswer[] = [];
      probing.shoot(aShot(target.port), (answer) => answers.push(answer));
      expect(answers).toEqual([{ kind: 'refused', reason: 'agent_down' }]);
      const before = results.length;
      await vi.waitFor(() => expect(results.length).toBeGreaterThan(before + 8), WITHIN);
      expect(probing.stats()).toMatchObject({ isUp: true, restarts: 1 });
      await probing.stop(5_000);
      await target.close();
      expect(gaps.filter(({ reason }) => reason === 'agent_down').length).toBeGreaterThan(0);
      expectEverySlotOnce(world, assignments);
    });

  test.for((['plain', 'kernel'] as const).flatMap((engine) => [
    { engine, how: 'exit', said: 'ended by itself' }, { engine, how: 'throw', said: 'a planted bug' }, { engine, how: 'hang', said: 'the probing thread hung' },
  ] as const))(
    'on the $engine engine that dies ($how) with runs and a shot under way is replaced; each of them has one result, which blames the agent', async ({ engine, how, said }, context) => {
      if (engine === 'kernel') skipWithoutKernelEngine(context);
      const server = await startScriptedServer([{ do: 'silence' }]);
      // Hung is who leaves five seconds unanswered: a thread that only has to wait for a core is not to be taken for that.
      const { probing, results, gaps, downs } = aWorld('threaded', { ...DYING, lookMs: 250, settings: { engine } });
      const [first, second] = [dueOnce(anAssignment(server.port, 0, LONG)), dueOnce(anAssignment(server.port, 1, LONG))];
      const answers: ProbingAnswer[] = [];
      probing.apply([first, second], []);
      probing.shoot(aShot(server.port, { spec: first.spec }), (answer) => answers.push(answer));
      await vi.waitFor(() => expect(server.connections.length).toBe(3), WITHIN);
      await vi.waitFor(() => expect(probing.stats().engine.kind).toBe(engine), WITHIN);
      // Edited meanwhile: the run is the one of before.
      probing.apply([{ ...second, revision: 2, turns: [{ ...second.turns[0]!, fromAtMs: second.turns[0]!.fromAtMs + 3_600_000 }] }], []);
      die(how);
      await vi.waitFor(() => expect(downs.length).toBe(1), WITHIN);
      expect(downs[0]).toMatchObject({ faults: 2, gaps: 0, cause: { message: expect.stringContaining(said) } });
      await vi.waitFor(() => expect(probing.stats()).toMatchObject({ isUp: true, restarts: 1 }), WITHIN);
      await probing.stop(100);
      await server.close();
      const fault = { outcome: 'agent_fault', failure: { code: 'ERR_AGENT_INTERNAL', message: expect.stringContaining('thread died') }, isFinal: true };
      expect(answers).toMatchObject([{ kind: 'result', result: fault }]);
      expect(results.toSorted((a, b) => a.dueAtMs - b.dueAtMs)).toMatchObject([first, second].map(({ checkId, accountId, turns: [turn] }) => ({
        ...fault, checkId, checkRevision: 1, trigger: 'schedule', attempt: 1, locationOwed: A_LOCATION, locationExecuted: A_LOCATION, dueAtMs: turn!.fromAtMs,
        runId: runIdOf({ accountId, checkId, locationId: A_LOCATION, dueAtMs: turn!.fromAtMs }),
      })));
      for (const { dueAtMs, startedAtMs, latenessUs } of results) expect(Math.abs(startedAtMs - dueAtMs - latenessUs / 1000)).toBeLessThan(1);
      expect(gaps).toEqual([]);
    });

  test('that dies before a retry has told what came before it, and blames the agent for the retry', async () => {
    const server = await startScriptedServer([{ do: 'close' }]);
    const { probing, results, gaps, downs } = aWorld('threaded', DYING);
    const retry = { type: 'FIXED', baseBackoffSeconds: 10, maxRetries: 1, maxDurationSeconds: 600, sameRegion: true, onlyOn: null } as const;
    probing.apply([{ ...dueOnce(anAssignment(server.port, 0, { intervalMs: 60_000 })), retry }], []);
    await vi.waitFor(() => expect(results.length).toBe(1), WITHIN);
    die('exit');
    await vi.waitFor(() => expect(downs.length).toBe(1), WITHIN);
    await probing.stop(100);
    await server.close();
    expect(results).toMatchObject([{ attempt: 1, isFinal: false, outcome: 'failed' }, { attempt: 2, isFinal: true, outcome: 'agent_fault', latenessUs: results[0]!.latenessUs }]);
    expect(new Set(results.map(({ runId }) => runId)).size).toBe(1);
    expect(gaps).toEqual([]);
  });

  test('that dies with kernel-timed sockets leaves none open, and the next one times by the kernel again', async (context) => {
    skipWithoutKernelEngine(context);
    const server = await startScriptedServer([{ do: 'silence' }]);
    const target = await aTarget();
    const { probing, results, downs } = aWorld('threaded', { ...DYING, settings: { engine: 'kernel' } });
    const byKernel = (): number => results.filter(({ report }) => report.clock === 'kernel').length;
    probing.apply([anAssignment(target.port)], []);
    await vi.waitFor(() => expect(byKernel()).toBeGreaterThan(0), WITHIN);
    await vi.waitFor(() => expect(probing.stats().engine).toEqual({ kind: 'kernel', reason: '' }), WITHIN);
    const answers: ProbingAnswer[] = [];
    probing.shoot(aShot(server.port), (answer) => answers.push(answer));
    await vi.waitFor(() => expect(server.connections.length).toBe(1), WITHIN);
    die('exit');
    await vi.waitFor(() => expect(downs.length).toBe(1), WITHIN);
    expect(answers).toMatchObject([{ kind: 'result', result: { outcome: 'agent_fault' } }]);
    // Node closes what it knows of; this one it does not.
    await server.connections[0]!.closed;
    const before = byKernel();
    await vi.waitFor(() => expect(byKernel()).toBeGreaterThan(before), WITHIN);
    await probing.stop(1_000);
    await target.close();
    await server.close();
  });

  test('that dies while it drains accounts for what it took along', async () => {
    const server = await startScriptedServer([{ do: 'silence' }]);
    const { probing, results, gaps, downs } = aWorld('threaded', DYING);
    probing.apply([dueOnce(anAssignment(server.port, 0, LONG))], []);
    await vi.waitFor(() => expect(server.connections.length).toBe(1), WITHIN);
    const stopped = probing.stop(60_000);
    die('exit');
    await stopped;
    await server.close();
    expect({ results, downs, gaps }).toMatchObject({ results: [{ outcome: 'agent_fault', isFinal: true }], downs: [], gaps: [] });
  });

  test('starts on time and times truly while the main thread is blocked for two seconds (F26)', async () => {
    const target = await aTarget();
    const world = aWorld('threaded');
    const { probing, results } = world;
    const assignments = Array.from({ length: 20 }, (_, index) => anAssignment(target.port, index, { intervalMs: 500 }));
    probing.apply(assignments, []);
    await vi.waitFor(() => expect(results.length).toBeGreaterThan(40), WITHIN);
    const fromMs = systemClock.nowMs();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    const untilMs = systemClock.nowMs();
    expect(untilMs - fromMs).toBeGreaterThan(1_900);
    await vi.waitFor(() => expect(results.at(-1)!.dueAtMs).toBeGreaterThan(untilMs), WITHIN);
    await probing.stop(5_000);
    await target.close();
    const meanwhile = results.filter(({ dueAtMs }) => dueAtMs > fromMs && dueAtMs < untilMs - 250);
    // 20 checks, 3 to 4 slots each; one that a busy machine held up beyond its grace of 250 ms would be a gap.
    expect(meanwhile.length).toBeGreaterThan(40);
    expect(Math.max(...meanwhile.map(({ latenessUs }) => latenessUs))).toBeLessThan(300_000);
    const inflated = meanwhile.filter(({ report }) => report.loopDelayUs > 1_000_000 || report.timings.totalUs > 1_000_000);
    expect(inflated).toEqual([]);
    expectEverySlotOnce(world, assignments);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { dueBetween } from '#shared/schedule/turns.ts';
import type { Assignment } from '#shared/run/assignment.ts';
import { startScriptedServer } from '#shared/testing/scripted-server.ts';
import { systemClock } from '#shared/time/clock.ts';
import type { ProbingAnswer } from './probing.ts';
import { aShot, aTarget, aWorld, anAssignment } from './testing/probing-world.ts';

const WITHIN = { timeout: 15_000, interval: 10 };

describe.each(['inline', 'threaded'] as const)('probing, %s', (kind) => {
  test('runs every slot of its checks, in order, with true times and what the target said', async () => {
    const target = await aTarget();
    const { probing, results, gaps } = aWorld(kind);
    probing.setClockOffset({ offsetUs: 0, errorUs: 1_234 });
    const assignments = [0, 1, 2].map((index) => anAssignment(target.port, index, { intervalMs: 400 }));
    probing.apply(assignments, []);
    await vi.waitFor(() => expect(results.length).toBeGreaterThan(8), WITHIN);
    await probing.stop(5_000);
    await target.close();
    for (const { checkId, turns } of assignments) {
      const ran = results.filter((each) => each.checkId === checkId).map(({ dueAtMs }) => dueAtMs);
      expect(ran).toEqual(ran.toSorted((a, b) => a - b));
      const answered = slotsOf(checkId, [...results, ...gaps]);
      expect(answered).toEqual(dueBetween(turns, answered[0]!, answered.at(-1)! + 1));
    }
    expect(results.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(8);
    for (const { report, outcome, clockErrorUs, startedAtMs, dueAtMs, latenessUs } of results.filter((each) => each.outcome === 'passed')) {
      expect({ outcome, clockErrorUs, said: Buffer.from(report.response).toString() }).toEqual({ outcome: 'passed', clockErrorUs: 1_234, said: '+PONG\r\n' });
      expect(Math.abs(startedAtMs - dueAtMs - latenessUs / 1000)).toBeLessThan(1);
      expect(report.timings.totalUs).toBeGreaterThan(0);
    }
  });

  test('large answers come whole', async () => {
    const big = 'x'.repeat(60_000);
    const server = await startScriptedServer([{ do: 'send', bytes: big }, { do: 'close' }]);
    const { probing, results } = aWorld(kind);
    probing.apply([0, 1, 2].map((index) => anAssignment(server.port, index, { spec: { payload: null, assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'NOT_CONTAINS', target: 'y' }] } })), []);
    await vi.waitFor(() => expect(results.length).toBeGreaterThan(5), WITHIN);
    await probing.stop(5_000);
    await server.close();
    const passed = results.filter(({ outcome }) => outcome === 'passed');
    expect(passed.length).toBeGreaterThan(4);
    expect(passed.every(({ report }) => Buffer.from(report.response).toString() === big)).toBe(true);
  });

  test('obeys the networks of the secrets file, above what the settings allow', async () => {
    const target = await aTarget();
    const directory = mkdtempSync(join(tmpdir(), 'sonde-secrets-'));
    const secretsPath = join(directory, 'secrets.yml');
    writeFileSync(secretsPath, 'egress:\n  deny: [127.0.0.1/32]\n', { mode: 0o600 });
    const { probing } = aWorld(kind, { settings: { secretsPath } });
    const answers: ProbingAnswer[] = [];
    probing.shoot(aShot(target.port), (answer) => answers.push(answer));
    await vi.waitFor(() => expect(answers.length).toBe(1), WITHIN);
    await probing.stop(1_000);
    await target.close();
    rmSync(directory, { recursive: true });
    expect(answers).toMatchObject([{ kind: 'result', result: { outcome: 'egress_denied' } }]);
  });

  test('answers a shot once, also one that comes before it has started', async () => {
    const target = await aTarget();
    const { probing, results } = aWorld(kind);
    const answers: ProbingAnswer[] = [];
    probing.shoot(aShot(target.port), (answer) => answers.push(answer));
    probing.shoot(aShot(target.port), (answer) => answers.push(answer));
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(0), WITHIN);
    await probing.stop(1_000);
    await target.close();
    expect(answers).toMatchObject([{ kind: 'result', result: { outcome: 'passed', trigger: 'manual', latenessUs: 0 } }]);
    expect(results).toEqual([]);
    probing.shoot(aShot(target.port), (answer) => answers.push(answer));
    expect(answers[1]).toEqual({ kind: 'refused', reason: 'stopping' });
  });

  test('checks that are taken away run no more; a hand-over ends them at its instant, also those that come after it', async () => {
    const target = await aTarget();
    const { probing, results, gaps } = aWorld(kind);
    const [gone, kept, late] = [anAssignment(target.port, 0), anAssignment(target.port, 1), anAssignment(target.port, 2)];
    probing.apply([gone, kept], []);
    await vi.waitFor(() => expect(new Set(results.map(({ checkId }) => checkId)).size).toBe(2), WITHIN);
    probing.apply([], [gone.checkId]);
    expect(probing.stats().assignments).toBe(1);
    const goneAtMs = systemClock.nowMs();
    const lastSlotMs = Math.floor(goneAtMs) + 1_000;
    probing.endAt(lastSlotMs);
    probing.apply([late], []);
    // The slots after the last are somebody else's: stopping much later tells nothing of them.
    await vi.waitFor(() => expect(systemClock.nowMs()).toBeGreaterThan(lastSlotMs + 500), WITHIN);
    await probing.stop(5_000);
    await target.close();
    const all = [...results, ...gaps];
    expect(all.filter(({ dueAtMs }) => dueAtMs > lastSlotMs)).toEqual([]);
    expect(all.filter(({ checkId, dueAtMs }) => checkId === gone.checkId && dueAtMs > goneAtMs + 300)).toEqual([]);
    for (const { checkId, turns } of [kept, late]) {
      const answered = slotsOf(checkId, all);
      expect(answered).toEqual(dueBetween(turns, answered[0]!, lastSlotMs + 1));
    }
  });

  test('stopping lets what runs end, and tells it before it is over', async () => {
    const server = await startScriptedServer([{ do: 'pause', ms: 700 }, { do: 'send', bytes: '+PONG\r\n' }, { do: 'close' }]);
    const { probing, results } = aWorld(kind);
    probing.apply([dueSoon(anAssignment(server.port, 0, { intervalMs: 10_000 }))], []);
    await vi.waitFor(() => expect(server.connections.length).toBe(1), WITHIN);
    expect(results).toEqual([]);
    await probing.stop(5_000);
    await server.close();
    expect(results).toMatchObject([{ outcome: 'passed', isFinal: true }]);
  });

  test('what does not end in time is the agent\'s fault, not silence', async () => {
    const server = await startScriptedServer([{ do: 'silence' }]);
    const { probing, results } = aWorld(kind);
    probing.apply([dueSoon(anAssignment(server.port, 0, { intervalMs: 10_000 }))], []);
    await vi.waitFor(() => expect(server.connections.length).toBe(1), WITHIN);
    await probing.stop(50);
    await server.close();
    expect(results).toMatchObject([{ outcome: 'agent_fault', isFinal: true }]);
  });
});

/** In order; each as often as it was told. */
function slotsOf(checkId: string, all: readonly { readonly checkId: string; readonly dueAtMs: number }[]): readonly number[] {
  return all.filter((each) => each.checkId === checkId).map(({ dueAtMs }) => dueAtMs).sort((a, b) => a - b);
}

/** One slot in 400 ms, and the next much later. */
function dueSoon(assignment: Assignment): Assignment {
  const [turn] = assignment.turns;
  return { ...assignment, turns: [{ ...turn!, phaseMs: Math.floor(systemClock.nowMs() + 400) % turn!.intervalMs }] };
}

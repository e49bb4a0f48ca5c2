import { afterEach, describe, expect, test } from 'vitest';
import { compileAssertions } from '#shared/assertion/compile.ts';
import { DataAssertions } from '#shared/assertion/standing.ts';
import type { Assertion } from '#shared/check/check.ts';
import { judgeAttempt } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import { aReport } from '#shared/testing/a-report.ts';
import { anAssertion } from '#shared/testing/an-assertion.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { startScriptedServer, type ServerAction } from '#shared/testing/scripted-server.ts';
import { systemClock } from '#shared/time/clock.ts';
import { attemptWith } from '../executor/attempt.ts';
import { openProbe } from '../probe/open-probe.ts';
import type { PatternWork } from '../probe/pattern-work.ts';
import { PatternThread, type PatternThreadOptions } from './pattern-thread.ts';

const DYING = { entry: new URL('./testing/dying-pattern-worker.ts', import.meta.url) };
const open: PatternThread[] = [];
afterEach(() => { for (const thread of open.splice(0)) thread.close(); });

function aThread(options: Partial<PatternThreadOptions> = {}): PatternThread {
  const thread = new PatternThread({ clock: systemClock, ...options });
  open.push(thread);
  return thread;
}

const assertions: readonly Assertion[] = [
  anAssertion({ comparison: 'MATCHES', target: '(ab)+c' }),
  anAssertion({ comparison: 'EQUALS', property: 'v=(\\d+)', target: '7' }),
  anAssertion({ comparison: 'NOT_MATCHES', target: 'error' }),
];
const said = Buffer.from(`${'ab'.repeat(1_000)}c v=7 end`);

describe('a pattern thread', () => {
  test('finds what would be found here', async () => {
    const thread = aThread();
    const compiled = compileAssertions(assertions);
    if (!compiled.ok) throw new Error(compiled.problem);
    const here = new DataAssertions(compiled.assertions);
    here.feed(said);
    expect(await thread.standings(assertions, said)).toEqual(here.standings());
    const spec = aProbeSpec({ assertions });
    const report = aReport({ response: said });
    const context = { nowMs: 0, impaired: false };
    expect(await thread.judge(spec, report, context)).toEqual(judgeAttempt(spec, compiled.assertions, report, context));
    expect(await thread.expect('v=(?P<v>\\d)', said.toString('latin1'))).toEqual({
      end: said.indexOf('v=7') + 3, matched: new Uint8Array(Buffer.from('v=7')), captures: [['v', new Uint8Array(Buffer.from('7'))]], mayGrow: false,
    });
    expect(await thread.expect('nowhere', said.toString('latin1'))).toBeNull();
  });

  // A thread that hangs is given two seconds here: the others' start has to fit, also where a core is to be waited for.
  test.each([['exit', 'ended by itself', undefined], ['hang', 'took too long', 400]])('that fails at one job (%s) is replaced; the others are done', async (source, why, lookMs) => {
    const thread = aThread({ ...DYING, ...(lookMs === undefined ? {} : { lookMs }) });
    const answers = await Promise.allSettled([
      thread.expect('a', 'xa'), thread.expect(source, ''), thread.expect('b', 'xb'), thread.expect('c', 'x'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(String((answers[1] as PromiseRejectedResult).reason)).toContain(why);
    expect(answers[2]).toMatchObject({ value: { end: 2 } });
    expect(await thread.expect('d', 'd')).toMatchObject({ end: 1 });
  });

  test('takes only so many at once, and fails what waits when it is closed', async () => {
    const thread = aThread();
    const asked = Array.from({ length: 129 }, () => thread.expect('a', 'xa'));
    await expect(asked[128]).rejects.toThrow('128 long patterns');
    thread.close();
    for (const { status } of await Promise.allSettled(asked.slice(0, 128))) expect(status).toBe('rejected');
    await expect(thread.expect('a', 'a')).rejects.toThrow('closed');
  });
});

describe('an attempt with long patterns', () => {
  const filler = 'lorem ipsum dolor '.repeat(2_500);
  const parts = [filler.slice(0, 20_000), filler.slice(20_000), 'state: ready now\n'];
  const pattern = '(ready|steady|red(dish|der)?) (now|later)';

  test.each<readonly [string, readonly ServerAction[], Partial<ProbeSpec>, Partial<AttemptResult>]>([
    ['is decided while bytes arrive', [{ do: 'segments', parts, gapMs: 30 }, { do: 'silence' }], { assertions: [anAssertion({ comparison: 'MATCHES', target: pattern })] }, { outcome: 'passed' }],
    ['is decided at the end of the answer', [{ do: 'segments', parts, gapMs: 30 }, { do: 'silence' }], { assertions: [anAssertion({ comparison: 'EQUALS', property: `state: ${pattern}`, target: 'ready' })] }, { outcome: 'passed' }],
    ['fails by what it did not find', [{ do: 'segments', parts, gapMs: 30 }, { do: 'close' }], { assertions: [anAssertion({ comparison: 'NOT_MATCHES', target: pattern })] }, { outcome: 'failed' }],
    ['goes on with its dialogue', [{ do: 'segments', parts, gapMs: 30 }, { do: 'expect', text: 'bye' }, { do: 'close' }], { steps: [{ kind: 'expect', pattern: `state: (?P<state>\\w+) (now|later)\\n` }, { kind: 'send', data: 'bye ${state}', dataFormat: 'text' }] }, { outcome: 'passed' }],
  ])('%s, with the same result as in one thread', async (_, script, changes, wanted) => {
    const thread = aThread();
    const asked: string[] = [];
    const counting: PatternWork = {
      standings: (...all) => { asked.push('standings'); return thread.standings(...all); },
      expect: (...all) => { asked.push('expect'); return thread.expect(...all); },
      judge: (...all) => { asked.push('judge'); return thread.judge(...all); },
    };
    const seen = [];
    for (const patternWork of [null, counting]) {
      const server = await startScriptedServer(script);
      const work = patternWork ? { patternWork } : {};
      const { probe, close } = openProbe({ resolver: 'dns', egress: () => ({ allowed: true }), clock: systemClock, ...work });
      const attempt = attemptWith({ probe, nowMs: () => systemClock.nowMs(), isImpaired: () => false, ...work });
      const { report, ...judgement } = await attempt(aProbeSpec({ port: server.port, idleMs: 400, ...changes }), new AbortController().signal);
      seen.push({ ...judgement, stopReason: report.stopReason, bytes: report.bytesReceived, steps: report.steps.map(({ kind, ok, detail }) => ({ kind, ok, detail })), captures: report.captures });
      close();
      await server.close();
    }
    expect(seen[0]).toMatchObject(wanted);
    expect(seen[1]).toEqual(seen[0]);
    expect(asked.length).toBeGreaterThan(0);
  });

  test('is the agent\'s fault when they cannot be looked for', async () => {
    const server = await startScriptedServer([{ do: 'send', bytes: filler }, { do: 'close' }]);
    const broken = (): Promise<never> => Promise.reject(new Error('the pattern thread had to be replaced'));
    const patternWork = { standings: broken, expect: broken, judge: broken };
    const { probe, close } = openProbe({ resolver: 'dns', egress: () => ({ allowed: true }), clock: systemClock, patternWork });
    const spec = aProbeSpec({ port: server.port, assertions: [anAssertion({ comparison: 'MATCHES', target: pattern })] });
    const attempt = attemptWith({ probe, nowMs: () => systemClock.nowMs(), isImpaired: () => false, patternWork });
    const judgement = await attempt(spec, new AbortController().signal);
    close();
    await server.close();
    expect(judgement).toMatchObject({ outcome: 'agent_fault', failure: { code: 'ERR_AGENT_INTERNAL', message: expect.stringContaining('had to be replaced') } });
  });
});

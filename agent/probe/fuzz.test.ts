import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Assertion, Step } from '#shared/check/check.ts';
import { compileAssertions } from '#shared/assertion/compile.ts';
import { isFailureCode } from '#shared/run/failure.ts';
import { judgeAttempt } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import { type ProbeReport, STOP_REASONS } from '#shared/run/report.ts';
import { OUTCOMES } from '#shared/run/result.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { startScriptedServer } from '#shared/testing/scripted-server.ts';
import { Deadlines } from './deadlines.ts';
import { LoopDelay } from './loop-delay.ts';
import { createProbe } from './probe.ts';
import { type MemoryReply, WaitingClock, memoryEngine } from './testing/memory-engine.ts';
import { probe as probeForReal, probeDeps, sumsUp } from './testing/probe-under-test.ts';

/** A short form in the tests; `SONDE_FUZZ_RUNS=1000000` for the long one, a hundredth of it through real sockets. */
const RUNS = Number(process.env['SONDE_FUZZ_RUNS'] ?? 3_000);
const SOCKET_RUNS = Math.max(150, RUNS / 100);
const RUN_MS_MAX = 20;

const words = fc.constantFrom('220 ', '250-', '\r\n', '\n', '+OK', '\x00', '\xff\xfe', '\xc3', 'ready', '${x}', '<a@b>', 'x'.repeat(2_000));
const bytes = fc.oneof(words.map((word) => Buffer.from(word, 'latin1')), fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)));
const pieces = fc.array(fc.record({ bytes, afterUs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400_000 })) }), { maxLength: 12 });
const reply: fc.Arbitrary<MemoryReply> = fc.record({ pieces, ending: fc.constantFrom('end', 'reset', 'silence') });

const patterns = fc.constantFrom('^220 .*\\n', '(?P<x>\\d+)', '.*', '(?m)^250 ', '\\xff(?P<y>.)', 'ü|\\+OK', '[^\\x00]*\\x00', 'ready$', '(a|b)*c');
const step: fc.Arbitrary<Step> = fc.oneof(
  patterns.map((pattern): Step => ({ kind: 'expect', pattern })),
  fc.constantFrom('PING', '${x} ${y}', '').map((data): Step => ({ kind: 'send', data, dataFormat: 'text' })),
);
const assertion: fc.Arbitrary<Assertion> = fc.record({
  source: fc.constant('RESPONSE_DATA' as const),
  property: fc.constantFrom('', '(\\d+)'),
  comparison: fc.constantFrom('EQUALS', 'NOT_EQUALS', 'IS_EMPTY', 'NOT_EMPTY', 'LESS_THAN', 'CONTAINS', 'NOT_CONTAINS', 'MATCHES', 'NOT_MATCHES'),
  target: fc.constantFrom('220', 'ready', ''),
});
const spec: fc.Arbitrary<ProbeSpec> = fc.record({
  steps: fc.array(step, { maxLength: 4 }), assertions: fc.array(assertion, { maxLength: 2 }), readMaxBytes: fc.constantFrom(1, 100, 65_536),
  idleMs: fc.constantFrom(1, 250), maxResponseTimeMs: fc.constantFrom(1, 300, 5_000), payload: fc.constantFrom(null, Buffer.from('hi')),
  sendAfter: fc.constantFrom('connect', 'banner'), shouldFail: fc.boolean(),
}).map((changes) => aProbeSpec(changes));

function expectSound(report: ProbeReport, asked: ProbeSpec, said: Buffer): void {
  expect(sumsUp(report)).toBe(true);
  expect(STOP_REASONS).toContain(report.stopReason);
  expect(report.failure === null || isFailureCode(report.failure.code)).toBe(true);
  expect(report.failure?.message.length ?? 0).toBeLessThan(2_000);
  expect(report.failure?.code).not.toBe('ERR_AGENT_INTERNAL');
  expect(report.response.length).toBe(Math.min(report.bytesReceived, asked.readMaxBytes));
  expect(Buffer.from(report.response).equals(said.subarray(0, report.response.length))).toBe(true);
  const compiled = compileAssertions(asked.assertions);
  if (!compiled.ok) throw new Error(compiled.problem);
  expect(OUTCOMES).toContain(judgeAttempt(asked, compiled.assertions, report, { nowMs: 0, impaired: false }).outcome);
}

describe('whatever the other side says, in whatever pieces', () => {
  it('an attempt ends with an outcome, exact bytes and times that sum up', async () => {
    const clock = new WaitingClock();
    let current: MemoryReply = { pieces: [], ending: 'end' };
    const deadlines = new Deadlines(clock);
    const { probe } = createProbe({ ...probeDeps(), clock, deadlines, loopDelay: new LoopDelay(clock), engine: memoryEngine(clock, () => current) });
    await fc.assert(fc.asyncProperty(reply, spec, async (said, asked) => {
      current = said;
      const startUs = clock.us;
      const report = await probe(asked);
      expectSound(report, asked, Buffer.concat(said.pieces.map((piece) => piece.bytes)));
      expect(clock.us - startUs).toBeLessThanOrEqual(asked.maxResponseTimeMs * 1000 + 1_000);
    }), { numRuns: RUNS });
  }, 30_000 + RUNS * RUN_MS_MAX);

  it('also through real sockets', async () => {
    await fc.assert(fc.asyncProperty(fc.array(bytes, { maxLength: 6 }), fc.constantFrom('close', 'reset', 'halfClose'), spec, async (parts, last, asked) => {
      const server = await startScriptedServer([{ do: 'segments', parts, gapMs: 0 }, { do: last }]);
      const quick = { ...asked, maxResponseTimeMs: 300 };
      const report = await probeForReal(server.port, quick);
      expectSound(report, quick, Buffer.concat(parts));
      await server.close();
    }), { numRuns: SOCKET_RUNS });
  }, 30_000 + SOCKET_RUNS * 700);
});

import { describe, expect, test } from 'vitest';
import { compileAssertions } from '../assertion/compile.ts';
import type { Assertion, TlsSettings } from '../check/check.ts';
import { aReport } from '../testing/a-report.ts';
import { anAssertion } from '../testing/an-assertion.ts';
import { aProbeSpec } from '../testing/builders.ts';
import { AGENT_FAULT_CODES, type Failure, type FailureCode, type FailurePhase } from './failure.ts';
import { judgeAttempt } from './judge-attempt.ts';
import type { ProbeSpec } from './probe-spec.ts';
import type { ProbeReport, TlsFacts } from './report.ts';
import type { Judgement } from './result.ts';
import { NO_TIME } from './timings.ts';

const NOW_MS = Date.UTC(2026, 10, 1);

function judge(spec: Partial<ProbeSpec>, report: Partial<ProbeReport>, impaired = false): Judgement {
  const whole = aProbeSpec(spec);
  const compiled = compileAssertions(whole.assertions);
  if (!compiled.ok) throw new Error(compiled.problem);
  return judgeAttempt(whole, compiled.assertions, aReport(report), { nowMs: NOW_MS, impaired });
}

function failure(code: FailureCode, phase: FailurePhase = 'connect'): Failure {
  return { phase, code, message: `what happened: ${code}` };
}

const took = (totalMs: number): Partial<ProbeReport> => ({ timings: { ...NO_TIME, totalUs: totalMs * 1000 } });
const pong: readonly Assertion[] = [anAssertion({ target: 'PONG' })];
const refused: Partial<ProbeReport> = { failure: failure('ECONNREFUSED'), established: false, stopReason: 'failed' };
const silent: Partial<ProbeReport> = { failure: failure('SOCKET_TIMEOUT'), established: false, stopReason: 'failed', ...took(5_000) };

describe('the outcome of an attempt', () => {
  test.each([...AGENT_FAULT_CODES])('%s blames the agent, before anything else, also under shouldFail', (code) => {
    for (const shouldFail of [false, true]) {
      const judged = judge({ shouldFail, assertions: pong }, { failure: failure(code), established: false });
      expect(judged).toMatchObject({ outcome: 'agent_fault', failure: { code }, assertions: [], overMaxResponseTime: false });
    }
  });

  test('a refusal by policy is neither up nor down', () => {
    expect(judge({ shouldFail: true }, { failure: failure('ERR_EGRESS_DENIED'), established: false }).outcome).toBe('egress_denied');
  });

  test('a failed connection fails and keeps its failure; of what was never answered nothing is asserted', () => {
    const judged = judge({ assertions: pong }, refused);
    expect(judged).toMatchObject({ outcome: 'failed', failure: { phase: 'connect', code: 'ECONNREFUSED' }, overMaxResponseTime: false });
    expect(judged.assertions).toEqual([]);
    expect(judge({ assertions: pong }, { failure: failure('ECONNRESET', 'read') }).assertions).toMatchObject([{ passed: false }]);
  });

  test('a timeout is its code and over the limit', () => {
    expect(judge({}, silent)).toMatchObject({ outcome: 'failed', failure: { code: 'SOCKET_TIMEOUT' }, overMaxResponseTime: true });
    expect(judge({}, { failure: failure('ETIMEOUT', 'resolve'), established: false, ...took(2_000) }).overMaxResponseTime).toBe(false);
    expect(judge({}, { failure: failure('ETIMEOUT', 'resolve'), established: false, ...took(5_000) }).overMaxResponseTime).toBe(true);
  });

  test('a failing assertion fails, and the message names how many and the first', () => {
    const assertions = [anAssertion({ target: 'PONG' }), anAssertion({ target: 'x' }), anAssertion({ comparison: 'NOT_EMPTY' })];
    const judged = judge({ assertions }, { response: new TextEncoder().encode('-ERR'), bytesReceived: 4, stopReason: 'closed' });
    expect(judged).toMatchObject({ outcome: 'failed', failure: { phase: 'assert', code: 'ERR_ASSERTION' } });
    expect(judged.failure?.message).toBe('2 of 3 assertions fail; the first: response data: expected something that contains "PONG", but got "-ERR"');
    expect(judged.assertions.map((each) => each.passed)).toEqual([false, false, true]);
  });

  test('silence up to the deadline is a timeout of reading; a wrong answer up to it is a failed assertion over the limit', () => {
    expect(judge({ assertions: pong }, { stopReason: 'deadline' }))
      .toMatchObject({ outcome: 'failed', failure: { phase: 'read', code: 'SOCKET_TIMEOUT' }, overMaxResponseTime: true });
    expect(judge({ assertions: pong }, { stopReason: 'deadline', response: Uint8Array.of(65), bytesReceived: 1 }))
      .toMatchObject({ outcome: 'failed', failure: { phase: 'assert', code: 'ERR_ASSERTION' }, overMaxResponseTime: true });
  });

  test('the limits are strict: equal is still within', () => {
    const limits = { degradedResponseTimeMs: 100, maxResponseTimeMs: 200 };
    expect(judge(limits, took(100))).toMatchObject({ outcome: 'passed', failure: null });
    expect(judge(limits, took(100.001))).toMatchObject({ outcome: 'degraded', failure: null, overMaxResponseTime: false });
    expect(judge(limits, took(200))).toMatchObject({ outcome: 'degraded' });
    expect(judge(limits, took(200.001))).toMatchObject({ outcome: 'failed', failure: { code: 'ERR_MAX_RESPONSE_TIME' }, overMaxResponseTime: true });
  });

  test('a certificate with fewer days left than wanted is degraded', () => {
    const tls = (days: number): Partial<ProbeReport> => ({ tls: { chainNotAfterMs: NOW_MS + days * 86_400_000 } as TlsFacts });
    const spec = { tls: { degradedDaysLeft: 14 } as TlsSettings };
    expect(judge(spec, tls(14)).outcome).toBe('passed');
    expect(judge(spec, tls(13.9)).outcome).toBe('degraded');
    expect(judge({}, tls(1)).outcome).toBe('passed');
  });
});

describe('a request that should fail', () => {
  test.each(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'SOCKET_TIMEOUT'] as const)('passes by %s, beyond all limits of time, and keeps the failure', (code) => {
    const judged = judge({ shouldFail: true }, { failure: failure(code), established: false, stopReason: 'failed', ...took(6_000) });
    expect(judged).toMatchObject({ outcome: 'passed', failure: { code }, overMaxResponseTime: false });
  });

  test('fails by an established connection, whatever came after', () => {
    for (const report of [{}, { failure: failure('ECONNRESET', 'read') }, { failure: failure('ERR_TLS_HANDSHAKE', 'tls') }]) {
      expect(judge({ shouldFail: true }, report)).toMatchObject({ outcome: 'failed', failure: { code: 'ERR_SHOULD_FAIL_CONNECTED' } });
    }
  });

  test.each(['ENOTFOUND', 'ESERVFAIL', 'ERR_INVALID_IP_ADDRESS'] as const)('fails by %s: no name is no failed connection', (code) => {
    expect(judge({ shouldFail: true }, { failure: failure(code, 'resolve'), established: false })).toMatchObject({ outcome: 'failed', failure: { code } });
  });

  test('fails by a failing assertion: data is empty, RESPONSE_TIME is the time until the failure', () => {
    const quick = anAssertion({ source: 'RESPONSE_TIME', comparison: 'LESS_THAN', target: '100' });
    expect(judge({ shouldFail: true, assertions: [quick] }, { ...refused, ...took(50) }).outcome).toBe('passed');
    expect(judge({ shouldFail: true, assertions: [quick] }, { ...refused, ...took(150) }))
      .toMatchObject({ outcome: 'failed', failure: { phase: 'assert', code: 'ERR_ASSERTION' } });
    expect(judge({ shouldFail: true, assertions: [anAssertion({ comparison: 'IS_EMPTY' })] }, refused).outcome).toBe('passed');
  });

  test('proves nothing by silence while the agent itself is cut off; a refusal still does', () => {
    const judged = judge({ shouldFail: true }, silent, true);
    expect(judged.outcome).toBe('agent_fault');
    expect(judged.failure?.message).toMatch(/agent itself appears to be cut off/);
    expect(judge({ shouldFail: true }, refused, true).outcome).toBe('passed');
  });
});

import { describe, expect, test } from 'vitest';
import type { Assertion } from '../check/check.ts';
import type { ProbeReport, TlsFacts } from '../run/report.ts';
import type { AssertionResult } from '../run/result.ts';
import { NO_TIME } from '../run/timings.ts';
import { aReport } from '../testing/a-report.ts';
import { anAssertion } from '../testing/an-assertion.ts';
import { compileAssertions } from './compile.ts';
import { factsOf } from './facts.ts';
import { judgeAssertion } from './judge-assertion.ts';

const NOW_MS = Date.UTC(2026, 10, 1);

function judge(changes: Partial<Assertion>, report: Partial<ProbeReport> | string = {}): AssertionResult {
  const seen = typeof report === 'string' ? answered(report) : report;
  const compiled = compileAssertions([anAssertion(changes)]);
  if (!compiled.ok || compiled.assertions[0] === undefined) throw new Error('does not compile');
  return judgeAssertion(compiled.assertions[0], factsOf(aReport(seen), NOW_MS));
}

function answered(text: string): Partial<ProbeReport> {
  const response = new TextEncoder().encode(text);
  return { response, bytesReceived: response.length };
}

describe('an assertion', () => {
  test.each([
    ['EQUALS', 'S', 'S', true], ['EQUALS', 's', 'S', false],
    ['NOT_EQUALS', 'N', 'S', true], ['NOT_EQUALS', 'S', 'S', false],
    ['IS_EMPTY', '', '', true], ['IS_EMPTY', '', ' ', false],
    ['NOT_EMPTY', '', 'x', true], ['NOT_EMPTY', '', '', false],
    ['LESS_THAN', '10', '9.5', true], ['LESS_THAN', '10', '10', false],
    ['GREATER_THAN', '10', '10.1', true], ['GREATER_THAN', '9', '10', true], ['GREATER_THAN', '10', '10', false],
    ['CONTAINS', 'PONG', '+PONG\r\n', true], ['CONTAINS', 'pong', '+PONG\r\n', false],
    ['NOT_CONTAINS', 'ERR', '+OK', true], ['NOT_CONTAINS', 'ERR', '-ERR', false],
    ['MATCHES', '^\\+P.NG', '+PONG', true], ['MATCHES', '^P', '+PONG', false],
    ['NOT_MATCHES', '^5', '220', true], ['NOT_MATCHES', '^2', '220', false],
  ] as const)('%s %j on %j: %s', (comparison, target, data, passed) => {
    const result = judge({ comparison, target }, data);
    expect(result.passed).toBe(passed);
    expect(result.error === null).toBe(passed);
    expect(result.actual).toBe(data);
  });

  test('compares the first group of the first match, the whole match without a group, and nothing without a match', () => {
    expect(judge({ property: 'OpenSSH_(\\d+)', comparison: 'GREATER_THAN', target: '8' }, 'SSH-2.0-OpenSSH_9.2')).toMatchObject({ passed: true, actual: '9' });
    expect(judge({ property: '\\d\\.\\d', comparison: 'EQUALS', target: '2.0' }, 'SSH-2.0-OpenSSH_9.2')).toMatchObject({ passed: true, actual: '2.0' });
    expect(judge({ property: 'x(y)?', comparison: 'IS_EMPTY' }, 'x')).toMatchObject({ passed: true, actual: '' });
    expect(judge({ property: 'none', comparison: 'IS_EMPTY' }, 'SSH')).toMatchObject({ passed: true, actual: '' });
  });

  test('says what was expected and what came', () => {
    expect(judge({ comparison: 'CONTAINS', target: 'PONG' }, '-ERR\r\n').error)
      .toBe('response data: expected something that contains "PONG", but got "-ERR\\r\\n"');
    expect(judge({ source: 'RESPONSE_TIME', comparison: 'LESS_THAN', target: '1' }, { timings: { ...NO_TIME, totalUs: 1_500 } }).error)
      .toBe('response time (ms): expected less than 1, but got 1.5');
  });

  test.each(['', 'abc', '0x10', 'Infinity', '1,5'])('%j is no number, and the message says so', (data) => {
    const result = judge({ comparison: 'LESS_THAN', target: '5' }, data);
    expect(result).toMatchObject({ passed: false });
    expect(result.error).toMatch(data === '' ? /there is no value/ : /is not a number/);
  });

  test('times are ms with decimals, and equal as numbers', () => {
    const timings = { ...NO_TIME, dnsUs: 1_500, connectUs: 2_000, tlsUs: 3_250, firstByteUs: 4_001, totalUs: 10_751 };
    const seen = { timings, ...answered('x') };
    expect(judge({ source: 'DNS_TIME', comparison: 'EQUALS', target: '1.50' }, seen)).toMatchObject({ passed: true, actual: '1.5' });
    expect(judge({ source: 'CONNECT_TIME', comparison: 'EQUALS', target: '2' }, seen).passed).toBe(true);
    expect(judge({ source: 'TLS_TIME', comparison: 'GREATER_THAN', target: '3' }, seen).passed).toBe(true);
    expect(judge({ source: 'FIRST_BYTE_TIME', comparison: 'EQUALS', target: '4.001' }, seen).passed).toBe(true);
    expect(judge({ source: 'RESPONSE_TIME', comparison: 'NOT_EQUALS', target: '10.751' }, seen).passed).toBe(false);
  });

  test('a phase that did not happen has no value, so that "less than" does not pass without it', () => {
    expect(judge({ source: 'FIRST_BYTE_TIME', comparison: 'LESS_THAN', target: '100' }).passed).toBe(false);
    expect(judge({ source: 'TLS_TIME', comparison: 'LESS_THAN', target: '100' }).passed).toBe(false);
    expect(judge({ source: 'CERTIFICATE_DAYS_LEFT', comparison: 'GREATER_THAN', target: '0' }).passed).toBe(false);
  });

  test('sees the resolved address, the failure code and the days left on the chain', () => {
    expect(judge({ source: 'RESOLVED_ADDRESS', comparison: 'EQUALS', target: '2001:DB8::1' }, { remoteAddress: '2001:db8::1' }).passed).toBe(true);
    expect(judge({ source: 'FAILURE_CODE', comparison: 'EQUALS', target: 'ECONNREFUSED' }, { failure: { phase: 'connect', code: 'ECONNREFUSED', message: '' } }).passed).toBe(true);
    expect(judge({ source: 'FAILURE_CODE', comparison: 'IS_EMPTY' }).passed).toBe(true);
    const tls = { chainNotAfterMs: NOW_MS + 30.5 * 86_400_000 } as TlsFacts;
    expect(judge({ source: 'CERTIFICATE_DAYS_LEFT', comparison: 'EQUALS', target: '30' }, { tls }).passed).toBe(true);
  });

  test('what is kept is bounded and storable', () => {
    const { actual, error } = judge({ comparison: 'IS_EMPTY' }, `\0${'😀'.repeat(400)}`);
    expect(actual.length).toBeLessThanOrEqual(300);
    expect(actual.startsWith('\\x00😀')).toBe(true);
    expect(actual.isWellFormed() && actual.endsWith('…')).toBe(true);
    expect(error?.length).toBeLessThan(1_001);
  });

  test('a list with a pattern that does not compile is refused with the place', () => {
    expect(compileAssertions([anAssertion({}), anAssertion({ comparison: 'MATCHES', target: '(' })]))
      .toEqual({ ok: false, problem: expect.stringMatching(/^assertion 2, target: not a valid regular expression/) });
  });
});

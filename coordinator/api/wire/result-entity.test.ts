import { describe, expect, it } from 'vitest';
import { A_CHECK_ID, A_RUN_ID, AN_AGENT_ID, aStoredResult } from '../testing/a-stored-result.ts';
import { parseResultId, resultEntity, resultIdOf } from './result-entity.ts';
import { CheckResultEntity } from './result-schema.ts';
import { responseEntity } from './response-entity.ts';

describe('a result as the API shows it', () => {
  it('is what its schema says, without a field more', () => {
    const shown = JSON.parse(JSON.stringify(resultEntity(aStoredResult(), 65_536)));
    expect(CheckResultEntity.parse(shown)).toEqual(shown);
  });

  it('carries the names and integers that clients of the Checkly API decode', () => {
    expect(resultEntity(aStoredResult(), 65_536)).toMatchObject({
      id: A_RUN_ID, checkId: A_CHECK_ID, name: 'ssh', hasFailures: false, hasErrors: false, isDegraded: false, isCancelled: false,
      overMaxResponseTime: false, runLocation: 'local-1', startedAt: '2026-01-01T12:00:00.001Z', created_at: '2026-01-01T12:00:00.400Z',
      responseTime: 9, checkRunId: Date.UTC(2026, 0, 1, 12), attempts: 1, resultType: 'FINAL', sequenceId: A_RUN_ID,
    });
  });

  it('has what the check saw: times in µs and in ms, addresses, bytes, honesty', () => {
    expect(resultEntity(aStoredResult(), 65_536).tcpCheckResult).toMatchObject({
      request: { hostname: 'ssh.example', port: 22, ipFamily: 'IPv4', data: null },
      resolvedAddress: '192.0.2.7', resolvedAddresses: ['192.0.2.7', '192.0.2.8'], bytesReceived: 9,
      response: { text: 'SSH-2.0-x', isTruncated: false }, error: null,
      timings: { dns: 7_000, connect: 750, total: 8_750, idle: 250_000 },
      timingPhases: { dns: 7, connection: 0.75, data: 1, total: 8.75 },
      assertions: [{ source: 'RESPONSE_DATA', comparison: 'CONTAINS', target: 'SSH', actual: 'SSH-2.0-x', passed: true }],
      dueAt: '2026-01-01T12:00:00.000Z', latenessUs: 750, trigger: 'schedule', checkRevision: 3, agentId: AN_AGENT_ID,
      locations: { owed: 'local-1', executed: 'local-1' }, clock: { offsetUs: -120, errorUs: 300 },
    });
  });

  it('names an error only on the assertions that failed', () => {
    const failed = aStoredResult({ outcome: 'failed', assertions: [{ passed: false, actual: '', error: 'the data is empty' }] });
    const passed = resultEntity(aStoredResult(), 65_536).tcpCheckResult.assertions[0];
    expect(passed).not.toHaveProperty('error');
    expect(resultEntity(failed, 65_536).tcpCheckResult.assertions[0]).toMatchObject({ passed: false, error: 'the data is empty' });
  });

  it.each([
    ['passed', { hasFailures: false, hasErrors: false, isDegraded: false }],
    ['degraded', { hasFailures: false, hasErrors: false, isDegraded: true }],
    ['failed', { hasFailures: true, hasErrors: false, isDegraded: false }],
    ['agent_fault', { hasFailures: false, hasErrors: true, isDegraded: false }],
    ['egress_denied', { hasFailures: false, hasErrors: true, isDegraded: false }],
  ] as const)('raises the right flags for %s', (outcome, flags) => {
    expect(resultEntity(aStoredResult({ outcome }), 65_536)).toMatchObject(flags);
  });

  it('keeps the code, phase and sentence of a failure', () => {
    const failure = { phase: 'connect', code: 'ECONNREFUSED', message: 'the connection was refused' } as const;
    expect(resultEntity(aStoredResult({ outcome: 'failed', failure }), 65_536).tcpCheckResult.error).toEqual(failure);
  });

  it('has no check to point to when the definition was not saved', () => {
    const shown = resultEntity({ ...aStoredResult(), isUnsaved: true }, 65_536);
    expect([shown.checkId, shown.tcpCheckResult.checkRevision]).toEqual([null, null]);
  });
});

describe('the id of a result', () => {
  it('tells attempts of a run apart and finds its way back', () => {
    const attempt = { runId: A_RUN_ID, attempt: 2, isFinal: false };
    expect(resultIdOf(attempt)).toBe(`${A_RUN_ID}-2`);
    expect(parseResultId(resultIdOf(attempt))).toEqual({ runId: A_RUN_ID, attempt: 2 });
    expect(parseResultId(resultIdOf({ ...attempt, isFinal: true }))).toEqual({ runId: A_RUN_ID, attempt: null });
  });

  it.each(['', 'x', `${A_RUN_ID}-0`, `${A_RUN_ID}-`, `${A_RUN_ID}-1000`, `${A_RUN_ID}x`])('is not %j', (id) => {
    expect(parseResultId(id)).toBeNull();
  });
});

describe('the response of a target', () => {
  it('is text where it is text, a character cut in half left out', () => {
    expect(responseEntity(Buffer.from('größe'), 7, 100)).toEqual({ text: 'größe', isTruncated: false });
    expect(responseEntity(Buffer.from('größe'), 7, 3)).toEqual({ text: 'gr', isTruncated: true });
  });

  it('is given exactly in base64 where text cannot hold it', () => {
    const bytes = Buffer.from([0x53, 0xff, 0x00]);
    expect(responseEntity(bytes, 3, 100)).toEqual({ text: 'S\ufffd\u0000', base64: bytes.toString('base64'), isTruncated: false });
  });

  it('says when more was received than is kept', () => {
    expect(responseEntity(Buffer.from('abc'), 500, 100)).toEqual({ text: 'abc', isTruncated: true });
  });
});

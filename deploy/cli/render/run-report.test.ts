import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Assertion } from '#shared/check/check.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import { runReportDocument, runReportLines, type RunReport } from './run-report.ts';

const isBanner: Assertion = { source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'SSH' };
const isFast: Assertion = { source: 'RESPONSE_TIME', property: '', comparison: 'LESS_THAN', target: '1' };

function aReport(changes: Partial<ProbeReport> = {}): ProbeReport {
  return {
    timings: { dnsUs: 1_500, connectUs: 3_000, tlsUs: 0, sendUs: 100, firstByteUs: 1_000, dataUs: 400, totalUs: 6_000, idleUs: 250_000 },
    failure: null, established: true, resolvedAddresses: ['192.0.2.1'], remoteAddress: '192.0.2.1', localAddress: '192.0.2.9',
    bytesSent: 4, bytesReceived: 9, response: Buffer.from('SSH-2.0\u001b\n'), stopReason: 'end_of_answer', tls: null, steps: [], captures: {},
    clock: 'user', uncertaintyUs: 10, loopDelayUs: 0, ...changes,
  };
}

const failedRun: RunReport = {
  target: 'a.example:22', assertions: [isBanner, isFast], report: aReport(),
  judgement: {
    outcome: 'failed', overMaxResponseTime: false, failure: { phase: 'assert', code: 'ERR_ASSERTION', message: 'an assertion failed' },
    assertions: [{ passed: true, actual: 'SSH-2.0', error: null }, { passed: false, actual: '6', error: '6 is not less than 1' }],
  },
};

describe('the report of one probe', () => {
  it('shows outcome, where the time went, what came and each assertion', () => {
    expect(runReportLines(failedRun, picocolors.createColors(false))).toMatchInlineSnapshot(`
      [
        "✗ failed  a.example:22 at 192.0.2.1  6.000 ms",
        "  an assertion failed [assert ERR_ASSERTION]",
        "",
        "  dns             1.500 ms  ▬▬▬▬▬▬▬▬",
        "  connect         3.000 ms  ▬▬▬▬▬▬▬▬▬▬▬▬▬▬▬",
        "  send            0.100 ms  ▬",
        "  first byte      1.000 ms  ▬▬▬▬▬",
        "  data            0.400 ms  ▬▬",
        "  total           6.000 ms",
        "  (idle         250.000 ms, the wait that found the end of the answer)",
        "",
        "  sent 4 bytes, received 9: SSH-2.0\\x1b\\n",
        "",
        "  ✓ RESPONSE_DATA CONTAINS 'SSH'",
        "  ✗ RESPONSE_TIME LESS_THAN '1': 6 is not less than 1",
      ]
    `);
  });

  it('of a refused connection has no exchange to show', () => {
    const refused: RunReport = {
      target: '[::1]:1', assertions: [], report: aReport({ bytesSent: 0, bytesReceived: 0, response: new Uint8Array(), established: false, remoteAddress: '::1' }),
      judgement: { outcome: 'failed', overMaxResponseTime: false, assertions: [], failure: { phase: 'connect', code: 'ECONNREFUSED', message: 'the connection to [::1]:1 was refused' } },
    };
    const text = runReportLines(refused, picocolors.createColors(false)).join('\n');
    expect(text).toContain('the connection to [::1]:1 was refused [connect ECONNREFUSED]');
    expect(text).not.toContain('received');
  });

  it('as JSON has the same and the bytes exactly', () => {
    expect(JSON.parse(JSON.stringify(runReportDocument(failedRun)))).toMatchObject({
      target: 'a.example:22', outcome: 'failed', error: { code: 'ERR_ASSERTION' }, timingPhases: { dns: 1.5, connection: 3, data: 1.5, total: 6 },
      assertions: [{ source: 'RESPONSE_DATA', passed: true }, { source: 'RESPONSE_TIME', passed: false, actual: '6' }],
      response: { base64: Buffer.from('SSH-2.0\u001b\n').toString('base64') },
    });
  });
});

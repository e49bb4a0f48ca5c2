import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Step } from '#shared/check/check.ts';
import type { ProbeReport, TlsFacts } from '#shared/run/report.ts';
import { aReport } from '#shared/testing/a-report.ts';
import { aRequest } from '#shared/testing/builders.ts';
import { runReportDocument, runReportLines, type RunReport } from './run-report.ts';

const plain = picocolors.createColors(false);
const NOW_MS = Date.UTC(2026, 10, 22, 8);
const DAY_MS = 86_400_000;

const report: ProbeReport = aReport({
  timings: { dnsUs: 1_500, connectUs: 3_000, tlsUs: 0, sendUs: 100, firstByteUs: 1_000, dataUs: 400, totalUs: 6_000, idleUs: 250_000 },
  resolvedAddresses: ['192.0.2.1', '192.0.2.2'], remoteAddress: '192.0.2.1', localAddress: '192.0.2.9',
  bytesSent: 4, bytesReceived: 9, response: Buffer.from('SSH-2.0\u001b\n'), stopReason: 'end_of_answer', uncertaintyUs: 100, loopDelayUs: 12,
});

function aRun(changes: Partial<RunReport> = {}): RunReport {
  return {
    target: 'a.example:22', request: aRequest(), report, nowMs: NOW_MS, view: 'escaped', secretSteps: new Set(),
    judgement: { outcome: 'passed', overMaxResponseTime: false, failure: null, assertions: [] },
    ...changes,
  };
}

const failedAssertion = aRun({
  request: aRequest({ assertions: [
    { source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'SSH' },
    { source: 'RESPONSE_TIME', property: '', comparison: 'LESS_THAN', target: '1' },
  ] }),
  judgement: {
    outcome: 'failed', overMaxResponseTime: false, failure: { phase: 'assert', code: 'ERR_ASSERTION', message: 'an assertion failed' },
    assertions: [{ passed: true, actual: 'SSH-2.0', error: null }, { passed: false, actual: '6', error: '6 is not less than 1' }],
  },
});

const tls: TlsFacts = {
  version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', alpn: 'h2', authorized: true, alert: null, subject: 'CN=a.example', issuer: 'CN=Test Root',
  subjectAltNames: ['a.example', '*.a.example'], serialNumber: '01', fingerprint256: 'AA', notBeforeMs: 0, notAfterMs: NOW_MS + 30 * DAY_MS + 5, chainNotAfterMs: NOW_MS + DAY_MS,
};

const steps: readonly Step[] = [
  { kind: 'expect', pattern: '^220 ' }, { kind: 'send', data: 'AUTH hunter2', dataFormat: 'text' }, { kind: 'startTls' }, { kind: 'expect', pattern: '^235 ' }, { kind: 'send', data: 'QUIT hunter3', dataFormat: 'text' },
];
const failedStep = aRun({
  target: 'a.example:25', request: aRequest({ steps }), secretSteps: new Set([1]),
  report: {
    ...report, timings: { dnsUs: 0, connectUs: 1_000, tlsUs: 2_000, sendUs: 50, firstByteUs: 450, dataUs: 500, totalUs: 4_000, idleUs: 0 },
    tls, stopReason: 'deadline', captures: { greeting: 'mail\u001b' }, synRetransmits: 1, clock: 'kernel',
    steps: [
      { kind: 'expect', us: 450, ok: true, detail: '220 mail\r\n' }, { kind: 'send', us: 50, ok: true, detail: 'AUTH hunter2' },
      { kind: 'startTls', us: 2_000, ok: true, detail: 'TLSv1.3' }, { kind: 'expect', us: 500, ok: false, detail: '' },
    ],
  },
  judgement: {
    outcome: 'failed', overMaxResponseTime: true, assertions: [],
    failure: { phase: 'read', code: 'ERR_EXPECT_MISMATCH', message: 'step 4: expecting /^235 /: the other side did not say what was expected; received: "535 no"', step: 3 },
  },
});

describe('the report of one probe', () => {
  it('shows outcome, where the time went, each assertion, what came and how far to trust it', () => {
    expect(runReportLines(failedAssertion, plain)).toMatchInlineSnapshot(`
      [
        "✗ failed  a.example:22 at 192.0.2.1  6.000 ms",
        "  an assertion failed [assert ERR_ASSERTION]",
        "",
        "  dns                1,500 µs  ██████████",
        "  connect            3,000 µs            ████████████████████",
        "  send                 100 µs                                █",
        "  first byte         1,000 µs                                ███████",
        "  data                 400 µs                                       ███",
        "  total              6,000 µs",
        "  idle             250,000 µs  waits that found the end of an answer, not in the total",
        "",
        "  ✓ RESPONSE_DATA CONTAINS 'SSH'",
        "  ✗ RESPONSE_TIME LESS_THAN '1': 6 is not less than 1",
        "",
        "  sent 4 bytes, received 9 bytes:",
        "  SSH-2.0\\x1b\\n",
        "",
        "  addresses    192.0.2.1; also resolved: 192.0.2.2; from 192.0.2.9",
        "  stopped      because the answer was over",
        "  measured     in user space, ± 100 µs; event loop late by 12 µs at most",
      ]
    `);
  });

  it('of a dialogue shows every step, the certificate, and no secret that was sent', () => {
    const lines = runReportLines(failedStep, plain);
    expect(lines).toMatchInlineSnapshot(`
      [
        "✗ failed  a.example:25 at 192.0.2.1  4.000 ms",
        "  step 4: expecting /^235 /: the other side did not say what was expected; received: "535 no" [read ERR_EXPECT_MISMATCH]",
        "",
        "  dns                    0 µs",
        "  connect            1,000 µs  ██████████",
        "  1 expect             450 µs            █████",
        "  2 send                50 µs                █",
        "  3 startTls         2,000 µs                 ████████████████████",
        "  4 expect             500 µs                                     █████",
        "  total              4,000 µs",
        "",
        "  ✓ 1 expect           450 µs  "220 mail\\r\\n"",
        "  ✓ 2 send              50 µs  "[redacted]"",
        "  ✓ 3 startTls       2,000 µs  TLSv1.3",
        "  ✗ 4 expect           500 µs  did not hear /^235 /",
        "  · 5 send        not reached",
        "  in all: tls 2,000 µs, send 50 µs, first byte 450 µs, data 500 µs",
        "",
        "  sent 4 bytes, received 9 bytes:",
        "  SSH-2.0\\x1b\\n",
        "",
        "  addresses    192.0.2.1; also resolved: 192.0.2.2; from 192.0.2.9",
        "  tls          TLSv1.3, TLS_AES_256_GCM_SHA384, ALPN h2, certificate verified",
        "  certificate  CN=a.example, issued by CN=Test Root",
        "  for          a.example, *.a.example",
        "  until        2026-12-22 08:00:00 UTC (30 days left); the chain until 2026-11-23 08:00:00 UTC (1 day left)",
        "  \${greeting}  "mail\\x1b"",
        "  stopped      because the time was up",
        "  measured     by the kernel, ± 100 µs; event loop late by 12 µs at most; SYN retransmitted once: packets were lost",
      ]
    `);
    expect(lines.join('\n') + JSON.stringify(runReportDocument(failedStep))).not.toContain('hunter');
  });

  it('of a refused connection has no exchange to show', () => {
    const refused = aRun({
      target: '[::1]:1', report: aReport({ established: false, remoteAddress: '::1', localAddress: null, resolvedAddresses: ['::1'], stopReason: 'failed' }),
      judgement: { outcome: 'failed', overMaxResponseTime: false, assertions: [], failure: { phase: 'connect', code: 'ECONNREFUSED', message: 'the connection to [::1]:1 was refused' } },
    });
    const text = runReportLines(refused, plain).join('\n');
    expect(text).toContain('the connection to [::1]:1 was refused [connect ECONNREFUSED]');
    expect(text).not.toContain('received');
  });

  it('says of a certificate that has expired and was not verified that it is so', () => {
    const text = runReportLines(aRun({ report: { ...report, tls: { ...tls, authorized: false, notAfterMs: NOW_MS - 1, chainNotAfterMs: NOW_MS - 1, alpn: null } } }), plain).join('\n');
    expect(text).toContain('TLSv1.3, TLS_AES_256_GCM_SHA384, certificate NOT verified\n');
    expect(text).toContain('2026-11-22 07:59:59 UTC (expired)\n');
  });

  it('has the same words with colours as without', () => {
    // oxlint-disable-next-line no-control-regex
    const bare = runReportLines(failedStep, picocolors.createColors(true)).map((line) => line.replaceAll(/\u001b\[\d+m/g, ''));
    expect(bare).toEqual(runReportLines(failedStep, plain));
  });

  it('as JSON has the same and the bytes exactly', () => {
    expect(JSON.parse(JSON.stringify(runReportDocument(failedAssertion)))).toMatchObject({
      target: 'a.example:22', outcome: 'failed', error: { code: 'ERR_ASSERTION' }, timingPhases: { dns: 1.5, connection: 3, data: 1.5, total: 6 },
      assertions: [{ source: 'RESPONSE_DATA', passed: true }, { source: 'RESPONSE_TIME', passed: false, actual: '6' }],
      response: { base64: Buffer.from('SSH-2.0\u001b\n').toString('base64') },
    });
  });
});

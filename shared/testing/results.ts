import type { Gap } from '../run/gap.ts';
import type { ProbeReport } from '../run/report.ts';
import type { AttemptResult } from '../run/result.ts';

export const A_CHECK = '3f8a1c52-6f0b-4c4e-9a57-2f6f1d0f8a11';
export const A_LOCATION = '9b2d7f30-1c53-4d9e-8f0a-6d3c5b7e2a44';
export const AN_ACCOUNT = '5c1e9a7d-7f64-4f0c-b1d2-0a9e8c7b6d55';

export function aReport(changes: Partial<ProbeReport> = {}): ProbeReport {
  return {
    timings: { dnsUs: 0, connectUs: 310, tlsUs: 0, sendUs: 12, firstByteUs: 480, dataUs: 35, totalUs: 837, idleUs: 0 },
    failure: null, established: true, resolvedAddresses: ['127.0.0.1'], remoteAddress: '127.0.0.1', localAddress: null,
    bytesSent: 6, bytesReceived: 7, response: Buffer.from('+PONG\r\n'), stopReason: 'decided', tls: null, steps: [], captures: {},
    clock: 'user', uncertaintyUs: 50, loopDelayUs: 20,
    ...changes,
  };
}

export function aResult(changes: Partial<AttemptResult> = {}): AttemptResult {
  return {
    runId: '0b7c4f7e-5a9b-5c3d-8e21-4f5a6b7c8d9e', checkId: A_CHECK, checkRevision: 1, locationOwed: A_LOCATION, locationExecuted: A_LOCATION,
    trigger: 'schedule', dueAtMs: Date.UTC(2026, 0, 1, 12), attempt: 1, isFinal: true,
    startedAtMs: Date.UTC(2026, 0, 1, 12) + 3, latenessUs: 3000, clockOffsetUs: 0, clockErrorUs: 0,
    outcome: 'passed', failure: null, overMaxResponseTime: false, assertions: [], report: aReport(),
    ...changes,
  };
}

export function aGap(changes: Partial<Gap> = {}): Gap {
  return {
    runId: '1c8d5a8f-6bac-5d4e-9f32-5a6b7c8d9e0f', checkId: A_CHECK, locationOwed: A_LOCATION,
    dueAtMs: Date.UTC(2026, 0, 1, 12), reason: 'previous_still_running',
    ...changes,
  };
}

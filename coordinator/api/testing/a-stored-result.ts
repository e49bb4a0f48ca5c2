import { aCheck } from '#shared/testing/builders.ts';
import type { StoredResult } from '../ports.ts';
import { MY_ACCOUNT } from './api-for-tests.ts';

export const A_CHECK_ID = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
export const A_RUN_ID = 'bbbbbbbb-bbbb-5bbb-8bbb-bbbbbbbbbbbb';
export const AN_AGENT_ID = 'cccccccc-cccc-4ccc-8ccc-cccccccccccc';
const DUE_AT_MS = Date.UTC(2026, 0, 1, 12);

/** A passed run of a banner check with one assertion, as the store gives it. */
export function aStoredResult(changes: Partial<StoredResult> = {}): StoredResult {
  return {
    runId: A_RUN_ID, checkId: A_CHECK_ID, checkRevision: 3, locationOwed: 'loc-1', locationExecuted: 'loc-1',
    trigger: 'schedule', dueAtMs: DUE_AT_MS, attempt: 1, isFinal: true,
    startedAtMs: DUE_AT_MS + 0.75, latenessUs: 750, clockOffsetUs: -120, clockErrorUs: 300,
    outcome: 'passed', failure: null, overMaxResponseTime: false,
    assertions: [{ passed: true, actual: 'SSH-2.0-x', error: null }],
    report: {
      timings: { dnsUs: 7_000, connectUs: 750, tlsUs: 0, sendUs: 0, firstByteUs: 900, dataUs: 100, totalUs: 8_750, idleUs: 250_000 },
      failure: null, established: true, resolvedAddresses: ['192.0.2.7', '192.0.2.8'], remoteAddress: '192.0.2.7', localAddress: '192.0.2.1',
      bytesSent: 0, bytesReceived: 9, response: Buffer.from('SSH-2.0-x'), stopReason: 'decided', tls: null, steps: [], captures: {},
      clock: 'user', uncertaintyUs: 5, loopDelayUs: 40,
    },
    accountId: MY_ACCOUNT, agentId: AN_AGENT_ID, isSurplus: false, receivedAtMs: DUE_AT_MS + 400,
    locationOwedCode: 'local-1', locationExecutedCode: 'local-1',
    check: aCheck({ name: 'ssh', request: {
      ...aCheck().request, hostname: 'ssh.example', port: 22,
      assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'SSH' }],
    } }),
    ...changes,
  };
}

import type { ProbeReport } from '../run/report.ts';
import { NO_TIME } from '../run/timings.ts';

/** A builder for tests: what a probe saw of a target that accepted and said nothing, with one changed fact at a time. */
export function aReport(changes: Partial<ProbeReport> = {}): ProbeReport {
  return {
    timings: { ...NO_TIME, connectUs: 1_000, totalUs: 1_000 },
    failure: null, established: true, resolvedAddresses: ['127.0.0.1'], remoteAddress: '127.0.0.1', localAddress: '127.0.0.1',
    bytesSent: 0, bytesReceived: 0, response: new Uint8Array(0), stopReason: 'not_read', tls: null, steps: [], captures: {},
    clock: 'user', uncertaintyUs: 0, loopDelayUs: 0,
    ...changes,
  };
}

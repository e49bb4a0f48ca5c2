import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Failure } from '../run/failure.ts';
import type { ProbeReport } from '../run/report.ts';
import type { AttemptResult } from '../run/result.ts';
import { checkIndex } from './columns.ts';
import { Dictionary } from './dictionary.ts';
import { FLAG_ESTABLISHED, FLAG_KERNEL_CLOCK, FLAG_OVER_MAX, OUTCOME_TO_WIRE, STOP_TO_WIRE } from './result-codes.ts';
import { triggerToWire } from './trigger.ts';
import { writeUuid } from './uuid-bytes.ts';

/** Rows to columns. */
export function resultsToWire(results: readonly AttemptResult[]): pb.ResultBatch {
  const batch = emptyBatch(results.length);
  const checks = new Dictionary<pb.CheckRef>();
  const addresses = new Dictionary<string>();
  const failures = new Dictionary<pb.FailureRef>();
  results.forEach((result, row) => {
    const { report } = result;
    const { timings } = report;
    writeUuid(batch.runIds, row * 16, result.runId);
    batch.check.push(checkIndex(checks, result));
    batch.remoteAddress.push(report.remoteAddress === null ? 0 : addresses.indexOf(report.remoteAddress, report.remoteAddress) + 1);
    batch.localAddress.push(report.localAddress === null ? 0 : addresses.indexOf(report.localAddress, report.localAddress) + 1);
    batch.synRetransmits.push(report.synRetransmits === undefined ? 0 : report.synRetransmits + 1);
    batch.failure.push(result.failure === null ? 0 : failureIndex(failures, result.failure) + 1);
    batch.dueAtMs.push(BigInt(result.dueAtMs));
    batch.trigger.push(triggerToWire(result.trigger));
    batch.attempt.push(result.attempt);
    batch.isFinal.push(result.isFinal);
    batch.outcome.push(OUTCOME_TO_WIRE[result.outcome]);
    batch.flags.push((result.overMaxResponseTime ? FLAG_OVER_MAX : 0) | (report.established ? FLAG_ESTABLISHED : 0) | (report.clock === 'kernel' ? FLAG_KERNEL_CLOCK : 0));
    batch.startedAfterDueUs.push(BigInt(Math.round((result.startedAtMs - result.dueAtMs) * 1000)));
    batch.latenessUs.push(uint32(result.latenessUs));
    batch.clockOffsetUs.push(BigInt(Math.round(result.clockOffsetUs)));
    batch.clockErrorUs.push(BigInt(Math.round(result.clockErrorUs)));
    batch.dnsUs.push(timings.dnsUs);
    batch.connectUs.push(timings.connectUs);
    batch.tlsUs.push(timings.tlsUs);
    batch.sendUs.push(timings.sendUs);
    batch.firstByteUs.push(timings.firstByteUs);
    batch.dataUs.push(timings.dataUs);
    batch.idleUs.push(timings.idleUs);
    batch.bytesSent.push(report.bytesSent);
    batch.bytesReceived.push(BigInt(report.bytesReceived));
    batch.response.push(Buffer.from(report.response.buffer, report.response.byteOffset, report.response.byteLength));
    batch.stopReason.push(STOP_TO_WIRE[report.stopReason]);
    batch.uncertaintyUs.push(uint32(report.uncertaintyUs));
    batch.loopDelayUs.push(uint32(report.loopDelayUs));
    batch.assertionCount.push(result.assertions.length);
    for (const assertion of result.assertions) {
      batch.assertionPassed.push(assertion.passed);
      batch.assertionActual.push(assertion.actual);
      if (!assertion.passed) batch.assertionError.push(assertion.error ?? '');
    }
    const detail = detailToWire(report);
    if (detail) { batch.detailRow.push(row); batch.detail.push(detail); }
  });
  return { ...batch, checks: [...checks.values], addresses: [...addresses.values], failures: [...failures.values] };
}

function detailToWire(report: ProbeReport): pb.ResultDetail | null {
  const addresses = report.resolvedAddresses.length === 1 && report.resolvedAddresses[0] === report.remoteAddress ? [] : report.resolvedAddresses;
  const isPlain = addresses.length === 0 && report.tls === null && report.steps.length === 0 && Object.keys(report.captures).length === 0;
  if (isPlain) return null;
  return {
    resolvedAddresses: [...addresses],
    tls: report.tls ? {
      ...report.tls,
      alpn: report.tls.alpn ?? undefined,
      alert: report.tls.alert ?? undefined,
      subjectAltNames: [...report.tls.subjectAltNames],
      notBeforeMs: BigInt(report.tls.notBeforeMs),
      notAfterMs: BigInt(report.tls.notAfterMs),
      chainNotAfterMs: BigInt(report.tls.chainNotAfterMs),
    } : undefined,
    steps: report.steps.map((step) => ({ ...step })),
    captures: { ...report.captures },
    kernelClock: false,
  };
}

function failureIndex(failures: Dictionary<pb.FailureRef>, failure: Failure): number {
  const step = failure.step === undefined ? 0 : failure.step + 1;
  return failures.indexOf(`${failure.phase} ${failure.code} ${step} ${failure.message}`, () => (
    { phase: failure.phase, code: failure.code, message: failure.message, step }
  ));
}

/** A µs figure too large for its column (over 71 minutes) is kept as the largest there is. */
function uint32(value: number): number {
  return Math.min(0xffff_ffff, Math.max(0, Math.round(value)));
}

function emptyBatch(count: number): pb.ResultBatch {
  return {
    count, runIds: Buffer.alloc(count * 16), checks: [], check: [], addresses: [], remoteAddress: [], localAddress: [], synRetransmits: [], failures: [], failure: [],
    dueAtMs: [], trigger: [], attempt: [], isFinal: [], outcome: [], flags: [], startedAfterDueUs: [], latenessUs: [],
    clockOffsetUs: [], clockErrorUs: [], dnsUs: [], connectUs: [], tlsUs: [], sendUs: [], firstByteUs: [], dataUs: [], idleUs: [],
    bytesSent: [], bytesReceived: [], response: [], stopReason: [], uncertaintyUs: [], loopDelayUs: [],
    assertionCount: [], assertionPassed: [], assertionActual: [], assertionError: [], detailRow: [], detail: [],
  };
}

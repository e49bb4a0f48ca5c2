import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Failure, FailureCode, FailurePhase } from '../run/failure.ts';
import type { ProbeReport, StepReport } from '../run/report.ts';
import type { AssertionResult, AttemptResult } from '../run/result.ts';
import { at } from './columns.ts';
import { FLAG_ESTABLISHED, FLAG_KERNEL_CLOCK, FLAG_OVER_MAX, outcomeFromWire, stopFromWire } from './result-codes.ts';
import { triggerFromWire } from './trigger.ts';
import { readUuid } from './uuid-bytes.ts';
import { UnknownValueError, WireError } from './wire-error.ts';

/** Columns to rows; throws WireError when the columns do not fit together, or say what is not known here. */
export function resultsFromWire(batch: pb.ResultBatch): AttemptResult[] {
  return rowsFromWire(batch).map((read) => read());
}

/** The same, with null for each row that has a value which is not known here: a newer agent's. */
export function knownResultsFromWire(batch: pb.ResultBatch): (AttemptResult | null)[] {
  return rowsFromWire(batch).map((read) => {
    try {
      return read();
    } catch (error) {
      if (error instanceof UnknownValueError) return null;
      throw error;
    }
  });
}

function rowsFromWire(batch: pb.ResultBatch): (() => AttemptResult)[] {
  mustFit(batch);
  const details = new Map(batch.detailRow.map((row, index) => [row, batch.detail[index]]));
  let assertionAt = 0;
  let errorAt = 0;
  return Array.from({ length: batch.count }, (_, row) => {
    const check = at(batch.checks, batch.check[row]!, 'check');
    const failure = batch.failure[row] === 0 ? null : failureFromWire(at(batch.failures, batch.failure[row]! - 1, 'failure'));
    const assertions: AssertionResult[] = [];
    for (let n = batch.assertionCount[row]!; n > 0; n -= 1, assertionAt += 1) {
      const passed = at(batch.assertionPassed, assertionAt, 'assertion_passed');
      const actual = at(batch.assertionActual, assertionAt, 'assertion_actual');
      assertions.push({ passed, actual, error: passed ? null : at(batch.assertionError, errorAt++, 'assertion_error') });
    }
    const dueAtMs = Number(batch.dueAtMs[row]!);
    const flags = batch.flags[row]!;
    return (): AttemptResult => ({
      runId: readUuid(batch.runIds, row * 16),
      checkId: check.checkId,
      checkRevision: check.revision,
      locationOwed: check.locationOwed,
      locationExecuted: check.locationExecuted,
      trigger: triggerFromWire(batch.trigger[row]!),
      dueAtMs,
      attempt: batch.attempt[row]!,
      isFinal: batch.isFinal[row]!,
      startedAtMs: dueAtMs + Number(batch.startedAfterDueUs[row]!) / 1000,
      latenessUs: batch.latenessUs[row]!,
      clockOffsetUs: Number(batch.clockOffsetUs[row]!),
      clockErrorUs: Number(batch.clockErrorUs[row]!),
      outcome: outcomeFromWire(batch.outcome[row]!),
      failure,
      overMaxResponseTime: (flags & FLAG_OVER_MAX) !== 0,
      assertions,
      report: reportFromWire(batch, row, failure, details.get(row)),
    });
  });
}

function reportFromWire(batch: pb.ResultBatch, row: number, failure: Failure | null, detail: pb.ResultDetail | undefined): ProbeReport {
  const [dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs] = [
    batch.dnsUs[row]!, batch.connectUs[row]!, batch.tlsUs[row]!, batch.sendUs[row]!, batch.firstByteUs[row]!, batch.dataUs[row]!,
  ];
  const remoteAddress = batch.remoteAddress[row] === 0 ? null : at(batch.addresses, batch.remoteAddress[row]! - 1, 'remote_address');
  const resolved = detail?.resolvedAddresses ?? [];
  return {
    timings: {
      dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs,
      totalUs: dnsUs + connectUs + tlsUs + sendUs + firstByteUs + dataUs,
      idleUs: batch.idleUs[row]!,
    },
    failure: failure?.phase === 'assert' ? null : failure,
    established: (batch.flags[row]! & FLAG_ESTABLISHED) !== 0,
    resolvedAddresses: resolved.length > 0 ? resolved : remoteAddress === null ? [] : [remoteAddress],
    remoteAddress,
    localAddress: batch.localAddress[row] === 0 ? null : at(batch.addresses, batch.localAddress[row]! - 1, 'local_address'),
    bytesSent: batch.bytesSent[row]!,
    bytesReceived: Number(batch.bytesReceived[row]!),
    response: batch.response[row]!,
    stopReason: stopFromWire(batch.stopReason[row]!),
    tls: detail?.tls ? tlsFromWire(detail.tls) : null,
    steps: detail?.steps.map((step) => ({ ...step, kind: step.kind as StepReport['kind'] })) ?? [],
    captures: detail?.captures ?? {},
    ...(batch.synRetransmits[row] === 0 ? {} : { synRetransmits: batch.synRetransmits[row]! - 1 }),
    clock: (batch.flags[row]! & FLAG_KERNEL_CLOCK) !== 0 || detail?.kernelClock ? 'kernel' : 'user',
    uncertaintyUs: batch.uncertaintyUs[row]!,
    loopDelayUs: batch.loopDelayUs[row]!,
  };
}

function tlsFromWire(tls: pb.TlsFacts): ProbeReport['tls'] {
  return {
    ...tls,
    alpn: tls.alpn ?? null,
    alert: tls.alert ?? null,
    notBeforeMs: Number(tls.notBeforeMs),
    notAfterMs: Number(tls.notAfterMs),
    chainNotAfterMs: Number(tls.chainNotAfterMs),
  };
}

/** A phase or code this build does not know is a newer agent's: kept as it is told. */
function failureFromWire(failure: pb.FailureRef): Failure {
  const base = { phase: failure.phase as FailurePhase, code: failure.code as FailureCode, message: failure.message };
  return failure.step === 0 ? base : { ...base, step: failure.step - 1 };
}

const ROW_COLUMNS = [
  'check', 'remoteAddress', 'localAddress', 'synRetransmits', 'failure', 'dueAtMs', 'trigger', 'attempt', 'isFinal', 'outcome', 'flags', 'startedAfterDueUs', 'latenessUs',
  'clockOffsetUs', 'clockErrorUs', 'dnsUs', 'connectUs', 'tlsUs', 'sendUs', 'firstByteUs', 'dataUs', 'idleUs', 'bytesSent', 'bytesReceived',
  'response', 'stopReason', 'uncertaintyUs', 'loopDelayUs', 'assertionCount',
] as const;

function mustFit(batch: pb.ResultBatch): void {
  const odd = ROW_COLUMNS.filter((column) => batch[column].length !== batch.count);
  if (batch.runIds.length !== batch.count * 16) odd.push('check');
  if (odd.length > 0) throw new WireError(`a batch of ${batch.count} rows has columns of other lengths: ${odd.join(', ')}`);
  if (batch.detailRow.length !== batch.detail.length) throw new WireError('details and their rows differ in number');
}

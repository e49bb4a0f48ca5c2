/** How an attempt becomes a row, and a row an attempt. The only place that knows both. */
import { isDeepStrictEqual } from 'node:util';
import type { Selectable } from 'kysely';
import type { Failure, FailureCode, FailurePhase } from '#shared/run/failure.ts';
import type { ProbeReport, StepReport, StopReason, TlsFacts } from '#shared/run/report.ts';
import type { AssertionResult, AttemptResult, Outcome, Trigger } from '#shared/run/result.ts';
import type { IngestRow } from '../pipeline/ports.ts';
import type { ArrayColumn } from './binary-arrays.ts';
import type { ResultRow } from './schema.ts';

export type IngestResult = Extract<IngestRow, { kind: 'result' }>;

type Column = ArrayColumn<IngestResult> & { readonly name: keyof ResultRow };

/** The columns that ingest fills, in the order of its parameters. */
export const RESULT_COLUMNS: readonly Column[] = [
  { name: 'account_id', type: 'uuid', of: (row) => row.accountId },
  { name: 'due_at', type: 'timestamptz', of: ({ result }) => result.dueAtMs },
  { name: 'run_id', type: 'uuid', of: ({ result }) => result.runId },
  { name: 'attempt', type: 'int2', of: ({ result }) => result.attempt },
  { name: 'check_id', type: 'uuid', of: ({ result }) => result.checkId },
  { name: 'check_revision', type: 'int4', of: ({ result }) => result.checkRevision },
  { name: 'location_owed', type: 'uuid', of: ({ result }) => result.locationOwed },
  { name: 'location_executed', type: 'uuid', of: ({ result }) => result.locationExecuted },
  { name: 'agent_id', type: 'uuid', of: (row) => row.agentId },
  { name: 'started_at', type: 'timestamptz', of: ({ result }) => result.startedAtMs },
  { name: 'lateness_us', type: 'int8', of: ({ result }) => result.latenessUs },
  { name: 'clock_offset_us', type: 'int8', of: ({ result }) => result.clockOffsetUs },
  { name: 'clock_error_us', type: 'int8', of: ({ result }) => result.clockErrorUs },
  { name: 'dns_us', type: 'int4', of: ({ result }) => result.report.timings.dnsUs },
  { name: 'connect_us', type: 'int4', of: ({ result }) => result.report.timings.connectUs },
  { name: 'tls_us', type: 'int4', of: ({ result }) => result.report.timings.tlsUs },
  { name: 'send_us', type: 'int4', of: ({ result }) => result.report.timings.sendUs },
  { name: 'first_byte_us', type: 'int4', of: ({ result }) => result.report.timings.firstByteUs },
  { name: 'data_us', type: 'int4', of: ({ result }) => result.report.timings.dataUs },
  { name: 'total_us', type: 'int4', of: ({ result }) => result.report.timings.totalUs },
  { name: 'idle_us', type: 'int4', of: ({ result }) => result.report.timings.idleUs },
  { name: 'bytes_sent', type: 'int4', of: ({ result }) => result.report.bytesSent },
  { name: 'bytes_received', type: 'int8', of: ({ result }) => result.report.bytesReceived },
  { name: 'uncertainty_us', type: 'int4', of: ({ result }) => result.report.uncertaintyUs },
  { name: 'loop_delay_us', type: 'int4', of: ({ result }) => result.report.loopDelayUs },
  { name: 'syn_retransmits', type: 'int2', of: ({ result }) => result.report.synRetransmits ?? null },
  { name: 'is_final', type: 'bool', of: ({ result }) => result.isFinal },
  { name: 'is_surplus', type: 'bool', of: (row) => row.isSurplus },
  { name: 'over_max_response_time', type: 'bool', of: ({ result }) => result.overMaxResponseTime },
  { name: 'established', type: 'bool', of: ({ result }) => result.report.established },
  { name: 'trigger', type: 'text', of: ({ result }) => result.trigger },
  { name: 'outcome', type: 'text', of: ({ result }) => result.outcome },
  { name: 'stop_reason', type: 'text', of: ({ result }) => result.report.stopReason },
  { name: 'clock', type: 'text', of: ({ result }) => result.report.clock },
  { name: 'failure_phase', type: 'text', of: ({ result }) => result.failure?.phase ?? null },
  { name: 'failure_code', type: 'text', of: ({ result }) => result.failure?.code ?? null },
  { name: 'failure_message', type: 'text', of: ({ result }) => result.failure?.message ?? null },
  { name: 'failure_step', type: 'int2', of: ({ result }) => result.failure?.step ?? null },
  { name: 'remote_address', type: 'text', of: ({ result }) => result.report.remoteAddress },
  { name: 'local_address', type: 'text', of: ({ result }) => result.report.localAddress },
  { name: 'response', type: 'bytea', of: ({ result }) => (result.report.response.length === 0 ? null : result.report.response) },
  { name: 'assertions', type: 'json', of: ({ result }) => (result.assertions.length === 0 ? null : result.assertions) },
  { name: 'details', type: 'json', of: ({ result }) => detailsOf(result) },
];

/** What most attempts do not have; left out where it says nothing. */
type Details = {
  /** Left out: the remote address alone, or none without one. */
  readonly addresses?: readonly string[];
  readonly tls?: TlsFacts;
  readonly steps?: readonly StepReport[];
  readonly captures?: Readonly<Record<string, string>>;
  /** Left out: that of the judgement. */
  readonly reportFailure?: Failure | null;
};

/** Null for what is like most. */
export function detailsOf({ report, failure }: AttemptResult): Details | null {
  const hasUsualAddresses = report.remoteAddress === null
    ? report.resolvedAddresses.length === 0
    : report.resolvedAddresses.length === 1 && report.resolvedAddresses[0] === report.remoteAddress;
  const hasOtherFailure = report.failure !== failure && !isDeepStrictEqual(report.failure, failure);
  if (hasUsualAddresses && !hasOtherFailure && report.tls === null && report.steps.length === 0 && !hasAny(report.captures)) return null;
  return {
    ...(hasUsualAddresses ? {} : { addresses: report.resolvedAddresses }),
    ...(report.tls ? { tls: report.tls } : {}),
    ...(report.steps.length > 0 ? { steps: report.steps } : {}),
    ...(hasAny(report.captures) ? { captures: report.captures } : {}),
    ...(hasOtherFailure ? { reportFailure: report.failure } : {}),
  };
}

function hasAny(record: object): boolean {
  for (const _key in record) return true;
  return false;
}

function usualAddresses(remoteAddress: string | null): readonly string[] {
  return remoteAddress === null ? [] : [remoteAddress];
}

export function toAttemptResult(row: Selectable<ResultRow>): AttemptResult {
  const failure = failureOf(row);
  return {
    runId: row.run_id, checkId: row.check_id, checkRevision: row.check_revision,
    locationOwed: row.location_owed, locationExecuted: row.location_executed,
    trigger: row.trigger as Trigger, dueAtMs: row.due_at, attempt: row.attempt, isFinal: row.is_final,
    startedAtMs: row.started_at, latenessUs: row.lateness_us, clockOffsetUs: row.clock_offset_us, clockErrorUs: row.clock_error_us,
    outcome: row.outcome as Outcome, failure, overMaxResponseTime: row.over_max_response_time,
    assertions: (row.assertions as readonly AssertionResult[] | null) ?? [],
    report: reportOf(row, failure),
  };
}

function reportOf(row: Selectable<ResultRow>, failure: Failure | null): ProbeReport {
  const details = (row.details as Details | null) ?? {};
  return {
    timings: {
      dnsUs: row.dns_us, connectUs: row.connect_us, tlsUs: row.tls_us, sendUs: row.send_us, firstByteUs: row.first_byte_us,
      dataUs: row.data_us, totalUs: row.total_us, idleUs: row.idle_us,
    },
    failure: details.reportFailure === undefined ? failure : details.reportFailure,
    established: row.established,
    resolvedAddresses: details.addresses ?? usualAddresses(row.remote_address),
    remoteAddress: row.remote_address, localAddress: row.local_address,
    bytesSent: row.bytes_sent, bytesReceived: row.bytes_received,
    response: row.response ?? new Uint8Array(),
    stopReason: row.stop_reason as StopReason,
    tls: details.tls ?? null, steps: details.steps ?? [], captures: details.captures ?? {},
    ...(row.syn_retransmits === null ? {} : { synRetransmits: row.syn_retransmits }),
    clock: row.clock as ProbeReport['clock'], uncertaintyUs: row.uncertainty_us, loopDelayUs: row.loop_delay_us,
  };
}

function failureOf(row: Selectable<ResultRow>): Failure | null {
  if (row.failure_phase === null || row.failure_code === null) return null;
  return {
    phase: row.failure_phase as FailurePhase, code: row.failure_code as FailureCode, message: row.failure_message ?? '',
    ...(row.failure_step === null ? {} : { step: row.failure_step }),
  };
}

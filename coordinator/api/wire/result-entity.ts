import type { Check } from '#shared/check/check.ts';
import type { TlsFacts } from '#shared/run/report.ts';
import type { AttemptResult, Outcome } from '#shared/run/result.ts';
import { timingPhasesMs } from '#shared/run/timings.ts';
import { isoOf } from './iso.ts';
import type { CheckResultWire } from './result-schema.ts';
import { responseEntity } from './response-entity.ts';

/** What one attempt is shown from: a stored one, or one that was made just now. */
export type ShownResult = AttemptResult & {
  readonly agentId: string;
  readonly isSurplus: boolean;
  readonly receivedAtMs: number;
  readonly locationOwedCode: string;
  readonly locationExecutedCode: string;
  /** The check at the result's revision. */
  readonly check: Check;
  /** A run of a definition that was not saved has no check to point to. */
  readonly isUnsaved?: boolean;
};

/** How much of the answer is shown, in bytes: all that is kept for one result, a glimpse in a list of a hundred. */
export const RESPONSE_BYTES_IN_ONE = 65_536;
export const RESPONSE_BYTES_IN_LIST = 4_096;

/** A result as the API shows it (checkly-api.md §5.1). Whole ms, as its clients decode integers; µs are in `timings`. */
export function resultEntity(result: ShownResult, responseBytesMax: number): CheckResultWire {
  const { timings } = result.report;
  const stoppedAtMs = result.startedAtMs + (timings.totalUs + timings.idleUs) / 1000;
  return {
    id: resultIdOf(result),
    name: result.check.name,
    checkId: result.isUnsaved ? null : result.checkId,
    ...flagsOf(result.outcome),
    isCancelled: false,
    overMaxResponseTime: result.overMaxResponseTime,
    runLocation: result.locationExecutedCode,
    startedAt: isoOf(result.startedAtMs),
    stoppedAt: isoOf(stoppedAtMs),
    created_at: isoOf(result.receivedAtMs),
    responseTime: Math.round(timings.totalUs / 1000),
    // All locations of a slot share its due instant, and it is unique within the check.
    checkRunId: Math.round(result.dueAtMs),
    attempts: result.attempt,
    resultType: result.isFinal ? 'FINAL' : 'ATTEMPT',
    sequenceId: result.runId,
    traceId: null,
    errorGroupIds: [],
    tcpCheckResult: tcpCheckResult(result, responseBytesMax),
  };
}

/** Failed is about the target; an agent's fault or a refusal by policy is an error and no verdict (rules.md 6). */
export function flagsOf(outcome: Outcome): { hasFailures: boolean; hasErrors: boolean; isDegraded: boolean } {
  return {
    hasFailures: outcome === 'failed',
    hasErrors: outcome === 'agent_fault' || outcome === 'egress_denied',
    isDegraded: outcome === 'degraded',
  };
}

/** The id of an attempt on the API: the run's for the final one, with the attempt's number behind for those before. */
export function resultIdOf(result: { readonly runId: string; readonly attempt: number; readonly isFinal: boolean }): string {
  return result.isFinal ? result.runId : `${result.runId}-${result.attempt}`;
}

/** The way back from `resultIdOf`; null when it is none. `attempt` null is the final one. */
export function parseResultId(id: string): { readonly runId: string; readonly attempt: number | null } | null {
  const match = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:-([1-9]\d{0,2}))?$/i.exec(id);
  if (!match?.[1]) return null;
  return { runId: match[1].toLowerCase(), attempt: match[2] === undefined ? null : Number(match[2]) };
}

function tcpCheckResult(result: ShownResult, responseBytesMax: number): CheckResultWire['tcpCheckResult'] {
  const { report } = result;
  const { request } = result.check;
  const { timings } = report;
  return {
    request: {
      hostname: request.hostname, port: request.port, ipFamily: request.ipFamily, data: request.data,
      dataFormat: request.dataFormat, sendAfter: request.sendAfter,
    },
    resolvedAddress: report.remoteAddress,
    resolvedAddresses: [...report.resolvedAddresses],
    localAddress: report.localAddress,
    established: report.established,
    bytesSent: report.bytesSent,
    bytesReceived: report.bytesReceived,
    response: responseEntity(report.response, report.bytesReceived, responseBytesMax),
    error: result.failure === null ? null : { ...result.failure },
    timings: {
      dns: timings.dnsUs, connect: timings.connectUs, tls: timings.tlsUs, send: timings.sendUs,
      firstByte: timings.firstByteUs, data: timings.dataUs, total: timings.totalUs, idle: timings.idleUs,
    },
    timingPhases: timingPhasesMs(timings),
    assertions: assertionEntities(result),
    stopReason: report.stopReason,
    steps: report.steps.map((step) => ({ ...step })),
    captures: { ...report.captures },
    tls: report.tls === null ? null : tlsEntity(report.tls),
    outcome: result.outcome,
    trigger: result.trigger,
    dueAt: isoOf(result.dueAtMs),
    startedAt: isoOf(result.startedAtMs),
    latenessUs: result.latenessUs,
    clock: {
      source: report.clock, uncertaintyUs: report.uncertaintyUs, offsetUs: result.clockOffsetUs,
      errorUs: result.clockErrorUs, loopDelayUs: report.loopDelayUs,
    },
    ...(report.synRetransmits === undefined ? {} : { synRetransmits: report.synRetransmits }),
    agentId: result.agentId,
    locations: { owed: result.locationOwedCode, executed: result.locationExecutedCode },
    checkRevision: result.isUnsaved ? null : result.checkRevision,
    isSurplus: result.isSurplus,
  };
}

/** The assertion of the check's revision and what was made of it; they belong together by index. */
function assertionEntities(result: ShownResult): CheckResultWire['tcpCheckResult']['assertions'] {
  return result.assertions.flatMap((judged, index) => {
    const assertion = result.check.request.assertions[index];
    if (!assertion) return [];
    const { source, property, comparison, target } = assertion;
    return [{
      source, property, comparison, target, regex: null, passed: judged.passed, actual: judged.actual,
      ...(judged.passed ? {} : { error: judged.error ?? 'the assertion failed' }),
    }];
  });
}

function tlsEntity(tls: TlsFacts): NonNullable<CheckResultWire['tcpCheckResult']['tls']> {
  const { notBeforeMs, notAfterMs, chainNotAfterMs, subjectAltNames, ...rest } = tls;
  return {
    ...rest, subjectAltNames: [...subjectAltNames],
    notBefore: isoOf(notBeforeMs), notAfter: isoOf(notAfterMs), chainNotAfter: isoOf(chainNotAfterMs),
  };
}

import type { CompiledAssertion } from '../assertion/compile.ts';
import { certificateDaysLeft, factsOf } from '../assertion/facts.ts';
import { judgeAssertion } from '../assertion/judge-assertion.ts';
import { AGENT_FAULT_CODES, FAILURE_CODES, type Failure, type FailureCode } from './failure.ts';
import type { ProbeSpec } from './probe-spec.ts';
import type { ProbeReport } from './report.ts';
import type { AssertionResult, Judgement } from './result.ts';

export type JudgeContext = {
  /** For the days left on certificates; ms since the epoch. */
  readonly nowMs: number;
  /** Is the agent believed to be cut off itself? (rules.md 22) */
  readonly impaired: boolean;
};

/**
 * What a report means, in the order of product.md §2 (rules.md 14–16): agent's fault, egress, shouldFail,
 * connection, assertions, the response-time limits. All assertions are judged wherever there was something to look
 * at, so that every result can be shown: of a connection that never came about there is nothing to say but that,
 * except that a check which should fail may assert on how it does.
 */
export function judgeAttempt(
  spec: ProbeSpec,
  assertions: readonly CompiledAssertion[],
  report: ProbeReport,
  context: JudgeContext,
): Judgement {
  const { failure } = report;
  if (failure !== null && AGENT_FAULT_CODES.has(failure.code)) return neutral('agent_fault', failure);
  if (failure?.code === 'ERR_EGRESS_DENIED') return neutral('egress_denied', failure);

  const isNothingSeen = failure !== null && report.tls === null && BEFORE_DATA.has(failure.phase);
  if (isNothingSeen && !spec.shouldFail) return { outcome: 'failed', failure, overMaxResponseTime: isOverLimit(spec, report), assertions: [] };
  const facts = factsOf(report, context.nowMs);
  const judged = assertions.map((assertion) => judgeAssertion(assertion, facts));
  const attempt: Attempt = { spec, report, assertions, judged, over: isOverLimit(spec, report) };
  if (spec.shouldFail) return judgeShouldFail(attempt, context);
  if (failure !== null) return failed(attempt, failure);
  return failedAssertion(attempt) ?? judgeTimes(attempt, context);
}

/** Before these are over no data is asked for. */
const BEFORE_DATA: ReadonlySet<Failure['phase']> = new Set(['resolve', 'connect', 'tls']);

type Attempt = {
  readonly spec: ProbeSpec;
  readonly report: ProbeReport;
  readonly assertions: readonly CompiledAssertion[];
  readonly judged: readonly AssertionResult[];
  readonly over: boolean;
};

/** A failed connection: the codes that the target or the network answers a connection with (rules.md 15). */
const FAILED_CONNECTION_CODES: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'SOCKET_TIMEOUT',
]);
/** Those that an agent which is cut off would see as well. */
const SILENT_CODES: ReadonlySet<FailureCode> = new Set<FailureCode>(['EHOSTUNREACH', 'ENETUNREACH', 'SOCKET_TIMEOUT']);

function judgeShouldFail(attempt: Attempt, { impaired }: JudgeContext): Judgement {
  const { report, spec, judged } = attempt;
  const { failure } = report;
  if (report.established || failure === null) {
    const message = `a connection to ${targetOf(spec)} was established, but this request should fail`;
    return failed(attempt, { phase: 'connect', code: 'ERR_SHOULD_FAIL_CONNECTED', message });
  }
  if (failure.phase !== 'connect' || !FAILED_CONNECTION_CODES.has(failure.code)) return failed(attempt, failure);
  const byAssertion = failedAssertion({ ...attempt, over: false });
  if (byAssertion !== null) return byAssertion;
  if (impaired && SILENT_CODES.has(failure.code)) {
    const message = `${targetOf(spec)}: ${FAILURE_CODES[failure.code]}, as wanted, but the agent itself appears to be cut off, so this proves nothing about the target`;
    return neutral('agent_fault', { ...failure, message });
  }
  return { outcome: 'passed', failure, overMaxResponseTime: false, assertions: judged };
}

function judgeTimes(attempt: Attempt, { nowMs }: JudgeContext): Judgement {
  const { spec, report, judged } = attempt;
  const totalMs = report.timings.totalUs / 1000;
  if (totalMs > spec.maxResponseTimeMs) {
    const message = `${targetOf(spec)} took ${totalMs} ms, the limit is ${spec.maxResponseTimeMs} ms`;
    return failed(attempt, { phase: 'assert', code: 'ERR_MAX_RESPONSE_TIME', message });
  }
  const daysWanted = spec.tls?.degradedDaysLeft ?? null;
  const expiresSoon = daysWanted !== null && report.tls !== null
    && certificateDaysLeft(report.tls.chainNotAfterMs, nowMs) < daysWanted;
  const isSlow = totalMs > spec.degradedResponseTimeMs;
  return { outcome: isSlow || expiresSoon ? 'degraded' : 'passed', failure: null, overMaxResponseTime: false, assertions: judged };
}

/** null when all hold. */
function failedAssertion(attempt: Attempt): Judgement | null {
  const { assertions, judged, report, spec } = attempt;
  const failing = judged.filter((result) => !result.passed);
  const [first] = failing;
  if (first === undefined) return null;
  const count = judged.length === 1 ? 'the assertion fails' : `${failing.length} of ${judged.length} assertions fail`;
  const waitedInVain = report.stopReason === 'deadline' && report.bytesReceived === 0
    && judged.some((result, index) => !result.passed && assertions[index]?.assertion.source === 'RESPONSE_DATA');
  if (waitedInVain) {
    // Nothing came at all: that is the phase's timeout (rules.md 14), not something the target said wrong.
    const message = `${targetOf(spec)} sent nothing within ${spec.maxResponseTimeMs} ms; ${count}`;
    return failed(attempt, { phase: 'read', code: 'SOCKET_TIMEOUT', message });
  }
  const reason = first.error ?? 'it does not hold';
  const message = failing.length === 1 ? `${count}: ${reason}` : `${count}; the first: ${reason}`;
  return failed(attempt, { phase: 'assert', code: 'ERR_ASSERTION', message });
}

/** Strictly over the limit, or stopped by it (rules.md 14); a name server may also time out before the deadline. */
function isOverLimit(spec: ProbeSpec, { timings, stopReason, failure }: ProbeReport): boolean {
  const totalMs = timings.totalUs / 1000;
  if (totalMs > spec.maxResponseTimeMs || stopReason === 'deadline' || failure?.code === 'SOCKET_TIMEOUT') return true;
  return failure?.code === 'ETIMEOUT' && totalMs >= spec.maxResponseTimeMs;
}

function failed(attempt: Attempt, failure: Failure): Judgement {
  return { outcome: 'failed', failure, overMaxResponseTime: attempt.over, assertions: attempt.judged };
}

/** Fills the slot without a verdict about the target (rules.md 6). */
function neutral(outcome: 'agent_fault' | 'egress_denied', failure: Failure): Judgement {
  return { outcome, failure, overMaxResponseTime: false, assertions: [] };
}

function targetOf(spec: ProbeSpec): string {
  return spec.hostname.includes(':') ? `[${spec.hostname}]:${spec.port}` : `${spec.hostname}:${spec.port}`;
}

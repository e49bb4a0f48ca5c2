import type { Failure } from '#shared/run/failure.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { Judgement } from '#shared/run/result.ts';
import { NO_TIME } from '#shared/run/timings.ts';

/** What one attempt saw and what it means. */
export type SeenAttempt = { readonly report: ProbeReport } & Judgement;

/**
 * An attempt has one deadline, so one that came back long after it was not timed by a running process: the agent
 * was stopped or the machine asleep, and what looks like a timeout is no verdict about the target (F20). A clean
 * pass stays one. `elapsedMs` is monotonic, around the whole attempt.
 */
export function settleAttempt(seen: SeenAttempt, spec: ProbeSpec, elapsedMs: number): SeenAttempt {
  const isVerdictOfTime = seen.outcome === 'failed' || seen.outcome === 'degraded' || (seen.outcome === 'passed' && seen.failure !== null);
  if (!isVerdictOfTime || elapsedMs <= spec.maxResponseTimeMs + OVERRUN_MS_MAX) return seen;
  return asAgentFault(seen.report, {
    phase: seen.failure?.phase ?? 'read',
    code: 'ERR_SUSPENDED',
    message: `the agent was suspended while it probed ${spec.hostname}:${spec.port}: the attempt took ${Math.round(elapsedMs)} ms, its limit is ${spec.maxResponseTimeMs} ms`,
  });
}

/** An attempt that started is a result (rules.md 6), also when the agent gave it up or broke on it. */
export function faultOf(spec: ProbeSpec, why: keyof typeof FAULTS): SeenAttempt {
  return asAgentFault(NOTHING_SEEN, { phase: 'connect', code: 'ERR_AGENT_INTERNAL', message: `probing ${spec.hostname}:${spec.port}: ${FAULTS[why]}` });
}

const FAULTS = {
  stopping: 'the agent was stopped before the answer came',
  broken: 'the agent had an error of its own; see its log',
  lost: "the agent's probing thread died before the run was over; see its log",
} as const;

/** The agent's file does not have what the check names, or has it for other targets. */
export function secretMissing(spec: ProbeSpec, problem: string): SeenAttempt {
  return asAgentFault(NOTHING_SEEN, { phase: 'resolve', code: 'ERR_AGENT_SECRET', message: `probing ${spec.hostname}:${spec.port}: ${problem}` });
}

function asAgentFault(report: ProbeReport, failure: Failure): SeenAttempt {
  return { report, outcome: 'agent_fault', failure, overMaxResponseTime: false, assertions: [] };
}

/** Judging, a busy event loop (F26) and a deadline timer's own lateness stay well below. */
const OVERRUN_MS_MAX = 2_000;

const NOTHING_SEEN: ProbeReport = {
  timings: NO_TIME, failure: null, established: false, resolvedAddresses: [], remoteAddress: null, localAddress: null,
  bytesSent: 0, bytesReceived: 0, response: new Uint8Array(), stopReason: 'failed', tls: null, steps: [], captures: {},
  clock: 'user', uncertaintyUs: 0, loopDelayUs: 0,
};

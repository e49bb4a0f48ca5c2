import { FAILURE_CODES, type Failure, type FailureCode, type FailurePhase } from '#shared/run/failure.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { Attempt, Stop } from './attempt.ts';
import type { Trouble } from './engine/engine.ts';

export type FailureFacts = {
  readonly phase: FailurePhase;
  readonly code: FailureCode;
  /** What was being done, when it is not simply the phase. */
  readonly doing?: string;
  /** What else there is to say, after the code's sentence. */
  readonly detail?: string;
  readonly step?: number | undefined;
  readonly stopReason?: 'failed' | 'deadline';
};

/** Ends an attempt with a failure: what was being done, to what, what happened. */
export function failing(attempt: Attempt, facts: FailureFacts): Stop {
  const doing = facts.doing ?? doingOf(facts.phase, attempt);
  const where = facts.step === undefined ? doing : `step ${facts.step + 1}: ${doing}`;
  const failure: Failure = {
    phase: facts.phase,
    code: facts.code,
    message: `${where}: ${FAILURE_CODES[facts.code]}${facts.detail ? `; ${facts.detail}` : ''}`,
    ...(facts.step === undefined ? {} : { step: facts.step }),
  };
  return { stopReason: facts.stopReason ?? 'failed', failure };
}

/** Ends an attempt with what an engine met. A TLS alert is TLS', whenever it comes; running into the deadline is the phase's timeout (rules.md 14). */
export function failingBy(trouble: Trouble, attempt: Attempt, facts: Omit<FailureFacts, 'code' | 'stopReason'>): Stop {
  switch (trouble.kind) {
    case 'timeout':
      return failing(attempt, { ...facts, code: 'SOCKET_TIMEOUT', stopReason: 'deadline', detail: joined(`${attempt.spec.maxResponseTimeMs} ms`, facts.detail) });
    case 'cancelled':
      return failing(attempt, { ...facts, code: 'ERR_AGENT_INTERNAL', detail: 'the attempt was cancelled' });
    case 'failed': {
      const isTls = trouble.code.startsWith('ERR_TLS_');
      if (isTls && attempt.tls !== null) attempt.tls = { ...attempt.tls, alert: trouble.alert };
      const detail = joined(trouble.detail === trouble.code ? '' : trouble.detail, facts.detail);
      return failing(attempt, { ...facts, phase: isTls ? 'tls' : facts.phase, code: trouble.code, detail });
    }
  }
}

export function targetOf({ hostname, port }: Pick<ProbeSpec, 'hostname' | 'port'>): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

function doingOf(phase: FailurePhase, { spec, remoteAddress }: Attempt): string {
  const target = remoteAddress === null || remoteAddress === spec.hostname ? targetOf(spec) : `${targetOf(spec)} (${remoteAddress})`;
  switch (phase) {
    case 'resolve': return `resolving ${spec.hostname}`;
    case 'connect': return `connecting to ${target}`;
    case 'tls': return `TLS handshake with ${target}`;
    case 'send': return `sending to ${target}`;
    case 'read': return `reading from ${target}`;
    case 'assert': return `judging ${target}`;
  }
}

function joined(first: string, second: string | undefined): string {
  return [first, second ?? ''].filter((part) => part !== '').join('; ');
}

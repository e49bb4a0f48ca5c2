import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { StopReason } from '../run/report.ts';
import type { Outcome } from '../run/result.ts';
import { UnknownValueError } from './wire-error.ts';

/** Bits of a row's `flags`. */
export const FLAG_OVER_MAX = 1;
export const FLAG_ESTABLISHED = 2;
export const FLAG_KERNEL_CLOCK = 4;

export const OUTCOME_TO_WIRE: Readonly<Record<Outcome, pb.OutcomeCode>> = {
  passed: 'OUTCOME_CODE_PASSED', degraded: 'OUTCOME_CODE_DEGRADED', failed: 'OUTCOME_CODE_FAILED',
  agent_fault: 'OUTCOME_CODE_AGENT_FAULT', egress_denied: 'OUTCOME_CODE_EGRESS_DENIED',
};

export function outcomeFromWire(code: pb.OutcomeCode): Outcome {
  switch (code) {
    case 'OUTCOME_CODE_PASSED': return 'passed';
    case 'OUTCOME_CODE_DEGRADED': return 'degraded';
    case 'OUTCOME_CODE_FAILED': return 'failed';
    case 'OUTCOME_CODE_AGENT_FAULT': return 'agent_fault';
    case 'OUTCOME_CODE_EGRESS_DENIED': return 'egress_denied';
    case 'OUTCOME_CODE_UNSPECIFIED':
    case 'UNRECOGNIZED': throw new UnknownValueError('an outcome that is not known here');
  }
}

export const STOP_TO_WIRE: Readonly<Record<StopReason, pb.StopCode>> = {
  not_read: 'STOP_CODE_NOT_READ', decided: 'STOP_CODE_DECIDED', closed: 'STOP_CODE_CLOSED', end_of_answer: 'STOP_CODE_END_OF_ANSWER',
  bytes: 'STOP_CODE_BYTES', deadline: 'STOP_CODE_DEADLINE', failed: 'STOP_CODE_FAILED',
};

export function stopFromWire(code: pb.StopCode): StopReason {
  switch (code) {
    case 'STOP_CODE_NOT_READ': return 'not_read';
    case 'STOP_CODE_DECIDED': return 'decided';
    case 'STOP_CODE_CLOSED': return 'closed';
    case 'STOP_CODE_END_OF_ANSWER': return 'end_of_answer';
    case 'STOP_CODE_BYTES': return 'bytes';
    case 'STOP_CODE_DEADLINE': return 'deadline';
    case 'STOP_CODE_FAILED': return 'failed';
    case 'STOP_CODE_UNSPECIFIED':
    case 'UNRECOGNIZED': throw new UnknownValueError('a stop reason that is not known here');
  }
}

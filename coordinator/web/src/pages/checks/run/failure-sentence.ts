import { durationText } from '../../../parts/ago-text.ts';
import type { ResultWire } from '../wire.ts';
import { sizeText } from './bytes.ts';

type Seen = ResultWire['tcpCheckResult'];

const STEP_NAMES: Readonly<Record<string, string>> = {
  resolve: 'Resolving the name', connect: 'Connecting', tls: 'The TLS handshake', send: 'Sending', read: 'Reading the answer', assert: 'Judging the answer',
};

/** Which step failed, why, and what had been received until then; null when nothing failed. */
export function failureSentence(seen: Seen): string | null {
  const { error, outcome } = seen;
  if (error === null) return outcome === 'failed' ? `The attempt failed; ${untilThen(seen)}.` : null;
  const step = STEP_NAMES[error.phase] ?? error.phase;
  const which = error.step === undefined ? '' : ` (step ${error.step + 1} of the dialogue)`;
  return `${step}${which} failed: ${error.message.replace(/\.$/, '')}; ${untilThen(seen)}.`;
}

/** A refused connection is what a check that should fail waits for. */
export function isExpectedFailure({ outcome, error }: Seen): boolean {
  return error !== null && (outcome === 'passed' || outcome === 'degraded');
}

function untilThen({ established, resolvedAddress, timings, bytesReceived, tls, error }: Seen): string {
  const received = bytesReceived === 0 ? 'no byte had been received' : `${sizeText(bytesReceived)} had been received`;
  if (!established) {
    if (resolvedAddress === null || error?.phase === 'resolve') return `it ended after ${durationText(timings.total)}, before any connection`;
    return `it ended after ${durationText(timings.total)}, without a connection to ${resolvedAddress}`;
  }
  const secured = tls === null || error?.phase === 'tls' ? '' : `, ${tls.version} in ${durationText(timings.tls)}`;
  return `until then: connected to ${resolvedAddress ?? 'the target'} in ${durationText(timings.connect)}${secured}, and ${received}`;
}

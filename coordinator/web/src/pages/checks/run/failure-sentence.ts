import { failureWords } from '#shared/run/failure-words.ts';
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
  if (error === null) return outcome === 'failed' ? `The attempt failed; ${untilThen(seen, false)}.` : null;
  const { doing, what } = failureWords(error);
  const which = error.step === undefined || doing !== null ? '' : ` (step ${error.step + 1} of the dialogue)`;
  const step = doing === null ? STEP_NAMES[error.phase] ?? error.phase : `${doing.charAt(0).toUpperCase()}${doing.slice(1)}`;
  return `${step}${which} failed: ${what.replace(/\.$/, '')}; ${untilThen(seen, doing !== null)}.`;
}

/** A refused connection is what a check that should fail waits for. */
export function isExpectedFailure({ outcome, error }: Seen): boolean {
  return error !== null && (outcome === 'passed' || outcome === 'degraded');
}

/** `isPlaced`: the address has been said. */
function untilThen({ established, resolvedAddress, timings, bytesReceived, tls, error }: Seen, isPlaced: boolean): string {
  const received = bytesReceived === 0 ? 'no byte had been received' : `${sizeText(bytesReceived)} had been received`;
  if (!established) {
    if (resolvedAddress === null || error?.phase === 'resolve') return `it ended after ${durationText(timings.total)}, before any connection`;
    return `it ended after ${durationText(timings.total)}${isPlaced ? '' : `, without a connection to ${resolvedAddress}`}`;
  }
  const secured = tls === null || error?.phase === 'tls' ? '' : `, ${tls.version} in ${durationText(timings.tls)}`;
  return `until then: connected to ${resolvedAddress ?? 'the target'} in ${durationText(timings.connect)}${secured}, and ${received}`;
}

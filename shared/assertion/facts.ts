import type { AssertionSource } from '../check/check.ts';
import type { ProbeReport } from '../run/report.ts';
import { responseText } from './response-text.ts';

/** What assertions look at: each source's value as text, '' where there is none. */
export type AssertionFacts = Readonly<Record<AssertionSource, string>>;

const DAY_MS = 86_400_000;

/** Times are ms with µs as decimals; a phase that no target had part in (TLS without TLS) has no value, not zero. */
export function factsOf(report: ProbeReport, nowMs: number): AssertionFacts {
  const { timings } = report;
  return {
    RESPONSE_DATA: responseText(report.response),
    RESPONSE_TIME: ms(timings.totalUs),
    DNS_TIME: ms(timings.dnsUs),
    CONNECT_TIME: ms(timings.connectUs),
    TLS_TIME: report.tls === null && timings.tlsUs === 0 ? '' : ms(timings.tlsUs),
    FIRST_BYTE_TIME: report.bytesReceived === 0 ? '' : ms(timings.firstByteUs),
    RESOLVED_ADDRESS: report.remoteAddress ?? report.resolvedAddresses[0] ?? '',
    FAILURE_CODE: report.failure?.code ?? '',
    CERTIFICATE_DAYS_LEFT: report.tls === null ? '' : String(certificateDaysLeft(report.tls.chainNotAfterMs, nowMs)),
  };
}

/** Whole days until the chain's earliest expiry; negative once it has passed. */
export function certificateDaysLeft(chainNotAfterMs: number, nowMs: number): number {
  return Math.floor((chainNotAfterMs - nowMs) / DAY_MS);
}

function ms(us: number): string {
  return String(us / 1000);
}

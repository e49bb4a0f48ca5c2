import type { AssertionSource } from '../check/check.ts';
import type { ProbeReport } from '../run/report.ts';
import { responseText } from './response-text.ts';

/** What assertions look at: each source's value as text, '' where there is none. */
export type AssertionFacts = Readonly<Record<AssertionSource, string>>;

const DAY_MS = 86_400_000;

/** Times are ms with µs as decimals; a phase that no target had part in (TLS without TLS) has no value, not zero. */
export function factsOf(report: ProbeReport, nowMs: number): AssertionFacts {
  return new Facts(report, nowMs);
}

/** Each is written out when it is asked for: a check asserts on one or two of them. */
class Facts implements AssertionFacts {
  readonly #report: ProbeReport;
  readonly #nowMs: number;

  constructor(report: ProbeReport, nowMs: number) {
    this.#report = report;
    this.#nowMs = nowMs;
  }

  get RESPONSE_DATA(): string { return responseText(this.#report.response); }
  get RESPONSE_TIME(): string { return ms(this.#report.timings.totalUs); }
  get DNS_TIME(): string { return ms(this.#report.timings.dnsUs); }
  get CONNECT_TIME(): string { return ms(this.#report.timings.connectUs); }
  get FAILURE_CODE(): string { return this.#report.failure?.code ?? ''; }

  get TLS_TIME(): string {
    const { tls, timings } = this.#report;
    return tls === null && timings.tlsUs === 0 ? '' : ms(timings.tlsUs);
  }

  get FIRST_BYTE_TIME(): string {
    const { bytesReceived, timings } = this.#report;
    return bytesReceived === 0 ? '' : ms(timings.firstByteUs);
  }

  get RESOLVED_ADDRESS(): string {
    const { remoteAddress, resolvedAddresses } = this.#report;
    return remoteAddress ?? resolvedAddresses[0] ?? '';
  }

  get CERTIFICATE_DAYS_LEFT(): string {
    const { tls } = this.#report;
    return tls === null ? '' : String(certificateDaysLeft(tls.chainNotAfterMs, this.#nowMs));
  }
}

/** Whole days until the chain's earliest expiry; negative once it has passed. */
export function certificateDaysLeft(chainNotAfterMs: number, nowMs: number): number {
  return Math.floor((chainNotAfterMs - nowMs) / DAY_MS);
}

function ms(us: number): string {
  return String(us / 1000);
}

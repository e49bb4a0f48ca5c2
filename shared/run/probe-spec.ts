import type { Assertion, IpFamily, Step, TlsSettings } from '../check/check.ts';

/** What an agent needs to know to make one attempt: a check's request without its schedule. */
export type ProbeSpec = {
  readonly hostname: string;
  readonly port: number;
  readonly ipFamily: IpFamily;
  /** The exact bytes to send; null sends nothing. */
  readonly payload: Uint8Array | null;
  readonly sendAfter: 'connect' | 'banner';
  /** A dialogue instead of `payload`; empty when there is none. */
  readonly steps: readonly Step[];
  readonly tls: TlsSettings | null;
  readonly readMaxBytes: number;
  readonly idleMs: number;
  readonly sourceAddress: string | null;
  readonly dnsServer: string | null;
  readonly assertions: readonly Assertion[];
  readonly shouldFail: boolean;
  readonly degradedResponseTimeMs: number;
  readonly maxResponseTimeMs: number;
  /** Values within it that no report may show; left out: none. */
  readonly secrets?: readonly string[];
};

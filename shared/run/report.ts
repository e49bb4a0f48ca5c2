import type { Failure } from './failure.ts';
import type { Timings } from './timings.ts';

/** Why reading ended (rules.md 11, 12). */
export const STOP_REASONS = ['not_read', 'decided', 'closed', 'end_of_answer', 'bytes', 'deadline', 'failed'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** What one probe saw, before judgement. A probe never throws: failure is data. */
export type ProbeReport = {
  readonly timings: Timings;
  /** What went wrong up to reading; null when the exchange came to its end. */
  readonly failure: Failure | null;
  /** Was a TCP connection established? Decides `shouldFail` (rules.md 15). */
  readonly established: boolean;
  /** All addresses the name resolved to; the first was dialled (rules.md 16). */
  readonly resolvedAddresses: readonly string[];
  /** The literal that was dialled; null when it did not come to that. */
  readonly remoteAddress: string | null;
  readonly localAddress: string | null;
  readonly bytesSent: number;
  /** All bytes received; `response` holds them up to the read limit. */
  readonly bytesReceived: number;
  readonly response: Uint8Array;
  readonly stopReason: StopReason;
  readonly tls: TlsFacts | null;
  readonly steps: readonly StepReport[];
  /** Values of named captures of the dialogue, in order of capture. */
  readonly captures: Readonly<Record<string, string>>;
  /** Retransmitted SYNs where the kernel tells; absent where it does not, never invented. */
  readonly synRetransmits?: number;
  /** Which clock made the times, and how wrong they may be. */
  readonly clock: 'user' | 'kernel';
  readonly uncertaintyUs: number;
  /** The longest the event loop was late during the probe. */
  readonly loopDelayUs: number;
};

export type StepReport = {
  readonly kind: 'expect' | 'send' | 'startTls';
  /** From the start of the step to its end. */
  readonly us: number;
  readonly ok: boolean;
  /** expect: the matched text (bounded); send: bytes sent, as text. */
  readonly detail: string;
};

export type TlsFacts = {
  readonly version: string;
  readonly cipher: string;
  readonly alpn: string | null;
  readonly authorized: boolean;
  /** The alert the other side sent, if it did. */
  readonly alert: string | null;
  readonly subject: string;
  readonly issuer: string;
  readonly subjectAltNames: readonly string[];
  readonly serialNumber: string;
  readonly fingerprint256: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** The earliest expiry of the whole chain. */
  readonly chainNotAfterMs: number;
};

import { boundedText } from '#shared/assertion/bounded-text.ts';
import { DataAssertions } from '#shared/assertion/standing.ts';
import type { CompiledAssertion } from '#shared/assertion/compile.ts';
import type { Failure, FailurePhase } from '#shared/run/failure.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport, StepReport, StopReason, TlsFacts } from '#shared/run/report.ts';
import { INLINE_STEPS_MAX, type PatternWork } from './pattern-work.ts';
import { ReceivedBytes } from './received-bytes.ts';
import { Stopwatch } from './stopwatch.ts';

/** The end of an attempt. */
export type Stop = { readonly stopReason: StopReason; readonly failure: Failure | null };

/** How well the instants of an attempt can be trusted. */
export type Trust = Pick<ProbeReport, 'clock' | 'uncertaintyUs' | 'loopDelayUs'>;

/** rules.md 11: silence that ends the wait for an answer that has not begun. */
export const SILENCE_US = 1_000_000;

/** How far the instants of a send and of an arrival may be off against each other: what came longer before cannot be its answer. */
const SENT_SLACK_US = 100;

/**
 * What one attempt has seen so far. The stages of the probe write into it in their order (resolve, connect, tls,
 * dialogue or payload, answer); whatever ends the attempt, the report is made of what is here.
 */
export class Attempt {
  readonly spec: ProbeSpec;
  readonly startedUs: number;
  /** One deadline for everything, never reset (rules.md 14). */
  readonly deadlineUs: number;
  readonly stopwatch: Stopwatch;
  readonly received: ReceivedBytes;
  readonly data: DataAssertions;
  readonly patternWork: PatternWork | null;
  /** The stage under way; where a failure of its own kind would be booked. */
  phase: FailurePhase = 'resolve';
  established = false;
  resolvedAddresses: readonly string[] = [];
  remoteAddress: string | null = null;
  localAddress: string | null = null;
  synRetransmits: number | null = null;
  /** Whose clock timed the connection, and how far it may be off: without one, nobody but this thread. */
  clock: 'user' | 'kernel' = 'user';
  clockErrorUs = 0;
  connectUs = 0;
  bytesSent = 0;
  tls: TlsFacts | null = null;
  readonly steps: StepReport[] = [];
  readonly captures = new Map<string, Uint8Array>();
  /** The last byte sent or received, or the connection itself. */
  lastActivityUs: number;
  /** When bytes were sent last. */
  sentUs = -Infinity;
  /** Has anything come since then? */
  answerBegun = false;
  /** Nothing was sent or received since the TLS handshake. */
  isHandshakeLast = false;

  /** `patternWork`: where long pattern work is done; null: here. */
  constructor(spec: ProbeSpec, assertions: readonly CompiledAssertion[], startedUs: number, patternWork: PatternWork | null = null) {
    this.spec = spec;
    this.startedUs = startedUs;
    this.lastActivityUs = startedUs;
    this.deadlineUs = startedUs + spec.maxResponseTimeMs * 1000;
    this.stopwatch = new Stopwatch(startedUs);
    this.received = new ReceivedBytes(spec.readMaxBytes);
    this.patternWork = patternWork;
    this.data = new DataAssertions(assertions, patternWork === null ? Infinity : INLINE_STEPS_MAX);
  }

  /** No byte for this long, after some, is the end of an answer (rules.md 11). */
  get quietUs(): number {
    return Math.max(this.spec.idleMs * 1000, 200_000 + 3 * this.connectUs);
  }

  /** Books a piece that arrived at `atUs`; returns the part of it that is kept. */
  take(bytes: Uint8Array, atUs: number): Uint8Array {
    this.stopwatch.lap(this.received.total === 0 ? 'firstByte' : 'data', atUs);
    this.lastActivityUs = Math.max(this.lastActivityUs, atUs);
    if (atUs > this.sentUs - SENT_SLACK_US) this.answerBegun = true;
    this.isHandshakeLast = false;
    const kept = this.received.take(bytes);
    this.data.feed(kept);
    return kept;
  }

  /** Books a wait for bytes that ended in a failure. */
  waitedInVain(atUs: number): void {
    this.stopwatch.lap(this.received.total === 0 ? 'firstByte' : 'data', atUs);
  }

  report(stop: Stop, trust: Trust): ProbeReport {
    return {
      timings: this.stopwatch.timings(),
      failure: stop.failure,
      established: this.established,
      resolvedAddresses: this.resolvedAddresses,
      remoteAddress: this.remoteAddress,
      localAddress: this.localAddress,
      bytesSent: this.bytesSent,
      bytesReceived: this.received.total,
      response: this.received.bytes(),
      stopReason: stop.stopReason,
      tls: this.tls,
      steps: this.steps,
      captures: this.#captureTexts(),
      ...(this.synRetransmits === null ? {} : { synRetransmits: this.synRetransmits }),
      ...trust,
    };
  }

  #captureTexts(): Readonly<Record<string, string>> {
    if (this.captures.size === 0) return NO_CAPTURES;
    return Object.fromEntries([...this.captures].map(([name, bytes]) => [name, boundedText(textOf(bytes))]));
  }
}

const NO_CAPTURES: Readonly<Record<string, string>> = Object.freeze({});

/** For people: UTF-8, what is none replaced. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

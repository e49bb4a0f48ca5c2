import { Buffer } from 'node:buffer';
import type net from 'node:net';
import type tls from 'node:tls';
import type { FailureCode } from '#shared/run/failure.ts';
import type { Alarm } from '../deadlines.ts';
import { streamFailureCode } from '../error-codes.ts';
import { onAbort } from '../on-abort.ts';
import type { Connection, Incoming, Secured, TlsRequest, TlsVerdict, Trouble, Written } from './engine.ts';
import type { PlainEngineDeps } from './plain-engine.ts';
import { secureSocket } from './plain-tls.ts';
import { CLOSED_MEANWHILE, tlsTroubleOf } from './tls-trouble.ts';

export type ConnectionFacts = {
  readonly signal: AbortSignal | undefined;
  readonly remoteAddress: string | null;
  readonly localAddress: string | null;
  readonly synRetransmits: number | null;
};

/** Kept while nobody reads; past it the socket is paused and TCP holds the other side back. */
const UNREAD_BYTES_MAX = 128 * 1024;

const CUT_SHORT: ReadonlySet<string> = new Set(['ECANCELED', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE']);

/**
 * open → (secured) → closed. What arrives is stamped when it arrives and queued: data, then at most one end or
 * failure, which stays. One wait (read, write, handshake, verdict) at a time; `#settle` ends it.
 */
export class PlainConnection implements Connection {
  readonly remoteAddress: string | null;
  readonly localAddress: string | null;
  readonly synRetransmits: number | null;
  readonly clock = 'user';
  readonly clockErrorUs = 0;
  readonly #deps: PlainEngineDeps;
  readonly #stopListening: () => void;
  #socket: net.Socket | tls.TLSSocket;
  #secured = false;
  #ticketSeen = false;
  #unread: (Incoming & { kind: 'data' })[] = [];
  #unreadBytes = 0;
  #last: Exclude<Incoming, { kind: 'data' }> | null = null;
  /** Called at anything new; the waiter looks at the state itself. */
  #wake: (() => void) | null = null;

  constructor(deps: PlainEngineDeps, socket: net.Socket, facts: ConnectionFacts) {
    this.#deps = deps;
    this.#socket = socket;
    this.remoteAddress = facts.remoteAddress;
    this.localAddress = facts.localAddress;
    this.synRetransmits = facts.synRetransmits;
    this.#stopListening = onAbort(facts.signal, () => this.#lastWord({ kind: 'trouble', trouble: { kind: 'cancelled' }, atUs: this.#now() }));
    socket.on('end', this.#onEnd).on('error', this.#onError);
  }

  /** Copies what was read; false asks the socket to pause. */
  received(buffer: Uint8Array, length: number): boolean {
    this.#unread.push({ kind: 'data', bytes: Uint8Array.prototype.slice.call(buffer, 0, length), atUs: this.#now() });
    this.#unreadBytes += length;
    this.#wake?.();
    return this.#unreadBytes < UNREAD_BYTES_MAX;
  }

  failed(code: FailureCode, detail: string, atUs = this.#now()): void {
    this.#lastWord({ kind: 'trouble', trouble: { kind: 'failed', code, detail, alert: null }, atUs });
  }

  read(untilUs: number): Promise<Incoming> {
    return this.#wait(untilUs, () => this.#next(), (trouble, atUs) => ({ kind: 'trouble', trouble, atUs }));
  }

  takeUnread(): Uint8Array {
    const bytes = Buffer.concat(this.#unread.map((incoming) => incoming.bytes));
    this.#unread = [];
    this.#unreadBytes = 0;
    return bytes;
  }

  write(bytes: Uint8Array, untilUs: number): Promise<Written> {
    const startedUs = this.#now();
    let written: Written | null = null;
    if (this.#brokenWrite(startedUs) === null) {
      this.#socket.write(bytes, (error) => {
        // A write that another error cut short is told so in Node's own words; that error itself is on its way.
        if (error != null && CUT_SHORT.has((error as NodeJS.ErrnoException).code ?? '')) return;
        const atUs = this.#now();
        written = error == null ? { ok: true, startedUs, atUs } : { ok: false, startedUs, trouble: this.#troubleOf(error), atUs };
        this.#wake?.();
      });
      if (this.#isTakenByKernel()) written = { ok: true, startedUs, atUs: this.#now() };
    }
    return this.#wait(untilUs, () => written ?? this.#brokenWrite(startedUs), (trouble, atUs) => ({ ok: false, startedUs, trouble, atUs }));
  }

  startTls(request: TlsRequest, untilUs: number): Promise<Secured> {
    const askedUs = this.#now();
    let secured: Secured | null = null;
    if (this.#last?.kind === 'trouble') secured = { ok: false, startedUs: this.#last.atUs, trouble: this.#last.trouble, facts: null, atUs: this.#last.atUs };
    // Nobody shakes hands after a FIN, and node:tls, which did not see it, would wait for the deadline.
    else if (this.#last !== null) secured = { ok: false, startedUs: askedUs, trouble: CLOSED_MEANWHILE, facts: null, atUs: askedUs };
    if (secured === null) {
      try {
        const raw = this.#socket;
        this.#socket = secureSocket(this.#deps, raw, request, (result) => {
          if (result.ok) this.#becomeSecure();
          secured ??= result;
          this.#wake?.();
        });
        raw.off('end', this.#onEnd).off('error', this.#onError).on('error', ignore);
      } catch (error) {
        // The only thing that throws is a PEM that cannot be read.
        const code = request.clientCertificate === null ? 'ERR_AGENT_INTERNAL' : 'ERR_AGENT_SECRET';
        const detail = error instanceof Error ? error.message : String(error);
        secured = { ok: false, startedUs: askedUs, trouble: { kind: 'failed', code, detail, alert: null }, facts: null, atUs: askedUs };
      }
    }
    return this.#wait(untilUs, () => secured, (trouble, atUs) => ({ ok: false, startedUs: askedUs, trouble, facts: null, atUs }));
  }

  tlsVerdict(untilUs: number): Promise<TlsVerdict> {
    const verdict = (): TlsVerdict | null => {
      if (this.#unread.length > 0 || this.#ticketSeen) return 'accepted';
      if (this.#last?.kind === 'trouble') return { trouble: this.#last.trouble, atUs: this.#last.atUs };
      return this.#last === null ? null : 'accepted';
    };
    return this.#wait(untilUs, verdict, (trouble, atUs): TlsVerdict => (trouble.kind === 'timeout' ? 'unknown' : { trouble, atUs }));
  }

  close(): void {
    this.#stopListening();
    this.#wake = null;
    this.#unread = [];
    this.#unreadBytes = 0;
    this.#socket.off('error', this.#onError).on('error', ignore);
    this.#socket.destroy();
  }

  #now(): number {
    return this.#deps.clock.monotonicUs();
  }

  #next(): Incoming | null {
    const first = this.#unread.shift();
    if (first === undefined) return this.#last;
    const wasFull = this.#unreadBytes >= UNREAD_BYTES_MAX;
    this.#unreadBytes -= first.bytes.length;
    if (wasFull && this.#unreadBytes < UNREAD_BYTES_MAX) this.#socket.resume();
    return first;
  }

  /** Ends when `look` finds something, at `untilUs`, or when the attempt is cancelled, whichever is first. */
  #wait<T>(untilUs: number, look: () => T | null, otherwise: (trouble: Trouble, atUs: number) => T): Promise<T> {
    const already = look();
    if (already !== null) return Promise.resolve(already);
    return new Promise((resolve) => {
      const settle = (value: T): void => {
        this.#wake = null;
        alarm.cancel();
        resolve(value);
      };
      const alarm: Alarm = this.#deps.deadlines.at(untilUs, () => settle(otherwise({ kind: 'timeout' }, untilUs)));
      this.#wake = () => {
        const found = look();
        if (found !== null) settle(found);
        else if (this.#last?.kind === 'trouble' && this.#last.trouble.kind === 'cancelled') settle(otherwise(this.#last.trouble, this.#last.atUs));
      };
    });
  }

  /**
   * A plain socket hands bytes over within the call, as far as there is room, and tells so after the rest of this turn
   * of the event loop. Seen now, the instant is the true one, and there is nothing to wait for.
   */
  #isTakenByKernel(): boolean {
    return !this.#secured && this.#socket.writableLength === 0 && this.#socket.errored === null;
  }

  #brokenWrite(startedUs: number): Written | null {
    return this.#last?.kind === 'trouble' ? { ok: false, startedUs, trouble: this.#last.trouble, atUs: this.#last.atUs } : null;
  }

  readonly #onEnd = (): void => this.#lastWord({ kind: 'end', atUs: this.#now() });

  readonly #onError = (error: Error): void => this.#lastWord({ kind: 'trouble', trouble: this.#troubleOf(error), atUs: this.#now() });

  #lastWord(last: Exclude<Incoming, { kind: 'data' }>): void {
    // After FIN a RST may still come; the first trouble stands.
    if (this.#last?.kind !== 'trouble') this.#last = last;
    this.#wake?.();
  }

  #troubleOf(error: NodeJS.ErrnoException): Trouble {
    const ofTls = this.#secured ? tlsTroubleOf(error) : null;
    return ofTls ?? { kind: 'failed', code: streamFailureCode(error.code ?? ''), detail: error.code ?? error.message, alert: null };
  }

  #becomeSecure(): void {
    this.#secured = true;
    const socket = this.#socket as tls.TLSSocket;
    socket.on('data', (bytes: Uint8Array) => { if (!this.received(bytes, bytes.length)) socket.pause(); });
    socket.on('session', () => { this.#ticketSeen = true; this.#wake?.(); });
    socket.on('end', this.#onEnd).on('error', this.#onError);
  }
}

function ignore(): void {}

import { Buffer } from 'node:buffer';
import net from 'node:net';
import type { FailureCode } from '#shared/run/failure.ts';
import type { Alarm } from '../../deadlines.ts';
import { streamFailureCode } from '../../error-codes.ts';
import { onAbort } from '../../on-abort.ts';
import type { Connection, Incoming, Secured, TlsRequest, TlsVerdict, Trouble, Written } from '../engine.ts';
import { PlainConnection, type ConnectionFacts } from '../plain-connection.ts';
import { CLOSED_MEANWHILE } from '../tls-trouble.ts';
import type { KernelEngineParts } from './kernel-engine.ts';
import { CHUNK_BYTES, EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from './layout.ts';
import type { Watcher } from './poller.ts';

/** Kept while nobody reads; past it nothing more is taken from the kernel, and TCP holds the other side back. */
const UNREAD_BYTES_MAX = 128 * 1024;

/** No segment is smaller (RFC 9293 §3.7.1): what fits into one is not held back while nothing else is under way. */
const SEGMENT_BYTES_MIN = 536;

type LastWord = Exclude<Incoming, { kind: 'data' }>;

export type KernelConnectionFacts = ConnectionFacts & {
  readonly fd: number;
  /** No byte can have arrived before. */
  readonly openedUs: number;
  readonly clock: 'user' | 'kernel';
};

/**
 * open → (handed to `node:tls`) → closed. The kernel stamps what arrives; it is read when the poller says so, and once
 * more before a wait is given up. One wait (read or write) at a time; `#wake` lets it look again.
 */
export class KernelConnection implements Connection, Watcher {
  readonly remoteAddress: string | null;
  readonly localAddress: string | null;
  readonly synRetransmits: number | null;
  #clock: 'user' | 'kernel';
  #clockErrorUs = 0;
  readonly #parts: KernelEngineParts;
  readonly #fd: number;
  readonly #facts: KernelConnectionFacts;
  readonly #stopListening: () => void;
  #unread: (Incoming & { kind: 'data' })[] = [];
  #unreadBytes = 0;
  #last: LastWord | null = null;
  /** The kernel may hold more: there was no room, or its last word is still to come. */
  #mayHoldMore = false;
  #isEnding = false;
  #stampedUs: number;
  #outgoing: Uint8Array | null = null;
  /** What is sent next would wait for what was sent before to be acknowledged (Nagle). */
  #wouldWait = false;
  #sendsAtOnce = false;
  #wake: (() => void) | null = null;
  #plain: PlainConnection | null = null;
  #isClosed = false;

  constructor(parts: KernelEngineParts, facts: KernelConnectionFacts) {
    this.#parts = parts;
    this.#fd = facts.fd;
    this.#facts = facts;
    this.remoteAddress = facts.remoteAddress;
    this.localAddress = facts.localAddress;
    this.synRetransmits = facts.synRetransmits;
    this.#clock = facts.clock;
    this.#stampedUs = facts.openedUs;
    this.#stopListening = onAbort(facts.signal, () => this.#say({ kind: 'trouble', trouble: { kind: 'cancelled' }, atUs: this.#now() }));
  }

  get clock(): 'user' | 'kernel' {
    return this.#clock;
  }

  get clockErrorUs(): number {
    return this.#clockErrorUs;
  }

  /** From the poller. */
  ready(events: number): void {
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) !== 0) this.#isEnding = true;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) !== 0) this.#receive();
    if ((events & EPOLLOUT) !== 0 && this.#outgoing !== null) this.#send();
    this.#wake?.();
  }

  failed(code: FailureCode, detail: string, atUs: number): void {
    this.#clock = 'user';
    this.#say({ kind: 'trouble', trouble: { kind: 'failed', code, detail, alert: null }, atUs });
  }

  read(untilUs: number): Promise<Incoming> {
    if (this.#plain !== null) return this.#plain.read(untilUs);
    return this.#wait(untilUs, () => this.#next(untilUs), (trouble, atUs) => ({ kind: 'trouble', trouble, atUs }));
  }

  takeUnread(): Uint8Array {
    if (this.#plain !== null) return this.#plain.takeUnread();
    this.#receive();
    const bytes = Buffer.concat(this.#unread.map((incoming) => incoming.bytes));
    this.#unread = [];
    this.#unreadBytes = 0;
    return bytes;
  }

  write(bytes: Uint8Array, untilUs: number): Written | Promise<Written> {
    if (this.#plain !== null) return this.#plain.write(bytes, untilUs);
    const startedUs = this.#now();
    const broken = this.#brokenWrite(startedUs);
    if (broken !== null) return broken;
    if (this.#wouldWait || bytes.length > SEGMENT_BYTES_MIN) this.#sendAtOnce();
    this.#wouldWait = true;
    this.#outgoing = bytes;
    this.#send();
    const endedUs = this.#now();
    if (this.#outgoing === null && this.#last?.kind !== 'trouble') {
      // The kernel took all within the call, and may have stopped this thread before coming back from it: the bytes
      // were on their way at some instant in between, and the first is the likelier one.
      this.#clockErrorUs = Math.max(this.#clockErrorUs, endedUs - startedUs);
      return { ok: true, startedUs, atUs: startedUs };
    }
    // When there was room at last, this thread only knows by its own clock.
    this.#clock = 'user';
    const look = (): Written | null => this.#brokenWrite(startedUs) ?? (this.#outgoing === null ? { ok: true, startedUs, atUs: this.#now() } : null);
    return this.#wait(untilUs, look, (trouble, atUs) => ({ ok: false, startedUs, trouble, atUs }));
  }

  /** The rest is `node:tls`': the connected socket is handed over, and is timed in user space from here on. */
  startTls(request: TlsRequest, untilUs: number): Promise<Secured> {
    if (this.#last?.kind === 'trouble') {
      const { trouble, atUs } = this.#last;
      return Promise.resolve({ ok: false, startedUs: atUs, trouble, facts: null, atUs });
    }
    this.#clock = 'user';
    if (this.#last !== null) {
      // Nobody shakes hands after a FIN; a RST in answer to the attempt would only hide what happened.
      const atUs = this.#now();
      return Promise.resolve({ ok: false, startedUs: atUs, trouble: CLOSED_MEANWHILE, facts: null, atUs });
    }
    this.#stopListening();
    this.#sendAtOnce();
    this.#parts.poller.release(this.#fd);
    this.#parts.descriptors.release(this.#fd);
    const socket = new net.Socket({ fd: this.#fd, allowHalfOpen: true, readable: true, writable: true, manualStart: true } as net.SocketConstructorOpts);
    this.#plain = new PlainConnection(this.#parts.plain, socket, this.#facts);
    for (const { bytes } of this.#unread) this.#plain.received(bytes, bytes.length);
    this.#unread = [];
    return this.#plain.startTls(request, untilUs);
  }

  tlsVerdict(untilUs: number): Promise<TlsVerdict> {
    return this.#plain === null ? Promise.resolve('unknown') : this.#plain.tlsVerdict(untilUs);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening();
    this.#wake = null;
    this.#unread = [];
    if (this.#plain !== null) return this.#plain.close();
    this.#parts.closeSocket(this.#fd);
  }

  #now(): number {
    return this.#parts.clock.monotonicUs();
  }

  /** One system call that a check with one short send does not need. */
  #sendAtOnce(): void {
    if (this.#sendsAtOnce) return;
    this.#sendsAtOnce = true;
    this.#parts.sockets.sendAtOnce(this.#fd);
  }

  /** Takes what the kernel holds, as far as there is room. */
  #receive(): void {
    const { sockets } = this.#parts;
    while (this.#last === null && !this.#isClosed) {
      if (this.#unreadBytes >= UNREAD_BYTES_MAX) {
        this.#mayHoldMore = true;
        return;
      }
      const count = sockets.receive(this.#fd);
      if (count === 0) return this.#say({ kind: 'end', atUs: this.#now() });
      if (count < 0) {
        const errno = sockets.calls.errno();
        if (errno === 'EINTR') continue;
        if (errno !== 'EAGAIN') this.#say({ kind: 'trouble', trouble: troubleOf(errno), atUs: this.#now() });
        break;
      }
      this.#unread.push({ kind: 'data', bytes: sockets.received(count), atUs: this.#stamp() });
      this.#unreadBytes += count;
      // Less than there is room for was all there is; whatever comes next is told anew.
      if (count < CHUNK_BYTES && !this.#isEnding) break;
    }
    this.#mayHoldMore = false;
  }

  #stamp(): number {
    const { sockets } = this.#parts;
    const stampUs = sockets.receivedAtUs(this.#stampedUs);
    if (stampUs === null) this.#clock = 'user';
    else this.#clockErrorUs = Math.max(this.#clockErrorUs, sockets.clockErrorUs);
    this.#stampedUs = stampUs ?? this.#now();
    return this.#stampedUs;
  }

  /** Gives the kernel what it takes of the bytes to be sent. */
  #send(): void {
    const { sockets } = this.#parts;
    while (this.#outgoing !== null) {
      const count = sockets.send(this.#fd, this.#outgoing);
      if (count >= 0) {
        this.#outgoing = count < this.#outgoing.length ? this.#outgoing.subarray(count) : null;
        continue;
      }
      const errno = sockets.calls.errno();
      if (errno === 'EAGAIN') return;
      if (errno !== 'EINTR') return this.#say({ kind: 'trouble', trouble: troubleOf(errno), atUs: this.#now() });
    }
  }

  #next(untilUs: number): Incoming | null {
    const first = this.#unread[0];
    if (first === undefined) return this.#toldLast();
    // This thread was late; the kernel knows that the bytes were, too.
    if (first.atUs > untilUs) return { kind: 'trouble', trouble: { kind: 'timeout' }, atUs: untilUs };
    this.#unread.shift();
    this.#unreadBytes -= first.bytes.length;
    if (this.#mayHoldMore) this.#receive();
    return first;
  }

  /** The kernel stamps bytes only: whoever awaited some and hears of the end has it by this thread's clock. */
  #toldLast(): LastWord | null {
    if (this.#last?.kind === 'end' || this.#last?.trouble.kind === 'failed') this.#clock = 'user';
    return this.#last;
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
      const alarm: Alarm = this.#parts.deadlines.at(untilUs, () => {
        this.#receive();
        settle(look() ?? otherwise({ kind: 'timeout' }, untilUs));
      });
      this.#wake = () => {
        const found = look();
        if (found !== null) settle(found);
        else if (this.#last?.kind === 'trouble' && this.#last.trouble.kind === 'cancelled') settle(otherwise(this.#last.trouble, this.#last.atUs));
      };
    });
  }

  #brokenWrite(startedUs: number): Written | null {
    return this.#last?.kind === 'trouble' ? { ok: false, startedUs, trouble: this.#last.trouble, atUs: this.#last.atUs } : null;
  }

  #say(last: LastWord): void {
    // After FIN a RST may still come; the first trouble stands.
    if (this.#last?.kind !== 'trouble') this.#last = last;
    this.#wake?.();
  }
}

function troubleOf(errno: string): Trouble {
  return { kind: 'failed', code: streamFailureCode(errno), detail: errno, alert: null };
}

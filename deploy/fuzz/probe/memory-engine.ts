import { Buffer } from 'node:buffer';
import type { Connection, Engine, Incoming, OpenRequest, Opened, Secured, TlsVerdict, Trouble, Written } from '#agent/probe/engine/engine.ts';
import type { TlsFacts } from '#shared/run/report.ts';
import type { Reply } from './reply.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What an attempt did to the network, for the laws. */
export type NetworkLog = {
  readonly dialled: string[];
  opened: number;
  closed: number;
  operations: number;
  /** Bytes handed over, in order; their sum in `deliveredBytes`. */
  readonly delivered: Uint8Array[];
  deliveredBytes: number;
  writtenBytes: number;
  /** Uses of the connection against the seam's contract. */
  readonly misuses: string[];
};

/** An attempt that has not ended after this many operations never will: each reads at least a byte or waits. */
const OPERATIONS_MAX = 500_000;

/** An engine behind the probe's own seam on a network that is in memory: each operation moves the clock to its end. */
export class MemoryEngine implements Engine {
  readonly clock = 'user';
  readonly #clock: VirtualClock;
  #reply: Reply | null = null;
  log: NetworkLog = emptyLog();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** From now on, this is what the world does. */
  expectAttempt(reply: Reply): void {
    this.#reply = reply;
    this.log = emptyLog();
  }

  async open(request: OpenRequest): Promise<Opened> {
    const reply = this.#reply;
    if (reply === null) throw new Error('invariant: nobody expects an attempt');
    this.#reply = null;
    this.log.dialled.push(request.address);
    const startUs = this.#clock.monotonicUs();
    const { connect } = reply;
    const endUs = connect.kind === 'silence' ? Infinity : startUs + connect.afterUs;
    this.#clock.moveTo(Math.min(endUs, request.untilUs), request.signal);
    const failed = (trouble: Trouble): Opened => ({ ok: false, trouble, startedUs: startUs, atUs: this.#clock.monotonicUs(), synRetransmits: null });
    if (request.signal?.aborted) return failed({ kind: 'cancelled' });
    if (endUs > request.untilUs || connect.kind === 'silence') return failed({ kind: 'timeout' });
    if (connect.kind === 'failed') return failed({ kind: 'failed', code: connect.code, detail: connect.code, alert: null });
    this.log.opened += 1;
    const connection = new MemoryConnection(this.#clock, reply, this.log, request, connect.reached ?? request.address, connect.synRetransmits);
    return { ok: true, connection, startedUs: startUs, atUs: endUs };
  }
}

class MemoryConnection implements Connection {
  readonly remoteAddress: string;
  readonly localAddress = '127.0.0.1';
  readonly clock = 'user';
  readonly clockErrorUs = 0;
  readonly synRetransmits: number | null;
  readonly #clock: VirtualClock;
  readonly #reply: Reply;
  readonly #log: NetworkLog;
  readonly #signal: AbortSignal | undefined;
  #next = 0;
  #lastEventUs: number;
  readonly #writeTimesUs: number[] = [];
  #writes = 0;
  #unread: (Incoming & { kind: 'data' })[] = [];
  #last: Exclude<Incoming, { kind: 'data' }> | null = null;
  #isBusy = false;
  #isClosed = false;

  constructor(clock: VirtualClock, reply: Reply, log: NetworkLog, request: OpenRequest, remoteAddress: string, synRetransmits: number | null) {
    this.#clock = clock;
    this.#reply = reply;
    this.#log = log;
    this.#signal = request.signal;
    this.#lastEventUs = clock.monotonicUs();
    this.remoteAddress = remoteAddress;
    this.synRetransmits = synRetransmits;
  }

  async write(bytes: Uint8Array, untilUs: number): Promise<Written> {
    return await this.#operation(async (): Promise<Written> => {
      const startUs = this.#clock.monotonicUs();
      this.#arrive(startUs);
      if (this.#last?.kind === 'trouble') return { ok: false, startedUs: startUs, trouble: this.#last.trouble, atUs: this.#last.atUs };
      const endUs = this.#reply.stalledWrite === this.#writes ? Infinity : startUs + this.#reply.writeUs;
      this.#writes += 1;
      const trouble = this.#waitUntil(endUs, untilUs);
      if (trouble !== null) return { ok: false, startedUs: startUs, trouble, atUs: this.#now() };
      this.#writeTimesUs.push(endUs);
      this.#log.writtenBytes += bytes.length;
      return { ok: true, startedUs: startUs, atUs: endUs };
    });
  }

  async read(untilUs: number): Promise<Incoming> {
    return await this.#operation(async (): Promise<Incoming> => {
      const trouble = this.#untilSomething(untilUs, () => this.#unread.length > 0 || this.#last !== null);
      // A cancelled wait ends at once; everything else comes after the bytes before it.
      const first = trouble?.kind === 'cancelled' ? undefined : this.#unread.shift();
      if (first !== undefined) return this.#hand(first);
      if (trouble === null && this.#last !== null) return this.#last;
      return { kind: 'trouble', trouble: trouble ?? { kind: 'timeout' }, atUs: trouble?.kind === 'cancelled' ? this.#now() : untilUs };
    });
  }

  takeUnread(): Uint8Array {
    this.#misuse('takeUnread');
    this.#arrive(this.#now());
    const bytes = Buffer.concat(this.#unread.map((incoming) => this.#hand(incoming).bytes));
    this.#unread = [];
    return bytes;
  }

  async startTls(_request: unknown, untilUs: number): Promise<Secured> {
    return await this.#operation(async (): Promise<Secured> => {
      const { handshake } = this.#reply;
      const startedUs = this.#now();
      const endUs = handshake.kind === 'silence' ? Infinity : this.#now() + handshake.afterUs;
      const trouble = this.#waitUntil(endUs, untilUs);
      if (trouble !== null) return { ok: false, startedUs, trouble, facts: null, atUs: trouble.kind === 'timeout' ? untilUs : this.#now() };
      if (handshake.kind === 'accepted') {
        // What arrived before the keys were made was the handshake's; the clocks of the events start again.
        this.#lastEventUs = Math.max(this.#lastEventUs, endUs);
        return { ok: true, startedUs, facts: factsOf(handshake.version, handshake.notAfterMs), atUs: endUs };
      }
      if (handshake.kind === 'silence') throw new Error('invariant: silence does not end');
      const failed: Trouble = { kind: 'failed', code: handshake.code, detail: handshake.code, alert: handshake.alert };
      return { ok: false, startedUs, trouble: failed, facts: handshake.hasFacts ? factsOf('TLSv1.3', 0) : null, atUs: endUs };
    });
  }

  async tlsVerdict(untilUs: number): Promise<TlsVerdict> {
    return await this.#operation(async (): Promise<TlsVerdict> => {
      const trouble = this.#untilSomething(untilUs, () => this.#unread.length > 0 || this.#last !== null);
      if (trouble?.kind === 'cancelled') return { trouble, atUs: this.#now() };
      if (this.#unread.length > 0 || this.#last?.kind === 'end') return 'accepted';
      return this.#last === null ? 'unknown' : { trouble: this.#last.trouble, atUs: this.#last.atUs };
    });
  }

  close(): void {
    if (this.#isBusy) this.#log.misuses.push('closed during an operation');
    if (!this.#isClosed) this.#log.closed += 1;
    this.#isClosed = true;
  }

  async #operation<T>(operate: () => Promise<T>): Promise<T> {
    this.#misuse('an operation');
    this.#isBusy = true;
    this.#log.operations += 1;
    if (this.#log.operations > OPERATIONS_MAX) throw new Error('invariant: the attempt does not end');
    const { block } = this.#reply;
    if (block !== null && block.operation === this.#log.operations) {
      const endUs = this.#now() + block.us;
      this.#clock.blockUntil(endUs);
    }
    const result = await operate();
    this.#isBusy = false;
    return result;
  }

  #misuse(what: string): void {
    if (this.#isBusy) this.#log.misuses.push(`${what} during an operation`);
    if (this.#isClosed) this.#log.misuses.push(`${what} after close`);
  }

  /** null: `endUs` was reached. */
  #waitUntil(endUs: number, untilUs: number): Trouble | null {
    const startUs = this.#now();
    this.#clock.moveTo(Math.max(startUs, Math.min(endUs, untilUs)), this.#signal);
    if (this.#signal?.aborted) return { kind: 'cancelled' };
    return endUs > untilUs ? { kind: 'timeout' } : null;
  }

  /** null: it is there. */
  #untilSomething(untilUs: number, isThere: () => boolean): Trouble | null {
    for (;;) {
      this.#arrive(this.#now());
      if (this.#signal?.aborted) return { kind: 'cancelled' };
      if (isThere()) return null;
      const nextUs = this.#nextEventUs();
      if (nextUs > untilUs) {
        this.#clock.moveTo(Math.max(this.#now(), untilUs), this.#signal);
        return this.#signal?.aborted ? { kind: 'cancelled' } : { kind: 'timeout' };
      }
      this.#clock.moveTo(nextUs, this.#signal);
    }
  }

  /** Queues what has arrived by now; what came while the process did not run is stamped when it runs again. */
  #arrive(nowUs: number): void {
    for (let atUs = this.#nextEventUs(); atUs <= nowUs; atUs = this.#nextEventUs()) {
      const event = this.#reply.events[this.#next];
      if (event === undefined) return;
      this.#next += 1;
      this.#lastEventUs = atUs;
      const stampUs = this.#reply.block === null ? atUs : nowUs;
      const { what } = event;
      switch (what.kind) {
        case 'data':
          if (what.bytes.length > 0) this.#unread.push({ kind: 'data', bytes: what.bytes, atUs: stampUs });
          break;
        case 'fin':
          this.#last = { kind: 'end', atUs: stampUs };
          break;
        case 'reset':
          this.#last = { kind: 'trouble', trouble: { kind: 'failed', code: 'ECONNRESET', detail: 'ECONNRESET', alert: null }, atUs: stampUs };
          break;
        case 'alert':
          this.#last = { kind: 'trouble', trouble: { kind: 'failed', code: 'ERR_TLS_ALERT', detail: what.name, alert: what.name }, atUs: stampUs };
          break;
      }
    }
  }

  #nextEventUs(): number {
    const event = this.#reply.events[this.#next];
    // After a FIN a reset may still come; after a reset, nothing.
    if (event === undefined || this.#last?.kind === 'trouble' || (this.#last !== null && event.what.kind !== 'reset')) return Infinity;
    const writtenUs = event.afterWrites === 0 ? 0 : (this.#writeTimesUs[event.afterWrites - 1] ?? Infinity);
    return Math.max(this.#lastEventUs, writtenUs) + event.gapUs;
  }

  #hand(incoming: Incoming & { kind: 'data' }): Incoming & { kind: 'data' } {
    this.#log.delivered.push(incoming.bytes);
    this.#log.deliveredBytes += incoming.bytes.length;
    return incoming;
  }

  #now(): number {
    return this.#clock.monotonicUs();
  }
}

function emptyLog(): NetworkLog {
  return { dialled: [], opened: 0, closed: 0, operations: 0, delivered: [], deliveredBytes: 0, writtenBytes: 0, misuses: [] };
}

function factsOf(version: string, notAfterMs: number): TlsFacts {
  return {
    version, cipher: 'TLS_AES_256_GCM_SHA384', alpn: null, authorized: notAfterMs > 0, alert: null, subject: 'CN=fuzz', issuer: 'CN=fuzz',
    subjectAltNames: ['fuzz.example'], serialNumber: '01', fingerprint256: '00', notBeforeMs: 0, notAfterMs, chainNotAfterMs: notAfterMs,
  };
}

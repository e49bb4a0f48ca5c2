import type { Clock } from '#shared/time/clock.ts';
import type { Connection, Engine, Incoming, TlsVerdict, Written } from '../engine/engine.ts';

/** What the other side does after its bytes are through. */
export type Ending = 'end' | 'reset' | 'silence';

export type MemoryReply = {
  readonly pieces: readonly { readonly bytes: Uint8Array; readonly afterUs: number }[];
  readonly ending: Ending;
};

/** Time that only passes when somebody waits, so that a million attempts take no time. */
export class WaitingClock implements Clock {
  us = 1_000;
  nowMs(): number { return this.us / 1000; }
  monotonicUs(): number { return this.us; }
  setTimer(): { cancel(): void } { return { cancel: () => {} }; }
}

/** Connections to a reply that is played from memory, for one attempt at a time. What is written is not looked at. */
export function memoryEngine(clock: WaitingClock, reply: () => MemoryReply): Engine {
  return {
    clock: 'user',
    async open({ address }) {
      clock.us += 100;
      return { ok: true, connection: new MemoryConnection(clock, reply(), address), atUs: clock.us };
    },
  };
}

class MemoryConnection implements Connection {
  readonly remoteAddress: string;
  readonly localAddress = '127.0.0.1';
  readonly synRetransmits = null;
  readonly #clock: WaitingClock;
  readonly #pieces: { readonly bytes: Uint8Array; readonly atUs: number }[];
  readonly #ending: Ending;

  constructor(clock: WaitingClock, { pieces, ending }: MemoryReply, address: string) {
    this.#clock = clock;
    this.remoteAddress = address;
    this.#ending = ending;
    let atUs = clock.us;
    this.#pieces = pieces.map(({ bytes, afterUs }) => ({ bytes, atUs: atUs += afterUs }));
  }

  async write(): Promise<Written> {
    this.#clock.us += 10;
    return { ok: true, atUs: this.#clock.us };
  }

  async read(untilUs: number): Promise<Incoming> {
    const [first] = this.#pieces;
    if (first !== undefined && first.atUs <= Math.max(untilUs, this.#clock.us)) {
      this.#pieces.shift();
      this.#clock.us = Math.max(this.#clock.us, first.atUs);
      return { kind: 'data', bytes: first.bytes, atUs: first.atUs };
    }
    if (first === undefined && this.#ending === 'end') return { kind: 'end', atUs: this.#clock.us };
    if (first === undefined && this.#ending === 'reset') {
      return { kind: 'trouble', trouble: { kind: 'failed', code: 'ECONNRESET', detail: 'ECONNRESET', alert: null }, atUs: this.#clock.us };
    }
    this.#clock.us = Math.max(this.#clock.us, untilUs);
    return { kind: 'trouble', trouble: { kind: 'timeout' }, atUs: untilUs };
  }

  takeUnread(): Uint8Array {
    return new Uint8Array(0);
  }

  startTls(): never {
    throw new Error('there is no TLS in memory');
  }

  async tlsVerdict(): Promise<TlsVerdict> {
    return 'unknown';
  }

  close(): void {}
}

import { status, type ClientDuplexStream, type ServerDuplexStream } from '@grpc/grpc-js';

/** Both ends of a gRPC stream, as one thing: messages in, messages out, and a signal that it is over. */
export type Duplex<In, Out> = {
  /** Ends when the other side ends or the stream breaks; never throws. May be read once. */
  readonly messages: AsyncIterable<In>;
  /** Resolves when there is room for more; at once, without effect, when the stream is over. */
  write(message: Out): Promise<void>;
  /** Says that nothing more is coming. */
  end(): void;
  /** Breaks the stream off without another word. */
  destroy(): void;
  /** Aborts when the stream is over, for whatever cause. */
  readonly signal: AbortSignal;
  /** Why it is over: 'open' while it is not, 'ended' by the other side, or the error. */
  cause(): 'open' | 'ended' | Error;
};

export function clientDuplex<In, Out>(stream: ClientDuplexStream<Out, In>): Duplex<In, Out> {
  return duplexOf<In, Out>(stream, () => stream.cancel());
}

export function serverDuplex<In, Out>(stream: ServerDuplexStream<In, Out>): Duplex<In, Out> {
  // `destroy` of a server's stream ends nothing that the other side could see; an error sends its status and ends it.
  return duplexOf<In, Out>(stream, () => stream.emit('error', Object.assign(new Error('broken off'), { code: status.CANCELLED })));
}

type NodeDuplex = {
  on(event: string, listener: (...values: never[]) => void): unknown;
  once(event: string, listener: (...values: never[]) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  write(message: unknown): boolean;
  end(): unknown;
};

/** Messages waiting for the reader: past this many the stream is paused, and HTTP/2 holds the sender back. */
const UNREAD_MAX = 64;

function duplexOf<In, Out>(stream: NodeDuplex, breakOff: () => void): Duplex<In, Out> {
  const over = new AbortController();
  const unread: In[] = [];
  let cause: 'open' | 'ended' | Error = 'open';
  let wakeReader: (() => void) | null = null;
  let roomWaiters: (() => void)[] = [];
  let writable = true;

  const finish = (why: 'ended' | Error): void => {
    if (cause === 'open') cause = why;
    writable = false;
    over.abort();
    wakeReader?.();
    for (const waiter of roomWaiters.splice(0)) waiter();
  };
  stream.on('data', (message: In) => {
    unread.push(message);
    if (unread.length >= UNREAD_MAX) stream.pause();
    wakeReader?.();
  });
  stream.on('end', () => finish('ended'));
  stream.on('close', () => finish('ended'));
  stream.on('cancelled', () => finish('ended'));
  stream.on('error', (error: Error) => finish(error));
  stream.on('drain', () => { for (const waiter of roomWaiters.splice(0)) waiter(); });

  async function* read(): AsyncGenerator<In> {
    for (;;) {
      const message = unread.shift();
      if (message !== undefined) {
        if (unread.length === UNREAD_MAX / 2) stream.resume();
        yield message;
      } else if (cause !== 'open') {
        return;
      } else {
        await new Promise<void>((resolve) => { wakeReader = resolve; });
        wakeReader = null;
      }
    }
  }

  return {
    messages: { [Symbol.asyncIterator]: read },
    async write(message) {
      if (!writable) return;
      if (!stream.write(message) && writable) await new Promise<void>((resolve) => { roomWaiters.push(resolve); });
    },
    end() {
      if (!writable) return;
      writable = false;
      stream.end();
    },
    destroy() {
      finish('ended');
      breakOff();
    },
    signal: over.signal,
    cause: () => cause,
  };
}

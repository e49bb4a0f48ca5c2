import { Buffer } from 'node:buffer';
import type { Connection, Engine } from '#agent/probe/engine/engine.ts';

/** What went over a connection, decrypted, in order; bytes in hex. */
export type Exchange = readonly ({ readonly sent: string } | { readonly received: string } | { readonly startTls: true })[];

/** An engine that keeps, exactly, what each connection said and heard. */
export function recordingEngine(engine: Engine, onExchange: (exchange: Exchange) => void): Engine {
  return {
    clock: engine.clock,
    async open(request) {
      const opened = await engine.open(request);
      return opened.ok ? { ...opened, connection: recorded(opened.connection, onExchange) } : opened;
    },
  };
}

function recorded(connection: Connection, onExchange: (exchange: Exchange) => void): Connection {
  const exchange: Exchange[number][] = [];
  const received = (bytes: Uint8Array): void => {
    const hex = Buffer.from(bytes).toString('hex');
    const last = exchange.at(-1);
    if (last !== undefined && 'received' in last) exchange[exchange.length - 1] = { received: last.received + hex };
    else if (hex !== '') exchange.push({ received: hex });
  };
  return {
    get remoteAddress() { return connection.remoteAddress; },
    get localAddress() { return connection.localAddress; },
    get synRetransmits() { return connection.synRetransmits; },
    get clock() { return connection.clock; },
    get clockErrorUs() { return connection.clockErrorUs; },
    async write(bytes, untilUs) {
      exchange.push({ sent: Buffer.from(bytes).toString('hex') });
      return await connection.write(bytes, untilUs);
    },
    async read(untilUs) {
      const incoming = await connection.read(untilUs);
      if (incoming.kind === 'data') received(incoming.bytes);
      return incoming;
    },
    takeUnread() {
      const bytes = connection.takeUnread();
      received(bytes);
      return bytes;
    },
    async startTls(request, untilUs) {
      exchange.push({ startTls: true });
      return await connection.startTls(request, untilUs);
    },
    tlsVerdict: (untilUs) => connection.tlsVerdict(untilUs),
    close() {
      connection.close();
      onExchange(exchange);
    },
  };
}

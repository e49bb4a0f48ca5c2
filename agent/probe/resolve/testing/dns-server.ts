import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { TYPE_A, TYPE_AAAA, TYPE_NS, decodeQuestion, encodeReply, type DnsQuestion, type DnsRecord, type Rcode } from './dns-wire.ts';

/** A question as it came in; `ordinal` counts from 1 the questions for this name and type. */
export type AskedQuestion = DnsQuestion & { readonly transport: 'udp' | 'tcp'; readonly ordinal: number };

/** What the server does with one question. */
export type DnsBehaviour =
  | { readonly kind: 'answer'; readonly rcode?: Rcode; readonly records?: readonly DnsRecord[]; readonly delayMs?: number }
  /** The truncation bit over UDP, the records over TCP. */
  | { readonly kind: 'truncate'; readonly records: readonly DnsRecord[] }
  /** These bytes instead of an answer; `keepId` puts the question's id before them. */
  | { readonly kind: 'garbage'; readonly bytes: Buffer; readonly keepId: boolean }
  | { readonly kind: 'silence' }
  /** Nothing until the test calls `release`. */
  | { readonly kind: 'hold'; readonly records: readonly DnsRecord[] };

export type DnsScript = (question: AskedQuestion) => DnsBehaviour;

/** A name server for tests, on UDP and TCP of one port of 127.0.0.1, that behaves as its script says. */
export type TestDnsServer = {
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly asked: readonly AskedQuestion[];
  /** Answers everything held so far. */
  release(): void;
  close(): Promise<void>;
};

export async function startDnsServer(script: DnsScript): Promise<TestDnsServer> {
  const asked: AskedQuestion[] = [];
  const held: (() => void)[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const connections = new Set<Socket>();

  const answer = (packet: Buffer, transport: 'udp' | 'tcp', send: (reply: Buffer) => void): void => {
    const question = decodeQuestion(packet);
    if (!question) return;
    const before = asked.filter((one) => one.name === question.name && one.type === question.type).length;
    const asking = { ...question, transport, ordinal: before + 1 };
    asked.push(asking);
    behave(asking, script(asking), send);
  };

  const behave = (question: AskedQuestion, behaviour: DnsBehaviour, send: (reply: Buffer) => void): void => {
    switch (behaviour.kind) {
      case 'silence':
        return;
      case 'garbage':
        send(behaviour.keepId ? Buffer.concat([encodeReply(question, { rcode: 'NOERROR', records: [], truncated: false }).subarray(0, 2), behaviour.bytes]) : behaviour.bytes);
        return;
      case 'truncate':
        send(encodeReply(question, { rcode: 'NOERROR', records: behaviour.records, truncated: question.transport === 'udp' }));
        return;
      case 'hold':
        held.push(() => send(encodeReply(question, { rcode: 'NOERROR', records: behaviour.records, truncated: false })));
        return;
      case 'answer': {
        const reply = encodeReply(question, { rcode: behaviour.rcode ?? 'NOERROR', records: behaviour.records ?? [], truncated: false });
        if (!behaviour.delayMs) return send(reply);
        const timer = setTimeout(() => { timers.delete(timer); send(reply); }, behaviour.delayMs);
        timers.add(timer);
        return;
      }
    }
  };

  const tcp = createServer((connection) => {
    connections.add(connection);
    let bytes = Buffer.alloc(0);
    connection.on('error', () => connection.destroy());
    connection.on('close', () => connections.delete(connection));
    connection.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
        const length = bytes.readUInt16BE(0);
        const packet = bytes.subarray(2, 2 + length);
        bytes = bytes.subarray(2 + length);
        answer(packet, 'tcp', (reply) => connection.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply])));
      }
    });
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as { port: number };

  const udp = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  let isOpen = true;
  udp.on('message', (packet, from) => answer(packet, 'udp', (reply) => { if (isOpen) udp.send(reply, from.port, from.address); }));
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');

  return {
    address: `127.0.0.1:${port}`,
    asked,
    release: () => { for (const send of held.splice(0)) send(); },
    async close() {
      isOpen = false;
      for (const timer of timers) clearTimeout(timer);
      for (const connection of connections) connection.destroy();
      udp.close();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

/** The usual good behaviour: these addresses for an A or AAAA question, NODATA where none is of its family. */
export function addresses(question: DnsQuestion, ...list: readonly string[]): DnsBehaviour {
  const wanted = list.filter((address) => question.type === (address.includes(':') ? TYPE_AAAA : TYPE_A));
  return { kind: 'answer', records: wanted.map((address) => ({ kind: 'address', name: question.name, address })) };
}

/** A healthy answer to the control question, the name servers of the root. */
export function rootServers(question: DnsQuestion): DnsBehaviour {
  const isRootNs = question.name === '' && question.type === TYPE_NS;
  return { kind: 'answer', records: isRootNs ? [{ kind: 'ns', name: '', target: 'a.root-servers.net' }] : [] };
}

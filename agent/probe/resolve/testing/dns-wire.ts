import { isIPv4 } from 'node:net';

/** As much of RFC 1035 as a misbehaving name server needs: questions in, answers out. */
export type DnsQuestion = { readonly id: number; readonly name: string; readonly type: number };

export type DnsRecord =
  | { readonly kind: 'address'; readonly name: string; readonly address: string }
  | { readonly kind: 'cname'; readonly name: string; readonly target: string }
  | { readonly kind: 'ns'; readonly name: string; readonly target: string };

export const TYPE_A = 1;
export const TYPE_NS = 2;
export const TYPE_CNAME = 5;
export const TYPE_AAAA = 28;

export const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export type Rcode = keyof typeof RCODES;

const HEADER_BYTES = 12;
const RESPONSE = 0x8000;
const TRUNCATED = 0x0200;
const RECURSION = 0x0180;
const CLASS_IN = 1;

/** The first question of a query, name in lower case without the last dot; null when it cannot be read. */
export function decodeQuestion(packet: Buffer): DnsQuestion | null {
  if (packet.length < HEADER_BYTES + 5) return null;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = packet[at];
    if (length === undefined || length > 63) return null;
    at += 1;
    if (length === 0) break;
    labels.push(packet.subarray(at, at + length).toString('latin1').toLowerCase());
    at += length;
  }
  if (at + 4 > packet.length) return null;
  return { id: packet.readUInt16BE(0), name: labels.join('.'), type: packet.readUInt16BE(at) };
}

export function encodeReply(
  question: DnsQuestion,
  reply: { readonly rcode: Rcode; readonly records: readonly DnsRecord[]; readonly truncated: boolean },
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(question.id, 0);
  header.writeUInt16BE(RESPONSE | RECURSION | (reply.truncated ? TRUNCATED : 0) | RCODES[reply.rcode], 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(reply.truncated ? 0 : reply.records.length, 6);
  const asked = Buffer.concat([encodeName(question.name), uint16(question.type), uint16(CLASS_IN)]);
  const answers = reply.truncated ? [] : reply.records.map(encodeRecord);
  return Buffer.concat([header, asked, ...answers]);
}

function encodeRecord(record: DnsRecord): Buffer {
  const { type, data } = encodeData(record);
  return Buffer.concat([encodeName(record.name), uint16(type), uint16(CLASS_IN), Buffer.from([0, 0, 0, 60]), uint16(data.length), data]);
}

function encodeData(record: DnsRecord): { type: number; data: Buffer } {
  switch (record.kind) {
    case 'address':
      return isIPv4(record.address)
        ? { type: TYPE_A, data: Buffer.from(record.address.split('.').map(Number)) }
        : { type: TYPE_AAAA, data: encodeIpv6(record.address) };
    case 'cname':
      return { type: TYPE_CNAME, data: encodeName(record.target) };
    case 'ns':
      return { type: TYPE_NS, data: encodeName(record.target) };
  }
}

function encodeIpv6(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  return Buffer.concat(groups.map((group) => uint16(Number.parseInt(group, 16))));
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter(Boolean).map((label) => Buffer.from(label, 'latin1'));
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

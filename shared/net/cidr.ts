import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A network; compare only with `contains`. */
export type Cidr = {
  /** As written, for messages. */
  readonly text: string;
  readonly bytes: readonly number[];
  /** Bits. */
  readonly prefix: number;
};

export type CidrList = readonly Cidr[];

/** Bytes of a literal address: 4 or 16; null when it is none. Zones and odd spellings are no addresses here. */
export function addressBytes(address: string): readonly number[] | null {
  if (isIPv4(address)) return address.split('.').map(Number);
  if (!isIPv6(address) || address.includes('%')) return null;
  return ipaddr.IPv6.parse(address).toByteArray();
}

/** `10.0.0.0/8`, `::1/128`, or an address alone; null when it is neither or has bits beyond the prefix. */
export function parseCidr(text: string): Cidr | null {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const bytes = match?.[1] === undefined ? null : addressBytes(match[1]);
  if (match === null || bytes === null) return null;
  const prefix = match[2] === undefined ? bytes.length * 8 : Number(match[2]);
  if (prefix > bytes.length * 8 || bytes.some((byte, index) => (byte & ~maskByte(prefix, index) & 0xff) !== 0)) return null;
  return { text, bytes, prefix };
}

/** Never across families: an IPv4 address is not in an IPv6 network. */
export function contains(cidr: Cidr, bytes: readonly number[]): boolean {
  if (cidr.bytes.length !== bytes.length) return false;
  return cidr.bytes.every((byte, index) => ((byte ^ (bytes[index] ?? 0)) & maskByte(cidr.prefix, index)) === 0);
}

/** For the tables of this folder: throws on a typing error in them. */
export function cidrs(...texts: readonly string[]): CidrList {
  return texts.map((text) => {
    const cidr = parseCidr(text);
    if (cidr === null) throw new Error(`invariant: ${text} is no network`);
    return cidr;
  });
}

/** The mask's byte at an index: 255, 0, or part of it. */
function maskByte(prefix: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefix - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}

import ipaddr from 'ipaddr.js';
import { AF_INET, AF_INET6, AT, SOCKADDR } from './layout.ts';

export type SocketAddress = { readonly address: string; readonly port: number };

/** Writes a literal of this family as a struct sockaddr at `offset`; its length, or 0 for what is no such literal. */
export function writeSocketAddress(view: DataView, offset: number, { address, port }: SocketAddress, family: 'IPv4' | 'IPv6'): number {
  const bytes = bytesOf(address);
  if (bytes === null || bytes.length !== (family === 'IPv4' ? 4 : 16)) return 0;
  view.setUint16(offset + SOCKADDR.family, family === 'IPv4' ? AF_INET : AF_INET6, true);
  view.setUint16(offset + SOCKADDR.port, port);
  const [at, length] = family === 'IPv4' ? [SOCKADDR.v4Address, SOCKADDR.v4Bytes] : [SOCKADDR.v6Address, SOCKADDR.v6Bytes];
  // What comes before and after the address (flow, scope, padding) is zero.
  for (let index = SOCKADDR.v4Address; index < length; index += 1) view.setUint8(offset + index, bytes[index - at] ?? 0);
  return length;
}

/** The address in the slab's `name`; null where it is of neither family. */
export function readSocketAddress(view: DataView): SocketAddress | null {
  const family = view.getUint16(AT.name + SOCKADDR.family, true);
  const port = view.getUint16(AT.name + SOCKADDR.port);
  const byte = (index: number): number => view.getUint8(AT.name + index);
  if (family === AF_INET) {
    const at = SOCKADDR.v4Address;
    return { address: `${byte(at)}.${byte(at + 1)}.${byte(at + 2)}.${byte(at + 3)}`, port };
  }
  if (family !== AF_INET6) return null;
  return { address: ipaddr.fromByteArray(Array.from({ length: 16 }, (_, index) => byte(SOCKADDR.v6Address + index))).toString(), port };
}

/** Is what was dialled (`address`) where the connection goes (`name`)? Only family, port and address are compared. */
export function isNamedAsDialled(view: DataView, family: 'IPv4' | 'IPv6'): boolean {
  const [at, length] = family === 'IPv4' ? [SOCKADDR.v4Address, 4] : [SOCKADDR.v6Address, 16];
  if (view.getUint32(AT.address, true) !== view.getUint32(AT.name, true)) return false;
  for (let index = at; index < at + length; index += 4) if (view.getUint32(AT.address + index) !== view.getUint32(AT.name + index)) return false;
  return true;
}

function bytesOf(address: string): readonly number[] | null {
  const quads = QUADS.exec(address);
  if (quads !== null) return [Number(quads[1]), Number(quads[2]), Number(quads[3]), Number(quads[4])];
  return ipaddr.IPv6.isValid(address) ? ipaddr.IPv6.parse(address).toByteArray() : null;
}

const QUADS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

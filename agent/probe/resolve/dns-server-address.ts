import { isIPv4, isIPv6 } from 'node:net';
import { isPlainLiteral } from './answer.ts';

/** A check's own name server, taken apart. `server` is the form for `setServers`, always with its port. */
export type DnsServerAddress = { readonly address: string; readonly port: number; readonly server: string };

const DNS_PORT = 53;

/** `1.2.3.4`, `1.2.3.4:53`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:53`; null when it is none of these. */
export function parseDnsServer(text: string): DnsServerAddress | null {
  if (isPlainLiteral(text, 'IPv6')) return serverOf(text, DNS_PORT);
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::([1-9]\d{0,4}))?$/.exec(text);
  const address = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DNS_PORT);
  if (!address || port > 65_535) return null;
  const isRight = match?.[1] === undefined ? isIPv4(address) : isIPv6(address) && !address.includes('%');
  return isRight ? serverOf(address, port) : null;
}

function serverOf(address: string, port: number): DnsServerAddress {
  return { address, port, server: isIPv4(address) ? `${address}:${port}` : `[${address}]:${port}` };
}

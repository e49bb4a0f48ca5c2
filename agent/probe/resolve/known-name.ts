import { isIP } from 'node:net';
import type { IpFamily } from '#shared/check/check.ts';
import { isPlainLiteral, otherFamily } from './answer.ts';
import { hostsKey, type Hosts } from './hosts-file.ts';

/** What is known of a name without asking a name server. */
export type KnownName =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'literalOfOtherFamily' }
  | { readonly kind: 'notAName' }
  /** Ask; the hosts file has addresses of the other family, if `isInHosts`. */
  | { readonly kind: 'ask'; readonly isInHosts: boolean };

const LOOPBACK: Readonly<Record<IpFamily, string>> = { IPv4: '127.0.0.1', IPv6: '::1' };

/** Literals, `localhost` and all below it (RFC 6761 §6.3), then the hosts file. `hosts` null: it does not count. */
export function knownName(hostname: string, family: IpFamily, hosts: Hosts | null): KnownName {
  if (isPlainLiteral(hostname, family)) return { kind: 'addresses', addresses: [hostname] };
  if (isIP(hostname) !== 0) return isPlainLiteral(hostname, otherFamily(family)) ? { kind: 'literalOfOtherFamily' } : { kind: 'notAName' };
  const name = hostsKey(hostname);
  if (!isName(name)) return { kind: 'notAName' };
  if (name === 'localhost' || name.endsWith('.localhost')) return { kind: 'addresses', addresses: [LOOPBACK[family]] };
  const listed = hosts?.get(name);
  if (listed && listed[family].length > 0) return { kind: 'addresses', addresses: listed[family] };
  return { kind: 'ask', isInHosts: listed !== undefined };
}

/**
 * Can this be asked of DNS? ASCII, labels of 1–63, 253 in all, and the last label no number: what getaddrinfo
 * would take for an odd form of an address (`0x7f.1`, `2130706433`) is not looked up.
 */
function isName(name: string): boolean {
  if (name.length > 253) return false;
  const labels = name.split('.');
  if (!labels.every((label) => /^[\x21-\x2d\x2f-\x7e]{1,63}$/.test(label))) return false;
  return !/^(?:\d+|0x[\da-f]*)$/.test(labels.at(-1) ?? '');
}

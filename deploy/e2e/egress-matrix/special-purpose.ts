/**
 * IANA's special-purpose address registries, written down from the registries themselves and not from what the agent
 * knows, with multicast, reserved and deprecated space that other registries hold. Network, prefix, name.
 */
export const SPECIAL_PURPOSE_V4: readonly (readonly [network: string, prefix: number, name: string])[] = [
  ['0.0.0.0', 8, 'this network (RFC 791)'], ['0.0.0.0', 32, 'this host (RFC 1122)'], ['10.0.0.0', 8, 'private use (RFC 1918)'],
  ['100.64.0.0', 10, 'shared address space (RFC 6598)'], ['127.0.0.0', 8, 'loopback (RFC 1122)'], ['169.254.0.0', 16, 'link local (RFC 3927)'],
  ['172.16.0.0', 12, 'private use (RFC 1918)'], ['192.0.0.0', 24, 'protocol assignments (RFC 6890)'], ['192.0.0.0', 29, 'service continuity (RFC 7335)'],
  ['192.0.0.8', 32, 'dummy address (RFC 7600)'], ['192.0.0.9', 32, 'PCP anycast (RFC 7723)'], ['192.0.0.10', 32, 'TURN anycast (RFC 8155)'],
  ['192.0.0.170', 31, 'NAT64 discovery (RFC 7050)'], ['192.0.2.0', 24, 'documentation (RFC 5737)'], ['192.31.196.0', 24, 'AS112-v4 (RFC 7535)'],
  ['192.52.193.0', 24, 'AMT (RFC 7450)'], ['192.88.99.0', 24, '6to4 relay anycast (RFC 7526)'], ['192.88.99.2', 32, '6a44 relay anycast (RFC 6751)'],
  ['192.168.0.0', 16, 'private use (RFC 1918)'], ['192.175.48.0', 24, 'direct delegation AS112 (RFC 7534)'], ['198.18.0.0', 15, 'benchmarking (RFC 2544)'],
  ['198.51.100.0', 24, 'documentation (RFC 5737)'], ['203.0.113.0', 24, 'documentation (RFC 5737)'], ['240.0.0.0', 4, 'reserved (RFC 1112)'],
  ['255.255.255.255', 32, 'limited broadcast (RFC 919)'], ['224.0.0.0', 4, 'multicast (RFC 5771)'], ['169.254.169.254', 32, 'cloud metadata'],
];

export const SPECIAL_PURPOSE_V6: readonly (readonly [network: string, prefix: number, name: string])[] = [
  ['::1', 128, 'loopback (RFC 4291)'], ['::', 128, 'unspecified (RFC 4291)'], ['::ffff:0:0', 96, 'IPv4-mapped (RFC 4291)'],
  ['64:ff9b::', 96, 'NAT64 (RFC 6052)'], ['64:ff9b:1::', 48, 'local NAT64 (RFC 8215)'], ['100::', 64, 'discard only (RFC 6666)'],
  ['100:0:0:1::', 64, 'dummy prefix (RFC 9780)'], ['2001::', 23, 'protocol assignments (RFC 2928)'], ['2001::', 32, 'Teredo (RFC 4380)'],
  ['2001:1::1', 128, 'PCP anycast (RFC 7723)'], ['2001:1::2', 128, 'TURN anycast (RFC 8155)'], ['2001:1::3', 128, 'DNS-SD SRP anycast (RFC 9665)'],
  ['2001:2::', 48, 'benchmarking (RFC 5180)'], ['2001:3::', 32, 'AMT (RFC 7450)'], ['2001:4:112::', 48, 'AS112-v6 (RFC 7535)'],
  ['2001:10::', 28, 'ORCHID (RFC 4843)'], ['2001:20::', 28, 'ORCHIDv2 (RFC 7343)'], ['2001:30::', 28, 'drone remote id (RFC 9374)'],
  ['2001:db8::', 32, 'documentation (RFC 3849)'], ['2002::', 16, '6to4 (RFC 3056)'], ['2620:4f:8000::', 48, 'direct delegation AS112 (RFC 7534)'],
  ['3fff::', 20, 'documentation (RFC 9637)'], ['5f00::', 16, 'segment routing (RFC 9602)'], ['fc00::', 7, 'unique local (RFC 4193)'],
  ['fe80::', 10, 'link local (RFC 4291)'], ['fec0::', 10, 'site local, deprecated (RFC 3879)'], ['ff00::', 8, 'multicast (RFC 4291)'],
  ['::', 96, 'IPv4-compatible, deprecated (RFC 4291)'], ['4000::', 3, 'reserved (RFC 4291)'], ['e000::', 4, 'reserved (RFC 4291)'], ['fd00:ec2::254', 128, 'cloud metadata'],
];

/** The first, the middle and the last address of a network, as bytes. */
export function samplesOf(network: string, prefix: number): readonly (readonly number[])[] {
  const first = bytesOf(network);
  const hostBits = BigInt(first.length * 8 - prefix);
  const base = first.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const size = 1n << hostBits;
  const values = new Set([base, base + size / 2n, base + size - 1n]);
  return [...values].map((value) => Array.from({ length: first.length }, (_, index) => Number((value >> BigInt(8 * (first.length - 1 - index))) & 255n)));
}

/** Of a canonical literal, without the agent's own parser. */
export function bytesOf(address: string): readonly number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const [head = '', tail] = address.split('::');
  const groups = (text: string): readonly number[] => (text === '' ? [] : text.split(':').flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]));
  const [before, after] = [groups(head), tail === undefined ? [] : groups(tail)];
  return [...before, ...Array.from({ length: 16 - before.length - after.length }, () => 0), ...after];
}

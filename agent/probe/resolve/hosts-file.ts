import type { IpFamily } from '#shared/check/check.ts';
import { isPlainLiteral } from './answer.ts';

/** Lower-case name → its addresses in the order of the file. */
export type Hosts = ReadonlyMap<string, Readonly<Record<IpFamily, readonly string[]>>>;

/** /etc/hosts: an address, then its names; `#` to the end of the line is a comment. */
export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, Record<IpFamily, string[]>>();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!address) continue;
    const family = (['IPv4', 'IPv6'] as const).find((one) => isPlainLiteral(address, one));
    if (!family) continue;
    for (const name of names) {
      const key = hostsKey(name);
      const entry = hosts.get(key) ?? { IPv4: [], IPv6: [] };
      if (!entry[family].includes(address)) entry[family].push(address);
      hosts.set(key, entry);
    }
  }
  return hosts;
}

export function hostsKey(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

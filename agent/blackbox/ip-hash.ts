import ipaddr from 'ipaddr.js';

/** FNV-1a, 32 bits, over the 4 or 16 bytes of an address literal: `probe_ip_addr_hash` of blackbox_exporter. */
export function ipAddressHash(address: string): number {
  let hash = 0x811c9dc5;
  for (const byte of ipaddr.parse(address).toByteArray()) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

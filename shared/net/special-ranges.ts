import { type CidrList, cidrs } from './cidr.ts';

export type SpecialRange = {
  /** For messages and counters. */
  readonly rule: string;
  readonly list: CidrList;
};

/**
 * Denied always, to everyone (rules.md 31): unspecified, multicast, broadcast, reserved. No connection to them can
 * mean what a user means. IPv6 space that is not allocated to anything (RFC 4291 §2.4, IANA) is reserved.
 */
export const HARD_DENY: readonly SpecialRange[] = [
  { rule: 'unspecified', list: cidrs('0.0.0.0/8', '::/128') },
  { rule: 'multicast', list: cidrs('224.0.0.0/4', 'ff00::/8') },
  { rule: 'broadcast', list: cidrs('255.255.255.255/32') },
  {
    rule: 'reserved',
    list: cidrs(
      '240.0.0.0/4', '400::/6', '800::/5', '1000::/4', '4000::/3', '6000::/3', '8000::/3', 'a000::/3', 'c000::/3',
      'e000::/4', 'f000::/5', 'f800::/6', 'fe00::/9',
    ),
  },
];

/**
 * The agent's own machine and its surroundings: only the agent's own file may open them (reliability.md). Cloud
 * metadata services answer whoever asks, some of them at addresses outside link-local.
 */
export const LOCAL_ONLY: readonly SpecialRange[] = [
  {
    rule: 'metadata',
    list: cidrs(
      '169.254.169.254/32', '169.254.170.2/32', '100.100.100.200/32', '168.63.129.16/32', '192.0.0.192/32',
      'fd00:ec2::254/128', 'fd20:ce::254/128', 'fd00:c1::a9fe:a9fe/128',
    ),
  },
  { rule: 'loopback', list: cidrs('127.0.0.0/8', '::1/128') },
  { rule: 'link-local', list: cidrs('169.254.0.0/16', 'fe80::/10') },
];

/** IANA's special-purpose registries (IPv4 and IPv6), what is not above, with deprecated local ranges beside them. */
export const SPECIAL_PURPOSE: readonly SpecialRange[] = [
  { rule: 'private-use', list: cidrs('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10') },
  { rule: 'shared-address-space', list: cidrs('100.64.0.0/10') },
  { rule: 'documentation', list: cidrs('192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20') },
  { rule: 'benchmarking', list: cidrs('198.18.0.0/15', '2001:2::/48') },
  { rule: 'protocol-assignments', list: cidrs('192.0.0.0/24', '2001::/23') },
  { rule: 'as112', list: cidrs('192.31.196.0/24', '192.175.48.0/24', '2620:4f:8000::/48') },
  { rule: 'amt', list: cidrs('192.52.193.0/24') },
  { rule: '6to4', list: cidrs('192.88.99.0/24', '2002::/16') },
  { rule: 'ipv4-embedded', list: cidrs('::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '::/96') },
  { rule: 'discard-only', list: cidrs('100::/64', '100:0:0:1::/64') },
  { rule: 'segment-routing', list: cidrs('5f00::/16') },
  { rule: 'deprecated', list: cidrs('200::/7') },
];

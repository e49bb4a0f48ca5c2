import ipaddr from 'ipaddr.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressBytes, cidrs } from './cidr.ts';
import { decideEgress, type EgressPolicy } from './egress-policy.ts';

const none: EgressPolicy = { kind: 'public', localAllow: [], localDeny: [], serverAllow: [], serverDeny: [], ownAddresses: [] };
const policy = (changes: Partial<EgressPolicy>): EgressPolicy => ({ ...none, ...changes });
const rule = (address: string, changes: Partial<EgressPolicy> = {}): string => {
  const decision = decideEgress(address, policy(changes));
  return decision.allowed ? 'allowed' : decision.rule;
};

/** One or two addresses (first, last) of every range in IANA's IPv4 registry, and of multicast. */
const SPECIAL_V4 = [
  '0.0.0.0', '0.255.255.255', '10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255', '127.0.0.1', '127.255.255.255',
  '169.254.0.0', '169.254.169.254', '169.254.255.255', '172.16.0.0', '172.31.255.255', '192.0.0.0', '192.0.0.8', '192.0.0.9',
  '192.0.0.10', '192.0.0.170', '192.0.0.171', '192.0.0.255', '192.0.2.0', '192.0.2.255', '192.31.196.0', '192.31.196.255',
  '192.52.193.0', '192.52.193.255', '192.88.99.0', '192.88.99.255', '192.168.0.0', '192.168.255.255', '192.175.48.0',
  '192.175.48.255', '198.18.0.0', '198.19.255.255', '198.51.100.0', '198.51.100.255', '203.0.113.0', '203.0.113.255',
  '224.0.0.1', '239.255.255.255', '240.0.0.0', '255.255.255.254', '255.255.255.255',
];
const HARD_V4 = new Set(SPECIAL_V4.filter((each) => /^(0|22[4-9]|23\d|24\d|255)\./.test(each)));

/** The same of IANA's IPv6 registry, with multicast, reserved and deprecated space. */
const SPECIAL_V6 = [
  '::', '::1', '::ffff:0:0', '::ffff:ffff:ffff', '64:ff9b::', '64:ff9b::ffff:ffff', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff',
  '100::', '100::ffff:ffff:ffff:ffff', '100:0:0:1::', '100:0:0:1:ffff::', '2001::', '2001:1ff:ffff::', '2001:1::1', '2001:1::2', '2001:1::3',
  '2001:2::', '2001:2:0:ffff::', '2001:3::', '2001:4:112::', '2001:10::', '2001:20::', '2001:2f:ffff::', '2001:30::', '2001:db8::',
  '2001:db8:ffff::', '2002::', '2002:ffff::', '2620:4f:8000::', '2620:4f:8000:ffff::', '3fff::', '3fff:fff:ffff::', '5f00::', '5f00:ffff::',
  'fc00::', 'fdff:ffff::', 'fe80::', 'febf:ffff::', 'fec0::1', 'ff02::1', 'ffff::', '200::1', '4000::', '9000::1', 'f800::',
];

/** Every way an IPv6 address can stand for, or be carried to, an IPv4 one. */
function spellings(v4: string): readonly (readonly [string, string])[] {
  const [a = 0, b = 0, c = 0, d = 0] = addressBytes(v4) ?? [];
  const hex = (...bytes: readonly number[]): string => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const [high, low] = [hex(a, b), hex(c, d)];
  const forms: readonly (readonly [string, string])[] = [
    ['plain', v4],
    ['mapped', `::ffff:${v4}`], ['mapped in hex', `::ffff:${high}:${low}`], ['mapped in full', `0:0:0:0:0:ffff:${high}:${low}`],
    ['translated', `::ffff:0:${v4}`],
    ['NAT64', `64:ff9b::${v4}`], ['NAT64 in hex', `64:ff9b::${high}:${low}`],
    ['local NAT64 /48', `64:ff9b:1:${high}:${hex(0, c)}:${hex(d, 0)}::`], ['local NAT64 /96', `64:ff9b:1::${high}:${low}`],
    ['6to4', `2002:${high}:${low}::1`],
    ['Teredo client', `2001:0:808:808:0:0:${hex(a ^ 255, b ^ 255)}:${hex(c ^ 255, d ^ 255)}`], ['Teredo server', `2001:0:${high}:${low}:0:0:f7f7:f7f7`],
    ['ISATAP', `2606:4700::5efe:${v4}`], ['ISATAP, global bit', `2606:4700::200:5efe:${high}:${low}`],
  ];
  // ::0.0.0.0 and ::0.0.0.1 are addresses of their own.
  return a + b + c === 0 ? forms : [...forms, ['compatible', `::${v4}`]];
}

describe('a public location', () => {
  test.each(SPECIAL_V4)('denies %s in every spelling', (v4) => {
    for (const [how, address] of spellings(v4)) expect([how, address, rule(address)]).not.toContain('allowed');
  });

  test.each(SPECIAL_V6)('denies %s', (address) => {
    expect(rule(address)).not.toBe('allowed');
  });

  test.each(['8.8.8.8', '1.1.1.1', '9.255.255.255', '11.0.0.0', '172.32.0.0', '100.128.0.0', '192.0.1.0', '223.255.255.255', '2606:4700::1', '2001:4860:4860::8888', '2400:cb00::1', '2a00::1'])('allows %s', (address) => {
    expect(rule(address)).toBe('allowed');
  });

  test.each(['', 'localhost', '127.1', '0x7f000001', '2130706433', '[::1]', 'fe80::1%eth0', '１２７.0.0.1', '010.0.0.1', '1.2.3.4/32', '::ffff:127.1'])('denies %s, which is no literal address', (address) => {
    expect(rule(address, { kind: 'open' })).toBe('not-an-address');
  });
});

describe('a private location', () => {
  test.each(['10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fd12:3456::1', '8.8.8.8', '::ffff:10.1.2.3', '64:ff9b::10.1.2.3'])('allows %s', (address) => {
    expect(rule(address, { kind: 'private' })).toBe('allowed');
  });

  test.each([
    ['127.0.0.1', 'loopback'], ['::1', 'loopback'], ['169.254.1.1', 'link-local'], ['fe80::1', 'link-local'],
    ['169.254.169.254', 'metadata'], ['fd00:ec2::254', 'metadata'], ['100.100.100.200', 'metadata'], ['168.63.129.16', 'metadata'],
    ['10.0.0.7', 'own-address'], ['fd00::7', 'own-address'],
  ])('denies %s (%s) until the agent itself allows it, whatever the coordinator says', (address, why) => {
    const own = { kind: 'private', ownAddresses: ['10.0.0.7', 'fd00::7'] } as const;
    expect(rule(address, own)).toBe(why);
    expect(rule(address, { ...own, serverAllow: cidrs('0.0.0.0/0', '::/0') })).toBe(why);
    expect(rule(address, { ...own, localAllow: cidrs(address) })).toBe('allowed');
    for (const [, spelled] of address.includes(':') ? [] : spellings(address)) expect(rule(spelled, own)).not.toBe('allowed');
  });

  test('follows the agent to another address', () => {
    const at = (...ownAddresses: readonly string[]) => decideEgress('10.0.0.7', { ...none, kind: 'private', ownAddresses }).allowed;
    expect([at('10.0.0.7'), at('10.0.0.8'), at('10.0.0.8', '10.0.0.7'), at()]).toEqual([false, true, false, true]);
  });

  test('opens loopback in the way `sonde up` does, for its mapped spelling too', () => {
    const up = { kind: 'private', localAllow: cidrs('127.0.0.0/8', '::1/128') } as const;
    expect(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'].map((each) => rule(each, up))).toEqual(['allowed', 'allowed', 'allowed', 'allowed']);
    expect(rule('169.254.169.254', up)).toBe('metadata');
  });
});

describe('the order of precedence', () => {
  const all = cidrs('0.0.0.0/0', '::/0');

  test.each([...HARD_V4, '::', 'ff02::1', '9000::1', '::ffff:224.0.0.1', '2002:f000:1::1'])('nothing opens %s', (address) => {
    for (const kind of ['public', 'private', 'open'] as const) {
      expect(['unspecified', 'multicast', 'broadcast', 'reserved']).toContain(rule(address, { kind, localAllow: all, serverAllow: all }));
    }
  });

  test.each([
    ['local deny before local allow', '8.8.8.8', { localDeny: all, localAllow: all }, 'local-deny'],
    ['local allow before server deny', '8.8.8.8', { localAllow: all, serverDeny: all }, 'allowed'],
    ['local allow before the default', '10.0.0.1', { localAllow: cidrs('10.0.0.0/8') }, 'allowed'],
    ['server deny before server allow', '8.8.8.8', { serverDeny: all, serverAllow: all }, 'server-deny'],
    ['server allow before the default', '10.0.0.1', { serverAllow: cidrs('10.0.0.0/8') }, 'allowed'],
    ['local deny before the default', '8.8.8.8', { localDeny: cidrs('8.8.8.0/24') }, 'local-deny'],
    ['local deny before server allow', '8.8.8.8', { localDeny: cidrs('8.8.8.0/24'), serverAllow: all }, 'local-deny'],
    ['local deny in the open', '8.8.8.8', { kind: 'open', localDeny: cidrs('8.8.8.0/24') }, 'local-deny'],
    ['the open allows loopback', '127.0.0.1', { kind: 'open' }, 'allowed'],
    ['a denied IPv4 network denies what carries it', '::ffff:8.8.8.8', { kind: 'private', localDeny: cidrs('8.8.8.0/24') }, 'local-deny'],
  ] as const)('%s', (_title, address, changes, expected) => {
    expect(rule(address, changes)).toBe(expected);
  });

  test('a denial says which address, why, and what would allow it', () => {
    expect(decideEgress('127.0.0.1', policy({ kind: 'private' }))).toEqual({
      allowed: false, rule: 'loopback', reason: "127.0.0.1 is the agent's own loopback; only the agent's own settings can allow it (SONDE_EGRESS_ALLOW)",
    });
    expect(decideEgress('2002:7f00:1::1', policy({ kind: 'private' }))).toMatchObject({ reason: expect.stringMatching(/^127\.0\.0\.1 \(within 2002:7f00:1::1\)/) });
  });

  test('agrees with an independent table about every IPv4 address and its mapped form', () => {
    fc.assert(fc.property(fc.ipV4(), (address) => {
      // as112 and AMT are in IANA's registry too.
      const other = ipaddr.IPv4.parse(address).range() === 'unicast';
      expect(rule(address) === 'allowed' || rule(address) === 'metadata').toBe(other);
      expect(rule(`::ffff:${address}`)).not.toBe('allowed');
    }), { numRuns: 500 });
  });
});

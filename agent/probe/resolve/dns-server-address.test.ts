import { expect, it } from 'vitest';
import { parseDnsServer } from './dns-server-address.ts';

it.each([
  ['192.0.2.53', '192.0.2.53', 53, '192.0.2.53:53'],
  ['192.0.2.53:5353', '192.0.2.53', 5353, '192.0.2.53:5353'],
  ['2001:db8::53', '2001:db8::53', 53, '[2001:db8::53]:53'],
  ['[2001:db8::53]', '2001:db8::53', 53, '[2001:db8::53]:53'],
  ['[2001:db8::53]:5353', '2001:db8::53', 5353, '[2001:db8::53]:5353'],
])('the name server %s is an address and a port', (text, address, port, server) => {
  expect(parseDnsServer(text)).toEqual({ address, port, server });
});

it.each(['', 'dns.test', '192.0.2', '0x7f.1', '2130706433', '192.0.2.53:0', '192.0.2.53:65536', '192.0.2.53:', '[192.0.2.53]:53', 'fe80::1%lo', '[fe80::1%lo]:53', '[::1', '192.0.2.53:53:53'])(
  'the name server %j is refused',
  (text) => {
    expect(parseDnsServer(text)).toBeNull();
  },
);

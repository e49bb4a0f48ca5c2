import { describe, expect, test } from 'vitest';
import { classifyHost } from './host.ts';

describe('a host', () => {
  test.each([
    ['redis', 'name', 'redis'],
    ['a_b.Example.COM', 'name', 'a_b.example.com'],
    ['example.com.', 'name', 'example.com.'],
    ['münchen.de', 'name', 'xn--mnchen-3ya.de'],
    ['192.0.2.1', 'ipv4', '192.0.2.1'],
    ['2001:DB8:0::1', 'ipv6', '2001:db8::1'],
    ['::ffff:1.2.3.4', 'ipv6', '::ffff:102:304'],
  ])('%s is a canonical %s: %s', (host, kind, canonical) => {
    expect(classifyHost(host)).toEqual({ kind, canonical });
  });

  test.each([
    ['0x7f.1', /four numbers/], ['2130706433', /four numbers/], ['127.1', /four numbers/], ['010.0.0.1', /four numbers/],
    ['1.2.3.4.5', /four numbers/], ['127.0.0.1.', /four numbers/], ['a.0x1f', /four numbers/],
    ['１２７.0.0.1', /write '127\.0\.0\.1'/], ['ｅxample.com', /write 'example\.com'/], ['日本。jp', /write '日本\.jp'/],
    ['[::1]', /without brackets: ::1/], ['[::1]:80', /without brackets and port: ::1/],
    ['fe80::1%eth0', /write the address without it: fe80::1/],
    ['tcp://a.b:80', /no scheme; write only 'a\.b'/], ['https://user:pw@a.b/x', /no scheme; write only 'a\.b'/],
    ['a.b:80', /its own field; write only 'a\.b'/], ['a.b/x', /no path; write only 'a\.b'/], ['u@a.b', /no user/],
    ['a b', /no spaces/], ['', /empty/], ['a..b', /nothing between two dots/], ['-a.b', /no '-' at its ends/],
    ['a!.b', /only letters/], [`${'x'.repeat(64)}.com`, /longer than 63/], [`${'x.'.repeat(130)}com`, /at most 253/],
    ['::1::2', /neither a DNS name nor an IP address/],
  ])('%s is refused with what to write instead', (host, problem) => {
    expect(classifyHost(host)).toEqual({ kind: 'invalid', problem: expect.stringMatching(problem) });
  });
});

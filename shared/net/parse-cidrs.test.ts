import { describe, expect, test } from 'vitest';
import { parseCidrList } from './parse-cidrs.ts';

describe('a list of networks', () => {
  test('is apart by commas, spaces and lines; an address alone is a network of one', () => {
    const parsed = parseCidrList('127.0.0.0/8,::1/128\n 10.0.0.1  ');
    expect(parsed.ok && parsed.list.map((each) => [each.text, each.prefix])).toEqual([['127.0.0.0/8', 8], ['::1/128', 128], ['10.0.0.1', 32]]);
    expect(parseCidrList('')).toEqual({ ok: true, list: [] });
  });

  test('tells every word that is wrong', () => {
    expect(parseCidrList('10.0.0.1/8, lan, ::/129, 1.2.3.4/x, 10.0.0.0/8')).toEqual({
      ok: false,
      problems: [
        "'10.0.0.1/8' has bits beyond /8; write the network itself, or 10.0.0.1/32 for the one address",
        "'lan' is no network; write it as 10.0.0.0/8 or 2001:db8::/32",
        "'::/129': the prefix is a number from 0 to 128",
        "'1.2.3.4/x': the prefix is a number from 0 to 32",
      ],
    });
  });

  test('has a maximum', () => {
    expect(parseCidrList('1.1.1.1 '.repeat(1_001))).toMatchObject({ ok: false, problems: ['1001 networks, at most 1000 are allowed'] });
  });
});

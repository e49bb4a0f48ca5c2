import { describe, expect, it } from 'vitest';
import { parseTarget } from './target.ts';

describe('a target on the command line', () => {
  it.each([['a.example:80', 'a.example', 80], ['127.0.0.1:65535', '127.0.0.1', 65_535], ['[::1]:6379', '::1', 6379]])('%s', (text, host, port) => {
    expect(parseTarget(text)).toEqual({ host, port });
  });

  it.each([
    ['a.example', "'a.example' has no port: write a.example:<port>"],
    ['::1:6379', "'::1:6379': write an IPv6 address in brackets, as in [::1]:6379"],
    ['a:70000', "'a:70000': the port '70000' is not a number from 1 to 65535"],
    ['a:0', "'a:0': the port '0' is not a number from 1 to 65535"],
    ['[a.example]:80', "'[a.example]:80': only an IPv6 address is written in brackets"],
    [':80', "':80': the host is empty"],
    ['127.1:80', "four numbers"],
  ])('%s is refused in words', (text, message) => {
    expect(() => parseTarget(text)).toThrow(message);
  });
});

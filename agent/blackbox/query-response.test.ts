import { describe, expect, it } from 'vitest';
import { failureOf, probe } from './testing/probe-of-script.ts';

describe('query_response', () => {
  it('sends each line with a newline and fills it with what its expect captured', async () => {
    const answer = await probe(
      [{ do: 'segments', parts: ['22', '0 mx', ' ready\r', '\n'], gapMs: 1 }, { do: 'expect', text: 'EHLO mx x$1\n' }, { do: 'send', bytes: '250-a\r\n250 ok\r\n' }, { do: 'expect', text: '${1}\n' }, { do: 'silence' }],
      '{query_response: [{expect: "^220 (?P<host>\\\\S+) ready$", send: "EHLO ${host} ${2}x$$1"}, {expect: "^250 "}, {send: "${1}"}]}',
    );
    expect(failureOf(answer)).toBeNull();
    expect(answer.received).toBe('EHLO mx x$1\n${1}\n');
  });

  it('matches one line at a time, and skips those that do not', async () => {
    const answer = await probe([{ do: 'send', bytes: 'one\r\n\r\ntwo three\r\n' }, { do: 'silence' }], '{query_response: [{expect: "^two[^x]three$"}]}');
    expect(answer.metrics.get('probe_success')).toBe(1);
    const across = await probe([{ do: 'send', bytes: 'two\nthree\n' }, { do: 'close' }], '{query_response: [{expect: "two[^x]three"}]}');
    expect([across.metrics.get('probe_success'), across.metrics.get('probe_failed_due_to_regex')]).toEqual([0, 1]);
  });

  it('takes a last line that nothing ended once the other side has closed', async () => {
    const answer = await probe([{ do: 'send', bytes: 'bye' }, { do: 'close' }], '{query_response: [{expect: "^bye$"}]}');
    expect(answer.metrics.get('probe_success')).toBe(1);
  });

  it('blames the expression when the other side said something else, and not when it fell silent', async () => {
    const other = await probe([{ do: 'send', bytes: 'no\n' }, { do: 'close' }], '{query_response: [{expect: yes}]}');
    expect([other.metrics.get('probe_failed_due_to_regex'), failureOf(other)]).toEqual([1, 'read ERR_CLOSED_EARLY']);
    const silent = await probe([{ do: 'send', bytes: 'no\n' }, { do: 'silence' }], '{query_response: [{expect: yes}]}', '200ms');
    expect([silent.metrics.get('probe_failed_due_to_regex'), failureOf(silent)]).toEqual([0, 'read SOCKET_TIMEOUT']);
  });

  it('reads counted bytes to the end, also those that came with a line', async () => {
    const answer = await probe(
      [{ do: 'segments', parts: ['hello\nA', 'B', 'CD\nnext\n'], gapMs: 2 }, { do: 'silence' }],
      '{query_response: [{expect: hello, expect_bytes: "ABC"}, {expect_bytes: "D\\n"}, {expect: "^next$"}]}',
    );
    expect([answer.metrics.get('probe_success'), answer.metrics.get('probe_failed_due_to_bytes')]).toEqual([1, 0]);
  });

  it('blames the bytes at the first that differs, and not when there were too few', async () => {
    const differs = await probe([{ do: 'send', bytes: 'AX' }, { do: 'silence' }], '{query_response: [{expect_bytes: "ABCDEF"}]}');
    expect([differs.metrics.get('probe_failed_due_to_bytes'), failureOf(differs)]).toEqual([1, 'read ERR_EXPECT_MISMATCH']);
    const short = await probe([{ do: 'send', bytes: 'AB' }, { do: 'close' }], '{query_response: [{expect_bytes: "ABCDEF"}]}');
    expect([short.metrics.get('probe_failed_due_to_bytes'), failureOf(short)]).toEqual([0, 'read ERR_CLOSED_EARLY']);
  });

  it('gives the labels of a match, escaped, and bytes that are no text as they can be shown', async () => {
    const answer = await probe(
      [{ do: 'send', bytes: 'v "7"\\ \xff\n' }, { do: 'silence' }],
      '{query_response: [{expect: "^v (.*) (.)$", labels: [{name: version, value: "v$1"}, {name: odd, value: "${2}"}, {name: fixed, value: "$$"}]}]}',
    );
    expect(answer.body).toContain('probe_expect_info{version="v\\"7\\"\\\\",odd="\ufffd",fixed="$"} 1\n');
  });

  it.each([
    ['a line without an end', [{ do: 'flood' }], 'read ERR_RESPONSE_TOO_LARGE'],
    ['more lines than can be looked at', [{ do: 'send', bytes: 'x\n'.repeat(40_000) }, { do: 'silence' }], 'read ERR_RESPONSE_TOO_LARGE'],
    ['a reset', [{ do: 'send', bytes: 'x' }, { do: 'pause', ms: 20 }, { do: 'reset' }], 'read ECONNRESET'],
  ] as const)('ends with a failure at %s', async (_what, script, failure) => {
    expect(failureOf(await probe(script, '{query_response: [{expect: "^never$"}]}'))).toBe(failure);
  });
});

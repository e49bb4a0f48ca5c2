import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { anAssertion } from '../testing/an-assertion.ts';
import { compileAssertions, type CompiledAssertion } from './compile.ts';
import { DataAssertions, standingOf } from './standing.ts';
import type { Assertion } from '../check/check.ts';

function compiled(changes: Partial<Assertion>): CompiledAssertion {
  const result = compileAssertions([anAssertion(changes)]);
  if (!result.ok || result.assertions[0] === undefined) throw new Error('does not compile');
  return result.assertions[0];
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const finalOf = (changes: Partial<Assertion>, response: string | Uint8Array): string =>
  standingOf(compiled(changes), typeof response === 'string' ? bytes(response) : response).final;

describe('while bytes arrive, an assertion on data is decided for good', () => {
  test.each([
    [{ comparison: 'CONTAINS', target: 'PONG' }, '+PONG', 'true'],
    [{ comparison: 'CONTAINS', target: 'PONG' }, '+PO', 'open'],
    [{ comparison: 'NOT_CONTAINS', target: 'ERR' }, '-ERR', 'false'],
    [{ comparison: 'NOT_CONTAINS', target: 'ERR' }, '+OK', 'open'],
    [{ comparison: 'NOT_EMPTY' }, 'x', 'true'],
    [{ comparison: 'NOT_EMPTY' }, '', 'open'],
    [{ comparison: 'IS_EMPTY' }, 'x', 'false'],
    [{ comparison: 'IS_EMPTY' }, '', 'open'],
    [{ comparison: 'EQUALS', target: 'S' }, 'S', 'open'],
    [{ comparison: 'EQUALS', target: 'S' }, 'SS', 'false'],
    [{ comparison: 'EQUALS', target: 'SN' }, 'N', 'false'],
    [{ comparison: 'NOT_EQUALS', target: 'S' }, 'N', 'open'],
    [{ comparison: 'MATCHES', target: '\\d+' }, '22', 'open'],
    [{ comparison: 'MATCHES', target: '\\d+' }, '22 ', 'true'],
    [{ comparison: 'MATCHES', target: '\\d+$' }, '22', 'open'],
    [{ comparison: 'NOT_MATCHES', target: '5\\d\\d' }, '550 no', 'false'],
    [{ comparison: 'NOT_MATCHES', target: '5\\d\\d' }, '250 ok', 'open'],
    [{ comparison: 'GREATER_THAN', target: '1' }, '5', 'open'],
    [{ comparison: 'CONTAINS', property: '(.*)', target: 'a' }, 'aaa', 'open'],
  ] as const)('%o after %j: %s', (changes, response, final) => {
    expect(finalOf(changes, response)).toBe(final);
  });

  test('a replacement character in the target is not taken for the bytes it also stands for', () => {
    expect(finalOf({ comparison: 'CONTAINS', target: '\u{FFFD}' }, Uint8Array.of(0xff))).toBe('open');
    expect(standingOf(compiled({ comparison: 'CONTAINS', target: '\u{FFFD}' }), Uint8Array.of(0xff)).holdsNow).toBe(true);
  });

  test('what is decided stays as decided, whatever comes, and agrees with the judgement of the whole', () => {
    const comparison = fc.constantFrom<Assertion['comparison']>('CONTAINS', 'NOT_CONTAINS', 'NOT_EMPTY', 'IS_EMPTY', 'EQUALS', 'NOT_EQUALS', 'MATCHES', 'NOT_MATCHES');
    const target = fc.constantFrom('a', 'ab', 'é', 'b+', 'a\\b', 'b$', '(?m)a$', 'aé?b');
    const chunk = fc.uint8Array({ maxLength: 4 }).map((raw) => raw.map((each) => [0x61, 0x62, 0xc3, 0xa9, 0x0a][each % 5] ?? 0x61));
    fc.assert(fc.property(comparison, target, fc.array(chunk, { maxLength: 12 }), (how, what, chunks) => {
      const assertion = compiled({ comparison: how, target: what });
      const data = new DataAssertions([assertion]);
      let decided = 'open';
      let seen = new Uint8Array(0);
      for (const each of chunks) {
        data.feed(each);
        seen = Uint8Array.of(...seen, ...each);
        const [now] = data.standings();
        if (decided !== 'open') expect(now?.final).toBe(decided);
        decided = now?.final ?? 'open';
        expect(now?.holdsNow).toBe(standingOf(assertion, seen).holdsNow);
        expect(data.holdNow()).toBe(decided === 'false' || now?.holdsNow === true);
      }
    }), { numRuns: 400 });
  });

  test('a word is found across the border of segments, however they are cut', () => {
    fc.assert(fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 5 }), (cuts) => {
      const data = new DataAssertions([compiled({ comparison: 'CONTAINS', target: 'OpenSSH' })]);
      const all = bytes('SSH-2.0-OpenSSH_9.2\r\n');
      let from = 0;
      for (const to of [...cuts.toSorted((a, b) => a - b), all.length]) {
        data.feed(all.subarray(from, to));
        from = Math.max(from, to);
      }
      expect(data.allFinal).toBe(true);
    }));
  });

  test('64 KiB in segments of one byte stay bounded, and a pattern past its budget is still judged at the end', () => {
    const data = new DataAssertions([compiled({ comparison: 'MATCHES', target: 'z{2}' }), compiled({ comparison: 'CONTAINS', target: 'nowhere' })]);
    const byte = bytes('a');
    const before = process.threadCpuUsage();
    for (let i = 0; i < 65_536; i += 1) data.feed(byte);
    data.feed(bytes('zz!'));
    expect(process.threadCpuUsage(before).user).toBeLessThan(3_000_000);
    expect(data.standings().map((each) => each.final)).toEqual(['open', 'open']);
    expect(data.standings().map((each) => each.holdsNow)).toEqual([true, false]);
    expect(data.holdNow()).toBe(false);
  });

  test('a look that would be long here is left to somebody else, whose findings count as its own', () => {
    const assertion = compiled({ comparison: 'MATCHES', target: '(ready|steady) now' });
    const [here, elsewhere] = [new DataAssertions([assertion]), new DataAssertions([assertion], 1_000)];
    for (const [part, isLong] of [['a'.repeat(10), false], ['b'.repeat(1_000), true], ['steady now!', true]] as const) {
      for (const data of [here, elsewhere]) data.feed(bytes(part));
      expect([here.isBehind, elsewhere.isBehind]).toEqual([false, isLong]);
      expect(elsewhere.holdStepsMax > 1_000).toBe(isLong);
      if (isLong) expect(elsewhere.settle(here.standings())).toBe(here.holdNow());
      expect(elsewhere.isBehind).toBe(false);
      expect(elsewhere.allFinal).toBe(here.allFinal);
    }
    expect(elsewhere.allFinal).toBe(true);
  });

  test('only assertions on data are waited for', () => {
    const data = new DataAssertions([compiled({ source: 'RESPONSE_TIME', comparison: 'LESS_THAN', target: '5' })]);
    expect([data.isEmpty, data.allFinal]).toEqual([true, true]);
  });
});

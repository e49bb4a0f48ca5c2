import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpect, findExpected } from './expect-pattern.ts';
import { utf8Offset } from './utf8-offset.ts';

function find(source: string, unread: string) {
  const compiled = compileExpect(source);
  if (!compiled.ok) throw new Error(compiled.problem);
  return findExpected(compiled.pattern, unread);
}

describe('a pattern over bytes', () => {
  it.each([
    ['^S', 'S', false],
    ['\\+PONG', '+PONG', false],
    ['220 .*\\r\\n', '220 hi\r\n', false],
    ['220 .*', '220 hi', true],
    ['220 .*', '220 hi\r\n', false],
    ['\\d+', '12', true],
    ['ready$', 'ready', true],
    ['a|ab', 'a', false],
    ['end\\b', 'end', true],
    ['end\\b', 'end.', false],
    ['^\\+OK(?: ready)?', '+OK', true],
    ['^\\+OK(?: ready)?', '+OK r', true],
    ['^\\+OK(?: ready)?', '+OK\r', false],
    ['xq?', 'x', true],
    ['(ab|a)', 'a', true],
    ['a(?:.*z)?', 'ab c', true],
    ['a(?:.*z)?', 'ab c\n', false],
    ['ab.*z|c', 'abc', true],
    ['(?s)a.*?b', 'a b', false],
    ['(?m)^250$', '250\r', undefined],
    ['(?m)^250$', '250\n', false],
    ['Gr.\u00df?', 'Gr\xc3', true],
  ] as const)('/%s/ on %j may still grow: %s', (source, unread, mayGrow) => {
    expect(find(source, unread)?.mayGrow).toBe(mayGrow);
  });

  it('counts bytes, whatever they are', () => {
    expect(find('^.{3}\\xff', '\xc3\xbc\x00\xff!')).toMatchObject({ end: 4, matched: Buffer.from('\xc3\xbc\x00\xff', 'latin1') });
  });

  it('counts characters when it is written in more than ASCII', () => {
    expect(find('ü.', 'x\xff\xc3\xbc\xe2\x82\xacrest')).toMatchObject({ end: 7, matched: Buffer.from('ü€') });
  });

  it('refuses what the engine refuses', () => {
    expect(compileExpect('(?=x)').ok).toBe(false);
  });
});

describe('the offset of a character in its bytes', () => {
  it('is where the WHATWG decoder put it, for any bytes', () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const tricky = fc.constantFrom(0x41, 0x80, 0xbf, 0xc2, 0xc3, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f, 0xff);
    fc.assert(fc.property(fc.array(fc.oneof(tricky, fc.integer({ min: 0, max: 255 })), { maxLength: 24 }), (values) => {
      const bytes = Uint8Array.from(values);
      const characters = [...decoder.decode(bytes)];
      let index = 0;
      for (const character of characters) {
        index += character.length;
        const offset = utf8Offset(bytes, index);
        expect(decoder.decode(bytes.subarray(0, offset))).toBe(characters.join('').slice(0, index));
      }
      expect(utf8Offset(bytes, index)).toBe(bytes.length);
    }), { numRuns: 2_000 });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, type Pattern } from './pattern.ts';

function pattern(source: string): Pattern {
  const compiled = compilePattern(source);
  if (!compiled.ok) throw new Error(compiled.problem);
  return compiled.pattern;
}

const pieces = fc.constantFrom('a', 'b', '[ab]', '.', 'a*', 'b+?', '(a|b)', '(ab)?', '(?:ba)+', '(ab|a)', 'c{1,3}', '$', '\\b', '(?m)^', '(?m)$', '\\B', '(?: ready)?', '(?s:.)*b', '|', 'c(?:.*b)?');
const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n'), maxLength: 8 });

describe('whether a match could become another one', () => {
  it('is never denied when some text that follows does change it', () => {
    fc.assert(fc.property(fc.array(pieces, { minLength: 1, maxLength: 5 }), texts, texts, (parts, text, more) => {
      const each = pattern(parts.join(''));
      const before = each.find(text);
      fc.pre(before !== null);
      const after = each.find(text + more);
      const isSame = after !== null && before !== null && after.start === before.start && after.end === before.end;
      if (!isSame) expect(each.couldMatchChange(text)).toBe(true);
    }), { numRuns: 5_000 });
  });

  it.each([['a', 'a'], ['\\+PONG', '+PONG'], ['220 .*\\n', '220 hi\n'], ['(?s)a.*?b', 'a b'], ['a|ab', 'a'], ['^S|^N', 'S']])('is denied for /%s/ on %j', (source, text) => {
    expect(pattern(source).couldMatchChange(text)).toBe(false);
  });

  it('is found out in one pass over a long text', () => {
    expect(pattern('(?:a|b|ab)*c?').couldMatchChange('ab'.repeat(32_768))).toBe(true);
    expect(pattern('a.*\\n').couldMatchChange(`a${'b'.repeat(65_000)}\n`)).toBe(false);
  });
});

import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileLinePattern } from '#agent/blackbox/line-pattern.ts';
import { UnreadLines } from '#agent/blackbox/unread-lines.ts';
import { compileExpect, findExpected } from '#agent/probe/dialogue/expect-pattern.ts';
import { lineToStream } from './line-to-stream.ts';

type Found = { readonly rest: string; readonly groups: readonly (string | null)[] } | null;

const WANTED = new Map([[1, 'g1'], [2, 'g2']]);

/** What blackbox_exporter does: line by line, consuming whole lines. */
function byLine(source: string, text: string): Found {
  const compiled = compileLinePattern(source);
  if (!compiled.ok) throw new Error(compiled.problem);
  const unread = new UnreadLines();
  unread.append(Buffer.from(text, 'latin1'));
  for (let line = unread.takeLine(); line !== null; line = unread.takeLine()) {
    const match = compiled.pattern.match(line);
    if (match === null) continue;
    const shown = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('latin1'));
    return { rest: shown(unread.take(Infinity)) ?? '', groups: [shown(match.group(1)), shown(match.group(2))] };
  }
  return null;
}

/** What a check's `expect` does with the rewritten expression. */
function inStream(source: string, text: string): Found {
  const stream = lineToStream(source, WANTED);
  if (!stream.ok) throw new Error(stream.problem);
  const compiled = compileExpect(stream.pattern);
  if (!compiled.ok) throw new Error(`${stream.pattern}: ${compiled.problem}`);
  const match = findExpected(compiled.pattern, text);
  if (match === null) return null;
  const captures = new Map(match.captures);
  const group = (name: string): string | null => {
    const bytes = captures.get(name);
    return bytes === undefined ? null : Buffer.from(bytes).toString('latin1');
  };
  return { rest: text.slice(match.end), groups: [group('g1'), group('g2')] };
}

const PATTERNS = [
  '^220 (.*)$', 'a', '^a', 'b$', '^$', '', '(a+)(b*)', 'a|^b', '^(a|b) ?(.*)$', '[^a]b', '\\S+\\s(\\S*)', '(\\w)\\W(\\w)', '(?i)A(B)?', '\\D(\\d)', '(?s)a.(b)',
  '(?m)^a(.)$', '\\Aa(.*)\\z', '[\\s]b', '[[:space:]](b)', 'a.?$', '.*(a).*', '(?P<x>a)(b)?', '\\Qa.\\Eb', '(?:a|b){2}', 'a\\b', '([^ ]+) ([^ ]+)', '(.*?)(?:a|$)', '\\x61(\\.|-)', '[]a](.)',
];

describe('an expression for lines, made one for a stream', () => {
  it.each(PATTERNS)('/%s/ finds, captures and consumes the same', (source) => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '2', '0', '.', '-', '\t', '\r\n', '\n', 'A', 'B'), maxLength: 24 }), (text) => {
      expect(inStream(source, `${text}\n220 a\r\n`)).toEqual(byLine(source, `${text}\n220 a\r\n`));
    }), { numRuns: 60 });
  });

  it.each([
    ['a\\nb', 'a line has no newline in it, so this never matches one'],
    ['[a\\n]', 'a line has no newline in it; write the class in [...] without it'],
    ['(a|$)', "$ within a group that send asks for would capture the \\r of the line's end; put it behind the group"],
    ['[\\W_]', '\\W within [...] also matches the end of a line; write the class without it'],
    ['[\\x00-\\x1f]', 'the range from \\x00 within [...] may match the end of a line; write the class without it'],
    ['[[:^alpha:]]', '[:^alpha:] within [...] also matches the end of a line; write the class without it'],
  ])('/%s/ is refused with a reason', (source, problem) => {
    expect(lineToStream(source, WANTED)).toEqual({ ok: false, problem });
  });
});

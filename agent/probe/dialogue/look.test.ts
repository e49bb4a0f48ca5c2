import { describe, expect, it } from 'vitest';
import { compileExpect } from './expect-pattern.ts';
import { Look } from './look.ts';

describe('looking for a pattern while bytes arrive', () => {
  it('stays within its budget however small the pieces are', () => {
    const compiled = compileExpect('(ab|ba)+!');
    if (!compiled.ok) throw new Error(compiled.problem);
    let looked = 0;
    const { pattern } = compiled.pattern;
    const counting = { ...compiled.pattern, pattern: { ...pattern, find: (text: string, from?: number) => { looked += text.length; return pattern.find(text, from); } } };
    const unread = { text: '' };
    const look = new Look(counting, unread);
    for (let piece = 0; piece < 65_535; piece += 1) {
      unread.text += piece % 2 === 0 ? 'a' : 'b';
      expect(look.whenFew()).toBeNull();
    }
    unread.text += '!';
    // Every byte anew would be 2 · 10⁹.
    expect(looked).toBeLessThan(4_200_000);
    expect(look.inFull()).toMatchObject({ end: 65_536 });
  });
});

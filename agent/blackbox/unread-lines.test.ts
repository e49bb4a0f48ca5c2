import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnreadLines } from './unread-lines.ts';

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('latin1'));

describe('what has not been read', () => {
  it('comes in lines without their ends, and the last one as it is', () => {
    const unread = new UnreadLines();
    unread.append(Buffer.from('a\r\n\n b\r\r\nc\r'));
    expect([unread.takeLine(), unread.takeLine(), unread.takeLine(), unread.takeLine(), unread.takeRest(), unread.takeRest()].map(text))
      .toEqual(['a', '', ' b\r', null, 'c', null]);
  });

  it('loses nothing between lines and counted bytes, however it arrives', () => {
    fc.assert(fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', '\r', '\n'), maxLength: 200 }), fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 50 }), fc.array(fc.boolean(), { maxLength: 80 }),
      (all, sizes, choices) => {
        const unread = new UnreadLines();
        let taken = '';
        let at = 0;
        for (const [index, isLine] of choices.entries()) {
          const size = sizes[index % Math.max(1, sizes.length)] ?? 1;
          unread.append(Buffer.from(all.slice(at, at + size), 'latin1'));
          at += size;
          if (!isLine) taken += text(unread.take(2));
          else {
            const before = unread.length;
            const line = text(unread.takeLine());
            if (line !== null) taken += line + (before - unread.length - line.length === 2 ? '\r\n' : '\n');
          }
        }
        taken += text(unread.take(Infinity));
        expect(taken).toBe(all.slice(0, at));
      },
    ), { numRuns: 300 });
  });
});

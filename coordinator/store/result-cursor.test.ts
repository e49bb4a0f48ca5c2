import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadCursorError, formatCursor, parseCursor } from './result-cursor.ts';

describe('a cursor', () => {
  it('reads back as it was written', () => {
    fc.assert(fc.property(fc.record({ dueAtMs: fc.nat({ max: 8.64e15 }), runId: fc.uuid(), attempt: fc.integer({ min: 1, max: 11 }) }), (cursor) => {
      expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
    }));
  });

  it('that we never gave is refused, whatever it is', () => {
    fc.assert(fc.property(fc.string(), (text) => {
      expect(() => parseCursor(text)).toThrow(BadCursorError);
    }));
  });
});

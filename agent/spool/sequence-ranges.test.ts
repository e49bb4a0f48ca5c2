import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withRange, type SequenceRange } from './sequence-ranges.ts';

it('ranges hold exactly the sequences that were added, and never touch each other', () => {
  const aRange = fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 6 })).map(([from, length]): SequenceRange => ({ from, until: from + length }));
  const sequencesOf = (ranges: readonly SequenceRange[]): number[] => ranges.flatMap(({ from, until }) => Array.from({ length: until - from }, (_, n) => from + n));
  fc.assert(fc.property(fc.array(aRange, { maxLength: 12 }), (added) => {
    const ranges = added.reduce<readonly SequenceRange[]>(withRange, []);
    expect(sequencesOf(ranges).sort((a, b) => a - b)).toEqual([...new Set(sequencesOf(added))].sort((a, b) => a - b));
    const inOrder = ranges.toSorted((a, b) => a.from - b.from);
    expect(inOrder.every(({ until }, index) => until < (inOrder[index + 1]?.from ?? Infinity))).toBe(true);
  }));
});

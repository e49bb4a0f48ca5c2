/** Sequences with `from ≤ sequence < until`. */
export type SequenceRange = { readonly from: number; readonly until: number };

/** The ranges and one more, those that touch it made one with it: as few as there are holes between them. */
export function withRange(ranges: readonly SequenceRange[], added: SequenceRange): readonly SequenceRange[] {
  const touches = ({ from, until }: SequenceRange): boolean => from <= added.until && until >= added.from;
  const joined = ranges.filter(touches).reduce((sum, { from, until }) => ({ from: Math.min(sum.from, from), until: Math.max(sum.until, until) }), added);
  return [...ranges.filter((range) => !touches(range)), joined];
}

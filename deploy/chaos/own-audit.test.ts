import { expect, test } from 'vitest';
import { otherwiseThan, type Books } from './own-audit.ts';

const FOUND = { due: 6, results: 4, gaps: { agent_lost: 1, no_agent: 1 } };
const BOOKS: Books = { due: 3, results: 2, gapCount: 1, pending: 0, missing: 0, double: 0, unowed: 0 };

test('books that add up to what the lab found say nothing', () => {
  expect(otherwiseThan(FOUND, 'audit', [BOOKS, BOOKS])).toEqual([]);
});

test.each<[string, readonly Books[], readonly string[]]>([
  ['a hole that the lab did not find', [BOOKS, { ...BOOKS, results: 1, missing: 1 }], ['audit: results 3, and the lab finds 4', 'audit: missing 1, and the lab finds 0']],
  ['a slot still pending', [BOOKS, { ...BOOKS, gapCount: 0, pending: 1 }], ['audit: gapCount 1, and the lab finds 2', 'audit: pending 1, and the lab finds 0']],
  ['a check that is not in them', [BOOKS], ['audit: due 3, and the lab finds 6', 'audit: results 2, and the lab finds 4', 'audit: gapCount 1, and the lab finds 2']],
])('%s is told', (_what, books, told) => {
  expect(otherwiseThan(FOUND, 'audit', books)).toEqual(told);
});

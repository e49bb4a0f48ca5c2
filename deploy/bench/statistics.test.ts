import { expect, test } from 'vitest';
import { percentile, spreadOf } from './statistics.ts';

test.each([
  [[3], 0.99, 3],
  [[1, 2, 3, 4, 5], 0.5, 3],
  [[1, 2], 0.5, 1.5],
  [[0, 10], 0.99, 9.9],
] as const)('of %j the %d-quantile is %d', (values, fraction, expected) => {
  expect(percentile(values, fraction)).toBeCloseTo(expected, 10);
});

test('rounds are told by their middle one and their range, in whatever order they came', () => {
  expect(spreadOf([5, 1, 9])).toEqual({ median: 5, min: 1, max: 9 });
});

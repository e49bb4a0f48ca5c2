import { expect, test } from 'vitest';
import { restartDelayMs } from './restart-policy.ts';

test('a first death is made good at once, many in a row wait half a minute each', () => {
  expect([1, 2, 3, 4].map(restartDelayMs)).toEqual([100, 200, 400, 800]);
  expect([9, 10, 50, 5_000].map(restartDelayMs)).toEqual([25_600, 30_000, 30_000, 30_000]);
});

import { expect, test } from 'vitest';
import { staleness } from './generate.ts';

test('the committed code is what the contract generates', () => {
  expect(staleness()).toBeNull();
});

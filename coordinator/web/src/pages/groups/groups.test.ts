import { expect, test } from 'vitest';
import { cadenceOf, everySeconds, everyText } from './groups.ts';

test('how often a group runs is the same before and after it is written', () => {
  for (const seconds of [null, 10, 45, 60, 90, 600, 3_600, 86_400]) expect(everySeconds(cadenceOf(seconds))).toBe(seconds);
});

test('how often a group runs is said in its largest whole unit', () => {
  expect([10, 60, 90, 600, 3_600, 86_400].map(everyText)).toEqual(['every 10 s', 'every minute', 'every 90 s', 'every 10 min', 'every hour', 'every 24 h']);
});

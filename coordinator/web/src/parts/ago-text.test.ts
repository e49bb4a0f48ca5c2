import { describe, expect, test } from 'vitest';
import { agoText, durationText, percentText } from './ago-text.ts';

describe('times as people read them', () => {
  test.each([
    [0, 'just now'], [1_999, 'just now'], [12_000, '12 s ago'], [59_999, '59 s ago'], [60_000, '1 min ago'],
    [7_199_999, '1 h ago'], [172_800_000, '2 d ago'], [-180_000, 'in 3 min'],
  ])('%i ms before now is "%s"', (agoMs, text) => expect(agoText(1_000_000_000_000 - agoMs, 1_000_000_000_000)).toBe(text));

  test.each([[850, '850 µs'], [1_234, '1.23 ms'], [12_345, '12.3 ms'], [123_456, '123 ms'], [1_240_000, '1.24 s']])(
    '%i µs are %s', (us, text) => expect(durationText(us)).toBe(text),
  );

  test('one failure in a million is not 100 %', () => {
    expect(percentText(1)).toBe('100 %');
    expect(percentText(0.999_999)).toBe('99.99 %');
    expect(percentText(0.5)).toBe('50.0 %');
  });
});

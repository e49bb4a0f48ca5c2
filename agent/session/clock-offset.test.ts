import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClockOffsetEstimate, UNKNOWN_OFFSET } from './clock-offset.ts';

/** An agent 5 s ahead; `thereUs` and `backUs` on the way. */
function exchange(thereUs: number, backUs: number, sentUs = 0) {
  const receivedUs = sentUs - 5_000_000 + thereUs;
  return { sentUs, receivedUs, repliedUs: receivedUs + 100, arrivedUs: sentUs + thereUs + 100 + backUs };
}

test('an even way there and back gives the offset exactly, with half the way as its error', () => {
  const estimate = new ClockOffsetEstimate();
  estimate.add(exchange(2_000, 2_000));
  expect(estimate.best).toEqual({ offsetUs: 5_000_000, errorUs: 2_000 });
});

test('whatever the ways there and back took, the offset is never wrong by more than the stated error', () => {
  const wayUs = fc.nat(10_000_000);
  fc.assert(fc.property(fc.array(fc.tuple(wayUs, wayUs), { minLength: 1, maxLength: 20 }), (ways) => {
    const estimate = new ClockOffsetEstimate();
    ways.forEach(([thereUs, backUs], index) => {
      estimate.add(exchange(thereUs, backUs, index * 2_000_000));
      expect(Math.abs(estimate.best.offsetUs - 5_000_000)).toBeLessThanOrEqual(estimate.best.errorUs);
    });
  }));
});

test('an offset that was never measured is not claimed to be exact', () => {
  expect(new ClockOffsetEstimate().best).toEqual({ offsetUs: 0, errorUs: 1_000_000 });
});

test('the shortest way of the last eight counts', () => {
  const estimate = new ClockOffsetEstimate();
  estimate.add(exchange(100, 100));
  for (let n = 0; n < 7; n += 1) estimate.add(exchange(50_000, 20_000));
  expect(estimate.best.errorUs).toBe(100);
  estimate.add(exchange(50_000, 20_000));
  expect(estimate.best.errorUs).toBe(35_000);
});

test('a clock that was set makes all samples before it worthless', () => {
  const estimate = new ClockOffsetEstimate();
  for (let n = 0; n < 8; n += 1) estimate.add(exchange(100, 100));
  const { sentUs, receivedUs, repliedUs, arrivedUs } = exchange(3_000, 3_000);
  estimate.add({ sentUs: sentUs + 60_000_000, receivedUs, repliedUs, arrivedUs: arrivedUs + 60_000_000 });
  expect(estimate.best).toEqual({ offsetUs: 65_000_000, errorUs: 3_000 });
});

test('a clock that was set in the middle of an exchange is no sample', () => {
  const estimate = new ClockOffsetEstimate();
  estimate.add({ sentUs: 1_000, receivedUs: 500, repliedUs: 600, arrivedUs: 900 });
  expect(estimate.best).toEqual(UNKNOWN_OFFSET);
});

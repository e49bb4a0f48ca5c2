import { expect, test } from 'vitest';
import { errorsAgainst, type Truth } from './truth.ts';
import type { Sample } from './window.ts';

const aSample = (changes: Partial<Sample> = {}): Sample => (
  { address: 1, endedUs: 5_000, connectUs: 150, firstByteUs: 2_300, totalUs: 2_500, isOk: true, dueUs: 900, ...changes }
);
const aTruth = (changes: Partial<Truth> = {}): Truth => (
  { address: 1, handshakeUs: 50, arrivedUs: 1_000, beforeSendUs: 3_000, afterSendUs: 3_020, ...changes }
);

test('the error of a time is its distance from what the kernel saw, whichever side it is on', () => {
  expect(errorsAgainst([aTruth()], [aSample()])).toEqual({ connect: [100], firstByte: [290], total: [440], lateness: [100], unmatched: 0 });
  expect(errorsAgainst([aTruth({ handshakeUs: 170 })], [aSample()]).connect).toEqual([20]);
});

test('within an address the first check is the first exchange, whatever other addresses did meanwhile', () => {
  const truths = [aTruth({ handshakeUs: 10 }), aTruth({ address: 2, handshakeUs: 20 }), aTruth({ handshakeUs: 30 })];
  const samples = [aSample({ address: 2, connectUs: 20 }), aSample({ connectUs: 10 }), aSample({ connectUs: 30 })];
  expect(errorsAgainst(truths, samples).connect).toEqual([0, 0, 0]);
});

test('an exchange whose check was cut off by the end of the window is nobody\'s', () => {
  expect(errorsAgainst([aTruth(), aTruth()], [aSample()]).connect).toHaveLength(1);
});

test('an address with a check that never reached the target is left out as a whole, and counted', () => {
  const errors = errorsAgainst([aTruth(), aTruth({ address: 2 })], [aSample(), aSample({ isOk: false }), aSample({ address: 2 })]);
  expect(errors).toMatchObject({ unmatched: 2 });
  expect(errors.connect).toHaveLength(1);
});

test('what a prober does not tell has no error', () => {
  expect(errorsAgainst([aTruth()], [aSample({ connectUs: NaN, firstByteUs: NaN, dueUs: NaN })])).toMatchObject({ connect: [], firstByte: [], total: [440], lateness: [] });
});

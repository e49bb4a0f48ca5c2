import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { onAbort } from './on-abort.ts';

test('everybody who still waits is called, once, and who has stopped waiting is not', () => {
  const stopping = new AbortController();
  const called: string[] = [];
  onAbort(stopping.signal, () => called.push('first'));
  onAbort(stopping.signal, () => called.push('second'))();
  onAbort(stopping.signal, () => called.push('third'));
  stopping.abort();
  stopping.abort();
  expect(called).toEqual(['first', 'third']);
});

test('one that is called may stop another that has not been called yet', () => {
  const stopping = new AbortController();
  const called: string[] = [];
  onAbort(stopping.signal, () => { called.push('first'); stopSecond(); });
  const stopSecond = onAbort(stopping.signal, () => called.push('second'));
  stopping.abort();
  expect(called).toEqual(['first']);
});

test('a signal has one listener, however many wait', () => {
  const { signal } = new AbortController();
  for (let count = 0; count < 100; count += 1) onAbort(signal, () => {});
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
});

test('without a signal, or after it has aborted, nobody is called', () => {
  const called: string[] = [];
  onAbort(undefined, () => called.push('never'))();
  onAbort(AbortSignal.abort(), () => called.push('never'))();
  expect(called).toEqual([]);
});

import { expect, test } from 'vitest';
import { BackfillGate } from './backfill-gate.ts';

test('twelve batches of a backlog are at work at a time, the others in the order they came, and one that fails makes room', async () => {
  const gate = new BackfillGate();
  const begun: number[] = [];
  const ends: ((how: 'done' | 'failed') => void)[] = [];
  const all = Array.from({ length: 40 }, (_, n) => gate.through(() => new Promise<void>((resolve, reject) => {
    begun.push(n);
    ends.push((how) => (how === 'done' ? resolve() : reject(new Error('no batch at all'))));
  })).then(() => 'done', () => 'failed'));
  const aTurn = () => new Promise((resolve) => { setImmediate(resolve); });
  for (let ended = 0; ended < 40; ended += 1) {
    await aTurn();
    expect(begun.length - ended).toBe(Math.min(12, 40 - ended));
    ends[ended]!(ended % 3 === 0 ? 'failed' : 'done');
  }
  expect(begun).toEqual(Array.from({ length: 40 }, (_, n) => n));
  expect((await Promise.all(all)).filter((how) => how === 'failed').length).toBe(14);
});

import { expect, test } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { OPENING_MAX } from '../fleet/admission.ts';
import { OpeningLine, type Turn } from './opening-line.ts';

const STAYS = new AbortController().signal;

async function fullLine(): Promise<{ readonly line: OpeningLine; readonly done: () => void }> {
  const line = new OpeningLine(new FakeClock());
  const turns = await Promise.all(Array.from({ length: OPENING_MAX }, () => line.enter(STAYS)));
  const [first] = turns as Extract<Turn, { kind: 'begin' }>[];
  return { line, done: first!.done };
}

test('who waits gets the turn that is given back, first come, first served', async () => {
  const { line, done } = await fullLine();
  const order: string[] = [];
  const one = line.enter(STAYS).then((turn) => { order.push(`one ${turn.kind}`); return turn; });
  const other = line.enter(STAYS).then((turn) => { order.push(`other ${turn.kind}`); });
  done();
  const turn = await one;
  expect(order).toEqual(['one begin']);
  if (turn.kind === 'begin') turn.done();
  await other;
  expect(order).toEqual(['one begin', 'other begin']);
});

test('who has gone gets no turn, neither at the door nor while it waits', async () => {
  const { line, done } = await fullLine();
  const leaves = new AbortController();
  const gone = line.enter(leaves.signal);
  const stays = line.enter(STAYS);
  leaves.abort();
  expect(await gone).toEqual({ kind: 'gone' });
  expect(await line.enter(leaves.signal)).toEqual({ kind: 'gone' });
  done();
  expect((await stays).kind).toBe('begin');
});

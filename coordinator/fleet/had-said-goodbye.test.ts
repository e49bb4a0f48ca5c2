import { expect, test } from 'vitest';
import { hadSaidGoodbye, type SessionSpan } from './had-said-goodbye.ts';

const DUE = 100_000;
const aSession = (changes: Partial<SessionSpan> = {}): SessionSpan => ({ openedAtMs: 0, closedAtMs: null, lastSlotMs: null, ...changes });
const stopped = aSession({ lastSlotMs: 90_000, closedAtMs: 91_000 });
const lost = aSession({ closedAtMs: 95_000 });

test.each<[string, readonly SessionSpan[], boolean]>([
  ['nobody was ever there', [], false],
  ['its one agent had said goodbye', [stopped], true],
  ['its one agent had said goodbye and its stream is still open', [aSession({ lastSlotMs: 99_000 })], true],
  ['its one agent was lost', [lost], false],
  ['one agent had said goodbye, and the one who took over was lost after it', [stopped, lost], false],
  ['one agent was lost, and the one who had taken over said goodbye after it', [lost, aSession({ lastSlotMs: 98_000, closedAtMs: 98_500 })], true],
  ['the slot was still one of those the agent had promised', [aSession({ lastSlotMs: DUE, closedAtMs: DUE })], false],
  ['another one is there', [stopped, aSession()], false],
  ['another one came after the slot', [stopped, aSession({ openedAtMs: DUE + 1 })], true],
])('a slot nobody answered, when %s', (_, sessions, expected) => {
  expect(hadSaidGoodbye(sessions, DUE)).toBe(expected);
});

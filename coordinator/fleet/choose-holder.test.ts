import { expect, test } from 'vitest';
import { chooseHolder } from './choose-holder.ts';

const early = { agentId: 'b', connectedAtMs: 100 };
const late = { agentId: 'a', connectedAtMs: 200 };

test.each([
  ['the agent connected longest, in a location without a holder', null, [late, early], false, 'b'],
  ['the holder, for as long as it lives', 'a', [early, late], false, 'a'],
  ['the next one, when the holder is gone for good', 'gone', [late, early], false, 'b'],
  ['still the absent holder, while it may return', 'gone', [late, early], true, 'gone'],
  ['nobody, without agents', 'gone', [], false, null],
])('a location is held by %s', (_, holder, candidates, mayReturn, chosen) => {
  expect(chooseHolder(holder, candidates, mayReturn)).toBe(chosen);
});

test('two coordinators choose alike between agents connected at the same instant', () => {
  const twins = [{ agentId: 'y', connectedAtMs: 1 }, { agentId: 'x', connectedAtMs: 1 }];
  expect(chooseHolder(null, twins, false)).toBe(chooseHolder(null, twins.toReversed(), false));
});

import { expect, test } from 'vitest';
import { parseCidrList } from '#shared/net/parse-cidrs.ts';
import { AgentEgress, type EgressLists } from './egress.ts';

function listOf(text: string): EgressLists['allow'] {
  const parsed = parseCidrList(text);
  if (!parsed.ok) throw new Error('no list');
  return parsed.list;
}

test('an address that was decided on is decided on anew when the file or the kind of the location says otherwise', () => {
  let fileLists: EgressLists = { allow: [], deny: [] };
  const egress = new AgentEgress({ allow: [], deny: [], fileLists: () => fileLists, kind: 'public', nowMs: () => 0 });
  const rule = (address: string): string => {
    const decision = egress.decide(address);
    return decision.allowed ? 'allowed' : decision.rule;
  };
  expect([rule('10.1.2.3'), rule('10.1.2.3'), rule('192.0.2.7')]).toEqual(['private-use', 'private-use', 'documentation']);

  egress.setLocationKind('private');
  expect([rule('10.1.2.3'), rule('192.0.2.7')]).toEqual(['allowed', 'allowed']);

  fileLists = { allow: [], deny: listOf('10.1.0.0/16') };
  expect([rule('10.1.2.3'), rule('10.2.2.3')]).toEqual(['local-deny', 'allowed']);

  fileLists = { allow: [], deny: [] };
  expect(rule('10.1.2.3')).toBe('allowed');
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONFLICT_WINDOW_MS, isConflict } from './detect-conflict.ts';

/** Sessions opened one after the other, 10 s apart. */
const opened = (instances: string, everyMs = 10_000) => [...instances].map((instanceId, index) => ({ instanceId, openedAtMs: index * everyMs }));

describe('copies of one agent', () => {
  test.each([
    ['ABAB', true], ['AABBAAB', true], ['ABCABC', true],
    ['', false], ['A', false], ['AAAAAA', false], ['ABA', false],
    // A process that crashes and restarts is always a new one.
    ['ABCDEFGH', false],
  ])('opening sessions in the order %s: in conflict %s', (instances, expected) => {
    expect(isConflict(opened(instances))).toBe(expected);
  });

  test('are forgotten when they displace each other too rarely', () => {
    expect(isConflict(opened('ABABAB', CONFLICT_WINDOW_MS / 2))).toBe(false);
  });

  test('are never seen where every session has a process of its own', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.uuid(), { maxLength: 20 }), (ids) => {
      expect(isConflict(ids.map((instanceId, index) => ({ instanceId, openedAtMs: index })))).toBe(false);
    }));
  });
});

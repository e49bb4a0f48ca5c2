import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runIdOf } from './run-id.ts';
import { RunIds } from './run-ids.ts';
import { sha1Blocks, sha1Finish } from './sha1.ts';

const instants = fc.oneof(fc.integer({ min: 1_500_000_000_000, max: 2_500_000_000_000 }), fc.integer({ min: 0, max: 99_999 }));

test('ids of many slots are those that each slot has alone, and no others', () => {
  fc.assert(fc.property(
    fc.record({ accountId: fc.uuid(), checkId: fc.uuid(), locationId: fc.uuid() }), fc.array(instants, { minLength: 1, maxLength: 6 }), fc.nat(35), fc.boolean(),
    (run, dues, at, isUpper) => {
      const ids = new RunIds(isUpper ? { ...run, checkId: run.checkId.toUpperCase() } : run);
      for (const dueAtMs of dues) {
        const runId = runIdOf({ ...run, dueAtMs });
        expect(ids.at(dueAtMs)).toBe(runId);
        expect(ids.isOf(runId, dueAtMs)).toBe(true);
        expect(ids.isOf(runId, dueAtMs + 1)).toBe(false);
        const other = runId[at] === '0' ? '1' : '0';
        expect(ids.isOf(runId.slice(0, at) + other + runId.slice(at + 1), dueAtMs)).toBe(false);
        expect(ids.isOf(runId.slice(0, at), dueAtMs)).toBe(false);
      }
    },
  ));
});

test('a digest that was begun with whole blocks is that of the whole', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 56 }), (start, end) => {
    const state = sha1Blocks(start);
    const last = Buffer.concat([start.subarray(state.bytes), end]);
    const words = new Int32Array(5);
    sha1Finish(state, last, last.length, words);
    const bytes = Buffer.alloc(20);
    words.forEach((word, index) => bytes.writeInt32BE(word, index * 4));
    expect(bytes.toString('hex')).toBe(hash('sha1', Buffer.concat([start, end])));
  }));
});

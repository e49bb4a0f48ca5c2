import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aReport, aResult } from '#shared/testing/results.ts';
import { encodeCopyMessage } from './copy-message.ts';
import { encodeCopyOfResults } from './copy-results.ts';
import { RESULT_COLUMNS, type IngestResult } from './result-columns.ts';

const text = fc.string({ unit: 'binary', maxLength: 60 });
const ids = fc.constantFrom('0d2b4b6e-1111-4aaa-8bbb-000000000001', '0d2b4b6e-1111-4aaa-8bbb-00000000000c');
const failure = fc.record({ phase: fc.constantFrom('connect', 'read'), code: fc.constantFrom('ECONNREFUSED', 'ERR_ASSERTION'), message: text, step: fc.option(fc.nat(9), { nil: undefined }) });

const rows: fc.Arbitrary<IngestResult> = fc.record({
  accountId: ids, agentId: ids, isSurplus: fc.boolean(), runId: fc.uuid(), checkId: ids, locationExecuted: ids, dueAtMs: fc.integer({ min: 1.7e12, max: 1.9e12 }),
  lateUs: fc.integer({ min: -5e6, max: 5e6 }), us: fc.nat(2 ** 31 - 1), large: fc.nat(8e12), failure: fc.option(failure), isSameFailure: fc.boolean(),
  address: fc.option(fc.constantFrom('192.0.2.1', '2001:db8::1')), resolved: fc.array(fc.constantFrom('192.0.2.1', '192.0.2.2'), { maxLength: 2 }),
  response: fc.uint8Array({ maxLength: 90 }), syn: fc.option(fc.nat(5), { nil: undefined }), captures: fc.dictionary(fc.constantFrom('a', 'b'), text),
  assertions: fc.array(fc.record({ passed: fc.boolean(), actual: text, error: fc.option(text) }), { maxLength: 2 }),
}).map((made) => ({
  kind: 'result', accountId: made.accountId, agentId: made.agentId, isSurplus: made.isSurplus,
  result: aResult({
    runId: made.runId, checkId: made.checkId, locationExecuted: made.locationExecuted, dueAtMs: made.dueAtMs, startedAtMs: made.dueAtMs + made.lateUs / 1000,
    latenessUs: made.us, clockOffsetUs: made.lateUs, failure: made.failure as never, assertions: made.assertions as never, outcome: made.failure ? 'failed' : 'passed',
    report: aReport({
      failure: made.isSameFailure ? made.failure as never : null, remoteAddress: made.address, localAddress: made.address, resolvedAddresses: made.resolved,
      bytesReceived: made.large, response: made.response, captures: made.captures, ...(made.syn === undefined ? {} : { synRetransmits: made.syn }),
    }),
  }),
}));

test('results written by hand are what their columns say, byte by byte', () => {
  fc.assert(fc.property(fc.array(rows, { maxLength: 8 }), (some) => {
    expect(encodeCopyOfResults(some).equals(encodeCopyMessage(RESULT_COLUMNS, some))).toBe(true);
  }));
});

test('what a column cannot hold is refused', () => {
  const row: IngestResult = { kind: 'result', accountId: '0d2b4b6e-1111-4aaa-8bbb-000000000001', agentId: '0d2b4b6e-1111-4aaa-8bbb-000000000001', isSurplus: false, result: aResult({ attempt: 40_000 }) };
  expect(() => encodeCopyOfResults([row])).toThrow(RangeError);
});

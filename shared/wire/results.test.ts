import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { FAILURE_CODES, FAILURE_PHASES, type FailureCode } from '../run/failure.ts';
import { GAP_REASONS } from '../run/gap.ts';
import { STOP_REASONS } from '../run/report.ts';
import { OUTCOMES, TRIGGERS, type AttemptResult } from '../run/result.ts';
import { aGap, aReport, aResult } from '../testing/results.ts';
import { gapsFromWire, gapsToWire } from './gaps.ts';
import { resultsFromWire } from './results-from-wire.ts';
import { resultsToWire } from './results-to-wire.ts';
import { WireError } from './wire-error.ts';

const us = fc.integer({ min: 0, max: 0xffff_ffff });
const text = fc.string({ unit: 'binary', maxLength: 40 });
const failure = fc.record({
  phase: fc.constantFrom(...FAILURE_PHASES),
  code: fc.constantFrom(...(Object.keys(FAILURE_CODES) as FailureCode[])),
  message: text,
});

const results: fc.Arbitrary<AttemptResult> = fc.record({
  runId: fc.uuid(), checkId: fc.uuid(), locationOwed: fc.uuid(), locationExecuted: fc.uuid(),
  checkRevision: fc.nat(1000), trigger: fc.constantFrom(...TRIGGERS), attempt: fc.integer({ min: 1, max: 11 }), isFinal: fc.boolean(),
  dueAtMs: fc.integer({ min: 1.7e12, max: 1.9e12 }), startDelayUs: fc.integer({ min: -5_000_000, max: 5_000_000 }), latenessUs: us,
  outcome: fc.constantFrom(...OUTCOMES), failure: fc.option(failure), over: fc.boolean(),
  assertions: fc.array(fc.oneof(
    fc.record({ passed: fc.constant(true), actual: text, error: fc.constant(null) }),
    fc.record({ passed: fc.constant(false), actual: text, error: text }),
  ), { maxLength: 4 }),
  times: fc.array(fc.nat(1_000_000), { minLength: 7, maxLength: 7 }), established: fc.boolean(),
  response: fc.uint8Array({ maxLength: 200 }), stopReason: fc.constantFrom(...STOP_REASONS),
  address: fc.option(fc.constantFrom('192.0.2.1', '2001:db8::1')), syn: fc.option(fc.nat(5), { nil: undefined }), clock: fc.constantFrom('user' as const, 'kernel' as const),
  steps: fc.array(fc.record({ kind: fc.constantFrom('expect' as const, 'send' as const, 'startTls' as const), us, ok: fc.boolean(), detail: text }), { maxLength: 3 }),
}).map((made) => {
  const [dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs, idleUs] = made.times as [number, number, number, number, number, number, number];
  const { startDelayUs, over, times, established, response, stopReason, address, syn, clock, steps, ...rest } = made;
  return aResult({
    ...rest,
    startedAtMs: made.dueAtMs + startDelayUs / 1000,
    overMaxResponseTime: over,
    report: aReport({
      timings: { dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs, idleUs, totalUs: dnsUs + connectUs + tlsUs + sendUs + firstByteUs + dataUs },
      failure: made.failure?.phase === 'assert' ? null : made.failure,
      established, response: Buffer.from(response), stopReason, steps, clock,
      localAddress: address, remoteAddress: address, resolvedAddresses: address === null ? [] : [address],
      ...(syn === undefined ? {} : { synRetransmits: syn }),
    }),
  });
});

describe('results as columns', () => {
  test('come out as they went in, in order, through the encoded bytes', () => {
    fc.assert(fc.property(fc.array(results, { maxLength: 20 }), (rows) => {
      const bytes = pb.ResultBatch.encode(resultsToWire(rows)).finish();
      const back = resultsFromWire(pb.ResultBatch.decode(bytes));
      expect(back.map(comparable)).toEqual(rows.map(comparable));
    }));
  });

  test('of other lengths are refused, whichever column it is', () => {
    const whole = resultsToWire([aResult(), aResult()]);
    for (const column of ['check', 'dueAtMs', 'outcome', 'dataUs', 'response', 'assertionCount'] as const) {
      const cut = { ...whole, [column]: whole[column].slice(1) };
      expect(() => resultsFromWire(cut), column).toThrow(WireError);
    }
    expect(() => resultsFromWire({ ...whole, check: [0, 7] })).toThrow(/check has no entry 7/);
  });

  test('an outcome of a newer agent is refused, a failure code of one is kept as told', () => {
    const batch = resultsToWire([aResult({ failure: { phase: 'connect', code: 'ECONNREFUSED', message: 'no' } })]);
    expect(() => resultsFromWire({ ...batch, outcome: ['UNRECOGNIZED'] })).toThrow(/outcome/);
    const [row] = resultsFromWire({ ...batch, failures: [{ ...batch.failures[0]!, code: 'ENEWER' }] });
    expect(row!.failure!.code).toBe('ENEWER');
  });
});

test('gaps come out as they went in', () => {
  const gaps = GAP_REASONS.map((reason, index) => aGap({ reason, dueAtMs: 1_800_000_000_000 + index }));
  expect(gapsFromWire(pb.GapBatch.decode(pb.GapBatch.encode(gapsToWire(gaps)).finish()))).toEqual(gaps);
});

function comparable(result: AttemptResult) {
  return {
    ...result,
    startedAtMs: Math.round((result.startedAtMs - result.dueAtMs) * 1000),
    report: { ...result.report, response: Buffer.from(result.report.response).toString('hex') },
  };
}

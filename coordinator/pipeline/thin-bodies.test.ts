import { expect, test } from 'vitest';
import type { AttemptResult } from '#shared/run/result.ts';
import { aResult, AN_ACCOUNT } from '#shared/testing/results.ts';
import type { IngestRow } from './ports.ts';
import { BodyThinning } from './thin-bodies.ts';

/** Ids that one in three would not choose, unless told otherwise. */
const OTHER = '00000001-0000-4000-8000-000000000000';
const CHOSEN = '00000003-0000-4000-8000-000000000000';

function row(text: string, changes: Partial<AttemptResult> = {}): IngestRow {
  const result = aResult({ runId: OTHER, outcome: 'passed', trigger: 'schedule', ...changes });
  return { kind: 'result', accountId: AN_ACCOUNT, agentId: 'a', isSurplus: false, result: { ...result, report: { ...result.report, response: Buffer.from(text), bytesReceived: text.length } } };
}
const bodies = (rows: readonly IngestRow[]): readonly string[] => rows.map((of) => (of.kind === 'result' ? Buffer.from(of.result.report.response).toString() : 'gap'));

test('of passing runs the first body is kept, each that is another, and one in so many', () => {
  const thinning = new BodyThinning(3);
  expect(bodies(thinning.thinned([row('a'), row('a'), row('b'), row('b'), row('b', { runId: CHOSEN }), row('a')]))).toEqual(['a', '', 'b', '', 'b', 'a']);
  expect(bodies(thinning.thinned([row('a')]))).toEqual(['']);
});

test('bodies of runs that did not pass, and of those somebody asked for, are all kept, and so is the first after them', () => {
  const thinning = new BodyThinning(1_000_000);
  const rows = [row('a'), row('a', { outcome: 'failed' }), row('a', { outcome: 'failed' }), row('a'), row('a'), row('a', { outcome: 'degraded' }), row('a', { outcome: 'degraded' }), row('a', { trigger: 'manual' }), row('a')];
  expect(bodies(thinning.thinned(rows))).toEqual(['a', 'a', 'a', 'a', '', 'a', 'a', 'a', 'a']);
});

test('a body that is not kept leaves its length, and each check and location has bodies of its own', () => {
  const [first, second, elsewhere] = new BodyThinning(1_000_000).thinned([row('abc'), row('abc'), row('abc', { locationOwed: CHOSEN })]);
  expect(bodies([first!, second!, elsewhere!])).toEqual(['abc', '', 'abc']);
  expect(second).toMatchObject({ result: { report: { bytesReceived: 3 } } });
});

test('where every body is to be kept, nothing is looked at', () => {
  const rows = [row('a'), row('a')];
  expect(new BodyThinning(1).thinned(rows)).toBe(rows);
});

import { expect, it } from 'vitest';
import type { RetryStrategy } from '#shared/check/check.ts';
import { aCheck } from '#shared/testing/builders.ts';
import { retryElsewhereOf } from '../planning/retries-elsewhere.ts';
import type { RunFacts } from '../verdict/slot.ts';
import { nextRetry, type RetryFacts } from './next-retry.ts';

const STRATEGY: RetryStrategy = { type: 'FIXED', baseBackoffSeconds: 5, maxRetries: 2, maxDurationSeconds: 30, sameRegion: false, onlyOn: null };
const REFUSED: RunFacts = {
  runId: 'r', outcome: 'failed', locationId: 'a', executedIn: 'a', startedAtMs: 1_000, responseTimeMs: 500, attempts: 1, failure: { phase: 'connect', code: 'ECONNREFUSED', message: '' },
};
const asked = (changes: Partial<Omit<RetryFacts, 'run'>> = {}, facts: Partial<RunFacts> = {}, isImpaired = false) => nextRetry({
  strategy: STRATEGY, slot: { dueAtMs: 1_000 }, attemptMs: 5_000, nextDueMs: 61_000, nowMs: 2_000, ...changes, run: { kind: 'final', locationId: 'a', isImpaired, facts: { ...REFUSED, ...facts } },
});

it.each<[string, { atMs: number } | null, Parameters<typeof asked>]>([
  ['is made after the backoff, counted from the end of the attempt', { atMs: 6_500 }, []],
  ['is made again after the second attempt', { atMs: 6_500 }, [{}, { attempts: 2 }]],
  ['is not made after the last one', null, [{}, { attempts: 3 }]],
  ['is not made of what passed', null, [{}, { outcome: 'passed', failure: null }]],
  ["is not made of the agent's own trouble", null, [{}, { outcome: 'agent_fault' }]],
  ['is not made of what an agent saw that was cut off', null, [{}, {}, true]],
  ["is not made into the check's next slot", null, [{ nextDueMs: 11_000 }]],
  ['is not made of what comes to light long after', null, [{ nowMs: 50_000, nextDueMs: null }]],
  ['is not made of an answer that displeased, where only the network counts', null, [{ strategy: { ...STRATEGY, onlyOn: 'NETWORK_ERROR' } }, { failure: { phase: 'assert', code: 'ERR_ASSERTION', message: '' } }]],
  ['is not made without a strategy', null, [{ strategy: null }]],
])('a retry elsewhere %s', (_, expected, facts) => {
  expect(asked(...facts)).toEqual(expected);
});

it('only round-robin checks with another location are retried elsewhere', () => {
  const of = (changes: Parameters<typeof aCheck>[0]) => retryElsewhereOf(aCheck({ runParallel: false, locations: ['a', 'b'], privateLocations: [], retryStrategy: STRATEGY, ...changes }));
  expect(of({})).toEqual(STRATEGY);
  expect([of({ runParallel: true }), of({ locations: ['a'] }), of({ retryStrategy: { ...STRATEGY, sameRegion: true } }), of({ retryStrategy: null })]).toEqual([null, null, null, null]);
  expect(of({ retryStrategy: null, doubleCheck: true })).toMatchObject({ maxRetries: 1, sameRegion: false });
});

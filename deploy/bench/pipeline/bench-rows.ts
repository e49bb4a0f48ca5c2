import { runIdOf } from '#shared/check/run-id.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import { cadenceOf, firstSlotAtOrAfter } from '#shared/schedule/cadence.ts';

/** Runs that were really owed: parallel checks every 10 s in every location, over some hours of the past. */
export type OwedRuns = {
  readonly accountId: string;
  readonly checkIds: readonly string[];
  readonly locationId: string;
  readonly fromMs: number;
  readonly untilMs: number;
};

export const INTERVAL_MS = 10_000;

/** How many there are for one location. */
export function owedCount({ checkIds, fromMs, untilMs }: Pick<OwedRuns, 'checkIds' | 'fromMs' | 'untilMs'>): number {
  return checkIds.length * (Math.floor((untilMs - fromMs) / INTERVAL_MS) - 1);
}

const PONG = Buffer.from('+PONG\r\n');

/** Results of the owed runs number `first` … `first + count − 1`, slot by slot: the same for the same numbers. */
export function benchRows(owed: OwedRuns, first: number, count: number): readonly AttemptResult[] {
  const rowAt = benchRow(owed);
  return Array.from({ length: count }, (_, index) => rowAt(first + index));
}

/** The result of the owed run of that number. */
export function benchRow(owed: OwedRuns): (number: number) => AttemptResult {
  const firstSlots = owed.checkIds.map((checkId) => firstSlotAtOrAfter(cadenceOf(checkId, INTERVAL_MS), owed.fromMs));
  return (number) => {
    const at = number % owed.checkIds.length;
    // Each fiftieth target refuses.
    return benchResult({ ...owed, checkId: owed.checkIds[at]!, dueAtMs: firstSlots[at]! + Math.floor(number / owed.checkIds.length) * INTERVAL_MS, number, isRefused: number % 50 === 49 });
  };
}

export type BenchRun = Pick<OwedRuns, 'accountId' | 'locationId'> & { readonly checkId: string; readonly dueAtMs: number; /** Varies the times. */ readonly number: number; readonly isRefused: boolean };

/** An ordinary answer with one assertion, or a connection that was refused. */
export function benchResult({ accountId, locationId, checkId, dueAtMs, number, isRefused }: BenchRun): AttemptResult {
  const connectUs = 200 + (number * 7_919) % 900;
  const [sendUs, firstByteUs, dataUs] = isRefused ? [0, 0, 0] : [12, 300 + (number * 104_729) % 2_000, 35];
  const latenessUs = (number * 31) % 3_000;
  const failure = isRefused ? { phase: 'connect', code: 'ECONNREFUSED', message: 'the connection was refused by 127.0.0.1:6379' } as const : null;
  return {
    runId: runIdOf({ accountId, checkId, locationId, dueAtMs }), checkId, checkRevision: 1, locationOwed: locationId, locationExecuted: locationId,
    trigger: 'schedule', dueAtMs, attempt: 1, isFinal: true, startedAtMs: dueAtMs + latenessUs / 1000, latenessUs, clockOffsetUs: -40, clockErrorUs: 120,
    outcome: isRefused ? 'failed' : 'passed', failure, overMaxResponseTime: false,
    assertions: isRefused ? [] : [{ passed: true, actual: '+PONG\r\n', error: null }],
    report: {
      timings: { dnsUs: 0, connectUs, tlsUs: 0, sendUs, firstByteUs, dataUs, totalUs: connectUs + sendUs + firstByteUs + dataUs, idleUs: 0 },
      failure, established: !isRefused, resolvedAddresses: ['127.0.0.1'], remoteAddress: '127.0.0.1', localAddress: null,
      bytesSent: isRefused ? 0 : 6, bytesReceived: isRefused ? 0 : PONG.length, response: isRefused ? Buffer.alloc(0) : PONG,
      stopReason: isRefused ? 'failed' : 'decided', tls: null, steps: [], captures: {}, clock: 'user', uncertaintyUs: 50, loopDelayUs: 20,
    },
  };
}

import type { RetryStrategy } from '#shared/check/check.ts';
import { nextAttempt } from '#shared/retry/backoff.ts';
import { failedOnNetwork } from '#shared/retry/network-failure.ts';
import type { SlotRun } from '../verdict/slot.ts';

export type RetryFacts = {
  readonly strategy: RetryStrategy | null;
  readonly slot: { readonly dueAtMs: number };
  readonly run: Extract<SlotRun, { kind: 'final' }>;
  /** Deadline of one attempt, ms. */
  readonly attemptMs: number;
  /** When the check is due again; null: never. */
  readonly nextDueMs: number | null;
  readonly nowMs: number;
};

/**
 * When a run that failed is to be tried again in another location; null: it is not. The same limits as an agent's own
 * retries: attempts, duration, phases, and never into the check's next slot. What agents saw of themselves is not retried.
 */
export function nextRetry({ strategy, slot, run, attemptMs, nextDueMs, nowMs }: RetryFacts): { readonly atMs: number } | null {
  const { facts, isImpaired } = run;
  if (strategy === null || isImpaired || facts.outcome !== 'failed') return null;
  const overMs = facts.startedAtMs + facts.responseTimeMs;
  const next = nextAttempt(strategy, { attempt: facts.attempts, startedAtMs: slot.dueAtMs, nowMs: overMs, failurePhaseIsNetwork: failedOnNetwork(facts.failure) });
  if (!next.retry) return null;
  const atMs = overMs + next.afterMs;
  const startsMs = Math.max(atMs, nowMs);
  const isOverInTime = startsMs + attemptMs <= (nextDueMs ?? Infinity) && startsMs - slot.dueAtMs <= strategy.maxDurationSeconds * 1000 + attemptMs;
  return isOverInTime ? { atMs } : null;
}

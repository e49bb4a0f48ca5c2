import { runIdOf } from '#shared/check/run-id.ts';
import { retryStrategyOf, runBudgetMs } from '#shared/retry/backoff.ts';
import type { Gap } from '#shared/run/gap.ts';
import type { AvailabilityIndex } from '#shared/schedule/availability.ts';
import { dueBetween, turnsOf } from '#shared/schedule/turns.ts';
import type { PlannedCheck } from './ports.ts';

/** A slot closes at `dueAt` + run budget + this (rules.md 8). */
export const CLOSE_AFTER_MS = 30_000;

/**
 * The gaps to write for every slot that closes in `[fromMs, toMs)`: one for each owed run. The store drops those
 * that have a result, or a gap that the agent recorded itself (rules.md 6).
 */
export function gapsForClosed(
  check: PlannedCheck, availability: AvailabilityIndex, window: { readonly fromMs: number; readonly toMs: number },
): readonly Gap[] {
  const budgetMs = runBudgetMs(retryStrategyOf(check.check), check.check.maxResponseTime) + CLOSE_AFTER_MS;
  const locations = new Set(check.epochs.flatMap(({ order }) => order));
  return [...locations].flatMap((locationId) => {
    const turns = turnsOf({ locationId, checkId: check.checkId, epochs: check.epochs, availability });
    return dueBetween(turns, window.fromMs - budgetMs, window.toMs - budgetMs).map((dueAtMs): Gap => ({
      runId: runIdOf({ accountId: check.accountId, checkId: check.checkId, locationId, dueAtMs }),
      checkId: check.checkId,
      locationOwed: locationId,
      dueAtMs,
      reason: availability.isAvailable(locationId, dueAtMs) ? 'agent_lost' : 'no_agent',
    }));
  });
}

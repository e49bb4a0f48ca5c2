import type { AlertSettings, Check } from '#shared/check/check.ts';
import { retryStrategyOf, runBudgetMs } from '#shared/retry/backoff.ts';

/** What of a check and its settings in force says how its slots are judged. */
export type Policy = {
  /** Deadline of one attempt, and of a run with its retries; ms after `dueAt`. */
  readonly attemptMs: number;
  readonly runMs: number;
  /** Share of locations that must fail, 1–100; null: one is enough. */
  readonly failingPercentage: number | null;
  readonly escalation: { readonly kind: 'runs'; readonly runs: number } | { readonly kind: 'time'; readonly ms: number };
  readonly recoveryPasses: number;
  readonly reminders: { readonly amount: number; readonly everyMs: number };
  readonly confirms: boolean;
  readonly perLocationFailedRuns: number | null;
  readonly whenUnseen: Check['whenUnseen'];
};

/** For the way back to the coordinator (rules.md 20). */
export const STRAGGLER_MS = 10_000;

export function policyOf(check: Check, settings: AlertSettings): Policy {
  return {
    attemptMs: check.maxResponseTime,
    runMs: runBudgetMs(retryStrategyOf(check), check.maxResponseTime),
    failingPercentage: settings.parallelRunFailureThreshold.enabled ? settings.parallelRunFailureThreshold.percentage : null,
    escalation: settings.escalationType === 'RUN_BASED'
      ? { kind: 'runs', runs: settings.runBasedEscalation.failedRunThreshold }
      : { kind: 'time', ms: settings.timeBasedEscalation.minutesFailingThreshold * 60_000 },
    recoveryPasses: settings.recoveryPassThreshold,
    reminders: { amount: settings.reminders.amount, everyMs: settings.reminders.interval * 60_000 },
    confirms: check.confirmFromOtherLocation && check.locations.length + check.privateLocations.length > 1,
    perLocationFailedRuns: check.perLocationFailedRuns,
    whenUnseen: check.whenUnseen,
  };
}

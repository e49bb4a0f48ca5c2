import type { Check } from '#shared/check/check.ts';
import { retryStrategyOf, runBudgetMs } from '#shared/retry/backoff.ts';

/** A slot closes at `dueAt` + run budget + this (rules.md 8). */
export const CLOSE_AFTER_MS = 30_000;

/** The longest run there is: a strategy lasts at most 600 s, and its last attempt 45 s more (product.md 1, 5). */
export const RUN_BUDGET_MAX_MS = 645_000;

/** A definition that ended longer ago than this governs no slot that is still open. */
export const DEFINITIONS_MATTER_FOR_MS = RUN_BUDGET_MAX_MS + CLOSE_AFTER_MS;

/** How long after a slot has closed the gap may take to be written: a closer that died is replaced meanwhile. */
export const CLOSER_LAG_MAX_MS = 30_000;

/** What of a definition says how long a run may last. */
export type RunDefinition = Pick<Check, 'maxResponseTime' | 'retryStrategy' | 'doubleCheck'>;

/**
 * The instant before which every slot is closed (rules.md 8). `definitions` are all that may still be running: the
 * present one and those replaced within `DEFINITIONS_MATTER_FOR_MS`, since a run that began under an older one with
 * more retries lasts as long as that one allows.
 */
export function closedBeforeMs(nowMs: number, definitions: readonly RunDefinition[]): number {
  const budgets = definitions.map((definition) => runBudgetMs(retryStrategyOf(definition), definition.maxResponseTime));
  return Math.floor(nowMs) - Math.max(0, ...budgets) - CLOSE_AFTER_MS;
}

import type { Check } from '#shared/check/check.ts';
import type { Notice } from '#coordinator/alerting/notice.ts';
import type { StoreModel } from '../model/store-model.ts';
import type { StoredChange, StoredGap, StoredResult } from '../model/stored-runs.ts';
import type { Heard } from './naive-history.ts';

/** What was stored, and when it became true; a judge can be held against it. */
export type HistoryEntry = StoredChange & { readonly atMs: number };

/** A world with checks that are judged: what the naive judge sees of it. */
export type JudgedWorld = {
  /** True time. */
  readonly engine: { readonly nowMs: number };
  readonly model: StoreModel;
  readonly checkIds: readonly string[];
  /** In the order of commits. */
  readonly history: readonly HistoryEntry[];
  /** Looks at what really was at the instant that a notice of a failure tells of. */
  readonly failedIndeed: (checkId: string, notice: Notice) => void;
  definitionOf(checkId: string): Check | undefined;
  sometimes(what: string): void;
  violate(rule: string, what: string): void;
};

/** A row as a history hears it. */
export function heardOf(row: StoredResult | StoredGap, isReplaced = false): Heard {
  if ('gap' in row) return { kind: isReplaced ? 'gap_replaced' : 'gap', gap: row.gap };
  const { agentId, isSurplus, result: { runId, attempt, isFinal, trigger, outcome, dueAtMs, locationOwed, locationExecuted, startedAtMs, failure, report } } = row;
  return { kind: 'result', run: { runId, attempt, isFinal, isSurplus, trigger, outcome, dueAtMs, locationOwed, locationExecuted, agentId, startedAtMs, failure, totalUs: report.timings.totalUs } };
}

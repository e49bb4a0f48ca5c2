/** What the pages of one check and of one run need beside results. Every method sees one account only. */
import type { CheckStatus } from '../verdict/check-state.ts';
import type { Outcome, Trigger } from '#shared/run/result.ts';

/** One attempt, by what tells it from those around it. */
export type Neighbour = {
  readonly runId: string; readonly attempt: number; readonly isFinal: boolean; readonly outcome: Outcome; readonly trigger: Trigger;
  readonly dueAtMs: number; readonly locationCode: string; readonly totalUs: number; readonly failureCode: string | null;
};

export type Around = {
  /** Of the same run, in order. */
  readonly attempts: readonly Neighbour[];
  /** Final ones of the same slot in the other locations. */
  readonly slot: readonly Neighbour[];
  /** The final ones of the schedule before and after it in the same location. */
  readonly previous: Neighbour | null;
  readonly next: Neighbour | null;
};

export type AlertSpan = {
  readonly id: string; readonly kind: 'failure' | 'degraded' | 'no_data';
  /** Since when it was so; the alert is opened once its settings say so. */
  readonly sinceMs: number | null; readonly openedAtMs: number; readonly closedAtMs: number | null; readonly ending: string | null;
};

export type ViewStore = {
  /** null: there is no such run of this check. */
  aroundResult(accountId: string, checkId: string, runId: string): Promise<Around | null>;
  /** As the judge has it. `alerts`: open at any moment from `fromMs`, newest first, at most `alertsMax`. */
  readStanding(accountId: string, checkId: string, asked: { readonly fromMs: number; readonly alertsMax: number }): Promise<{ readonly status: CheckStatus; readonly sinceMs: number | null; readonly alerts: readonly AlertSpan[] }>;
};

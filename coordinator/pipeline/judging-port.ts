/** What judging needs of the store. Times are ms since the epoch. */
import type { AlertSettings } from '#shared/check/check.ts';
import type { GapReason } from '#shared/run/gap.ts';
import type { Trigger } from '#shared/run/result.ts';
import type { GroupAlertSettings } from '../alerting/effective-settings.ts';
import type { MaintenanceWindow } from '../alerting/maintenance.ts';
import type { Notice } from '../alerting/notice.ts';
import type { Told } from '../alerting/told.ts';
import type { AlertLevel } from '../verdict/alert-level.ts';
import type { CheckState, CheckStatus } from '../verdict/check-state.ts';
import type { Checkpoint } from '../verdict/checkpoints.ts';
import type { RunFacts } from '../verdict/slot.ts';

/** A failure that another location is, or was, asked about. */
export type KeptConfirmation = {
  /** Of the slot. */
  readonly dueAtMs: number;
  /** Of the shot; follows from the run that failed. */
  readonly runId: string;
  readonly untilMs: number;
  readonly answer: 'waiting' | 'confirmed' | 'refuted';
};

/** A run that the judge ordered and waits for: a further attempt in another location, by its run's id, or a look after a pause, by its own; and until when. */
export type KeptRetry = { readonly runId: string; readonly attempt: number; readonly untilMs: number };

/** What is kept of a check between two looks. */
export type KeptState = {
  readonly accountId: string;
  readonly checkId: string;
  readonly base: CheckState;
  readonly head: CheckState;
  readonly checkpoints: readonly Checkpoint[];
  readonly slotsFolded: number;
  readonly told: Told;
  readonly confirmations: readonly KeptConfirmation[];
  readonly retries: readonly KeptRetry[];
  readonly isHistoryPending: boolean;
  /** The oldest slot of which a row came since the last look; null: none did. */
  readonly firstDueMs: number | null;
  /** Of the open alert. */
  readonly acknowledgedAtMs: number | null;
  readonly snoozedUntilMs: number | null;
  /** Which of the alerts that were open somebody closed by hand. */
  readonly resolved: { readonly alert: boolean; readonly noData: boolean };
};

export type StoredRow =
  | { readonly kind: 'result'; readonly dueAtMs: number; readonly trigger: Trigger; readonly attempt: number; readonly isFinal: boolean; readonly isImpaired: boolean;
      /** `attempts` counts those up to this one. */
      readonly facts: RunFacts }
  | { readonly kind: 'gap'; readonly dueAtMs: number; readonly locationId: string; readonly reason: GapReason };

/** `isCut`: there are more; what is here is complete before the last row's slot. */
export type StoredRows = { readonly rows: readonly StoredRow[]; readonly isCut: boolean };

/** What users said about the alerts of an account. */
export type AccountContext = {
  readonly alertSettings: Partial<AlertSettings> | null;
  readonly groups: ReadonlyMap<number, GroupContext>;
  readonly windows: readonly MaintenanceWindow[];
};

export type GroupContext = GroupAlertSettings & { readonly name: string };

/** How a check stands that another depends on. */
export type DependencyState = { readonly status: CheckStatus; readonly level: AlertLevel; readonly lastVerdictMs: number | null };

export type AlertChange =
  | { readonly kind: 'open'; readonly id: string; readonly alertKind: 'failure' | 'degraded' | 'no_data'; readonly sinceMs: number | null; readonly atMs: number }
  | { readonly kind: 'change'; readonly id: string; readonly alertKind: 'failure' | 'degraded' }
  | { readonly kind: 'close'; readonly id: string; readonly ending: AlertEnding; readonly atMs: number };

export type AlertEnding = 'recovered' | 'resolved' | 'muted' | 'deactivated' | 'deleted';

/** What one look at a check came to; all of it is committed, or nothing. */
export type JudgedCheck = Omit<KeptState, 'firstDueMs' | 'acknowledgedAtMs' | 'snoozedUntilMs' | 'resolved' | 'checkpoints'> & {
  readonly status: CheckStatus;
  readonly sinceMs: number | null;
  /** null: as they were. */
  readonly checkpoints: readonly Checkpoint[] | null;
  /** null: not before something comes. */
  readonly nextLookMs: number | null;
  readonly alerts: readonly AlertChange[];
  readonly notices: readonly Notice[];
};

/** One transaction, in which these checks are nobody else's. */
export type JudgingTurn = {
  readonly checks: readonly KeptState[];
  loadContext(): Promise<ReadonlyMap<string, AccountContext>>;
  loadDependencies(checkIds: readonly string[]): Promise<ReadonlyMap<string, DependencyState>>;
  /** Rows of slots due after `afterMs`, in order of `dueAtMs`; by check. */
  loadRows(ranges: readonly { readonly accountId: string; readonly checkId: string; readonly afterMs: number }[], rowsMax: number): Promise<ReadonlyMap<string, StoredRows>>;
  /** When the last outage that the account was told of ended, by `${accountId} ${locationId}`; null: it goes on. Of the last days. */
  loadOutages(accountIds: readonly string[]): Promise<ReadonlyMap<string, number | null>>;
  save(judged: readonly JudgedCheck[]): Promise<void>;
};

export type JudgingStore = {
  /**
   * Takes up to `checksMax` checks that want a look (marked, or whose time has come) and nobody else has taken, and
   * their marks. What `work` does is committed with the marks' end, or rolled back: then the marks are there again.
   */
  takeJudgingTurn<T>(options: { readonly nowMs: number; readonly checksMax: number }, work: (turn: JudgingTurn) => Promise<T>): Promise<T>;
  /** Calls back (coalesced, maybe spuriously) when there may be something to judge. */
  onJudgeHint(callback: () => void): () => void;
};

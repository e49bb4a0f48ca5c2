import type { AlertLevel } from '../verdict/alert-level.ts';

/** A time in which a check failed long enough to be told; both instants are due instants of slots. */
export type Episode = { readonly fromMs: number; readonly toMs: number };

/** What has been told of a check, and to what end: kept with its state, changed in the same transaction. */
export type Told = {
  /** What the receivers believe. */
  readonly level: AlertLevel;
  /** The open alert; null when none is. */
  readonly alertId: string | null;
  /** When the level was told. */
  readonly toldAtMs: number;
  readonly remindersSent: number;
  /** The end of the snooze after which it was told again, if any. */
  readonly snoozeEndedMs: number | null;
  /** Somebody closed the alert while the trouble went on: nothing more is told of it until it ends. */
  readonly isResolvedByHand: boolean;
  readonly noDataAlertId: string | null;
  /** Likewise, of having no data. */
  readonly isNoDataResolved: boolean;
  /** The owner knows that the agents' policy refuses this target. */
  readonly isDenialTold: boolean;
  /** Episodes known of, newest last. */
  readonly episodes: readonly Episode[];
  /** Those that came to light when they were over, to be told at `digestAtMs` all at once. */
  readonly digest: readonly Episode[];
  readonly digestAtMs: number | null;
};

export const NOTHING_TOLD: Told = {
  level: 'none', alertId: null, toldAtMs: 0, remindersSent: 0, snoozeEndedMs: null, isResolvedByHand: false,
  noDataAlertId: null, isNoDataResolved: false, isDenialTold: false, episodes: [], digest: [], digestAtMs: null,
};

/** Alerts of checks and what was told of them, as the API needs them. Every method sees one account only. */
import type { Notice } from '../alerting/notice.ts';

/** A period in which the policy of a check is broken, or in which nobody sees it. Times are ms since the epoch. */
export type AlertRecord = {
  readonly id: string;
  readonly checkId: string;
  readonly checkName: string;
  /** `host:port` as the check has it now. */
  readonly target: { readonly hostname: string; readonly port: number };
  readonly kind: AlertKind;
  /** When it was decided, and since when what it tells of holds: the due instant of the first slot. */
  readonly openedAtMs: number;
  readonly sinceMs: number | null;
  readonly closedAtMs: number | null;
  readonly ending: string | null;
  readonly resolvedBy: string | null;
  readonly acknowledgedAtMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly snoozedUntilMs: number | null;
  /** null: nothing was told of it yet. */
  readonly lastNotice: Notice | null;
};

export const ALERT_KINDS = ['failure', 'degraded', 'no_data'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export type AlertFilter = {
  readonly limit: number;
  readonly page: number;
  readonly isOpen?: boolean;
  readonly checkId?: string;
  readonly kind?: AlertKind;
  /** Of `openedAtMs`; from, and before. */
  readonly fromMs?: number;
  readonly toMs?: number;
};

export type AlertAction =
  /** Reminders stop; the recovery is told as ever. `by`: the person or the key. */
  | { readonly kind: 'acknowledge'; readonly by: string }
  | { readonly kind: 'unacknowledge' }
  /** Nothing but its end is told before; null: ends a snooze. */
  | { readonly kind: 'snooze'; readonly untilMs: number | null }
  /** Closes it; the judge tells its end, and nothing more of this trouble until it is over. */
  | { readonly kind: 'resolve'; readonly by: string };

export type NoticeFilter = { readonly limit: number; readonly page: number; readonly fromMs: number; readonly toMs: number; readonly checkId?: string };

export type AlertStore = {
  /** Open ones first, each newest first. */
  listAlerts(accountId: string, filter: AlertFilter): Promise<{ readonly entries: readonly AlertRecord[]; readonly total: number }>;
  getAlert(accountId: string, id: string): Promise<AlertRecord | null>;
  /** 'closed': it is over. Wakes the judge. */
  changeAlert(accountId: string, id: string, action: AlertAction): Promise<AlertRecord | 'not_found' | 'closed'>;
  /** Notices of transitions of checks, newest first. */
  listTransitions(accountId: string, filter: NoticeFilter): Promise<{ readonly entries: readonly Notice[]; readonly total: number }>;
};

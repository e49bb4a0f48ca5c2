import { alertLevelOf, escalatesAtMs, type AlertLevel } from '../verdict/alert-level.ts';
import { statusOf, type CheckState } from '../verdict/check-state.ts';
import type { Policy } from '../verdict/policy.ts';
import type { AlertType, NoticeKind } from './notice.ts';
import type { Episode, Told } from './told.ts';

/** Everything a decision about notices looks at: the state as committed, and what stands in the way of telling it. */
export type Situation = {
  readonly state: CheckState;
  readonly policy: Policy;
  readonly told: Told;
  readonly nowMs: number;
  /** Only slots that had been judged before were judged anew: that ends nothing, and may open what still goes on (rules.md 20, 21). */
  readonly isOnlyHistory: boolean;
  /** `silenced` holds everything back; the others resolve what was told. */
  readonly voice: 'heard' | 'silenced' | 'muted' | 'deactivated' | 'deleted';
  readonly isAcknowledged: boolean;
  /** Which of the open alerts somebody closed by hand since the last look. */
  readonly resolved: { readonly alert: boolean; readonly noData: boolean };
  readonly snoozedUntilMs: number | null;
  /** Does a check that this one depends on fail, or may it be about to be seen failing? */
  readonly dependency: 'clear' | 'failing' | 'unknown';
  /** Every location of the check is cut off or empty, and that is told by itself. */
  readonly isUnseenExplained: boolean;
  /** A new UUID. */
  readonly newId: () => string;
};

export type NoticeDraft = {
  readonly kind: Extract<NoticeKind, 'failure' | 'degraded' | 'recovery' | 'no_data' | 'data_again' | 'egress_denied' | 'digest'>;
  readonly alertType: AlertType | null;
  readonly alertId: string | null;
  readonly isReminder: boolean;
  readonly reminderSequence: number;
  /** Why an alert ended, where it was not that the check passes again. */
  readonly ending: 'resolved' | 'muted' | 'deactivated' | 'deleted' | null;
  readonly episodes: readonly Episode[];
};

export type NoticeDecision = {
  readonly told: Told;
  readonly notices: readonly NoticeDraft[];
  /** Look again by then, if nothing happens before; null: no need. */
  readonly lookAgainMs: number | null;
};

/** A check may lack data for this long before it is told; a location that went dark has told for all of its checks by then (rules.md 22). */
export const NO_DATA_GRACE_MS = 120_000;
/** What a backlog brings to light is told once it has come in. */
export const DIGEST_AFTER_MS = 60_000;
const DEPENDENCY_LOOK_MS = 5_000;

/**
 * What is to be told, given what was: the difference between what receivers believe and how the check stands, so that
 * nothing is told twice and nothing without a change. The transitions are those of checkly-api.md §4.1.
 */
export function decideNotices(situation: Situation): NoticeDecision {
  const { voice, told } = situation;
  if (voice === 'silenced') return { told, notices: [], lookAgainMs: null };
  if (voice !== 'heard') return resolveAll(situation, voice);
  const parts = [resolvedPart, alertPart, noDataPart, denialPart, digestPart];
  return parts.reduce<NoticeDecision>((sum, part) => {
    const next = part({ ...situation, told: sum.told });
    return { told: next.told, notices: [...sum.notices, ...next.notices], lookAgainMs: earliest(sum.lookAgainMs, next.lookAgainMs) };
  }, { told, notices: [], lookAgainMs: null });
}

/** Deleting, deactivating or muting ends whatever was told, wherever it was told (rules.md 23). */
function resolveAll({ told }: Situation, ending: 'muted' | 'deactivated' | 'deleted'): NoticeDecision {
  const notices = [
    ...(told.alertId !== null ? [{ ...draft('recovery', told.alertId, recoveryOf(told.level)), ending }] : []),
    ...(told.noDataAlertId !== null ? [{ ...draft('data_again', told.noDataAlertId, null), ending }] : []),
  ];
  return { told: { ...told, ...NO_ALERT, isResolvedByHand: false, noDataAlertId: null, isNoDataResolved: false, digest: [], digestAtMs: null }, notices, lookAgainMs: null };
}

/** What somebody closed is ended wherever it was told, and rests until the trouble is over. */
function resolvedPart({ told, resolved }: Situation): NoticeDecision {
  const endsAlert = resolved.alert && told.alertId !== null;
  const endsNoData = resolved.noData && told.noDataAlertId !== null;
  return {
    lookAgainMs: null,
    told: { ...told, ...(endsAlert ? { ...NO_ALERT, isResolvedByHand: true } : {}), ...(endsNoData ? { noDataAlertId: null, isNoDataResolved: true } : {}) },
    notices: [
      ...(endsAlert ? [{ ...draft('recovery', told.alertId, recoveryOf(told.level)), ending: 'resolved' as const }] : []),
      ...(endsNoData ? [{ ...draft('data_again', told.noDataAlertId, null), ending: 'resolved' as const }] : []),
    ],
  };
}

function alertPart(situation: Situation): NoticeDecision {
  const { state, policy, told, nowMs } = situation;
  const level = alertLevelOf(state, policy, nowMs);
  if (statusOf(state).status === 'noData') return nothing(told, null);
  if (told.isResolvedByHand) {
    const isOver = level === 'none' && state.standing === 'passing' && !situation.isOnlyHistory;
    return nothing(isOver ? { ...told, ...NO_ALERT, isResolvedByHand: false } : told, null);
  }
  if (told.level === 'none') return level === 'none' ? nothing(told, escalatesAtMs(state, policy)) : open(situation, level);
  if (level === told.level) return remind(situation);
  if (level === 'none') return isStillInTrouble(told.level, state) || situation.isOnlyHistory ? remind(situation) : close(situation);
  return situation.isOnlyHistory && level === 'degraded' ? remind(situation) : change(situation, level);
}

/** Below the threshold of settings that were changed meanwhile, but no better than when it was told. */
function isStillInTrouble(level: AlertLevel, { standing }: CheckState): boolean {
  return standing === 'failing' || (standing === 'degraded' && level === 'degraded');
}

function open(situation: Situation, level: Exclude<AlertLevel, 'none'>): NoticeDecision {
  const { told, nowMs } = situation;
  if (situation.dependency !== 'clear') return nothing(told, nowMs + DEPENDENCY_LOOK_MS);
  const alertId = situation.newId();
  return tellLevel(situation, level, alertId, openingOf(situation.state, level));
}

function change(situation: Situation, level: Exclude<AlertLevel, 'none'>): NoticeDecision {
  const { told, nowMs, snoozedUntilMs } = situation;
  if (snoozedUntilMs !== null && nowMs < snoozedUntilMs) return nothing(told, snoozedUntilMs);
  if (level === 'failure' && situation.dependency !== 'clear') return nothing(told, nowMs + DEPENDENCY_LOOK_MS);
  return tellLevel(situation, level, told.alertId ?? situation.newId(), level === 'failure' ? 'ALERT_DEGRADED_FAILURE' : 'ALERT_FAILURE_DEGRADED');
}

function tellLevel({ told, nowMs, policy, snoozedUntilMs }: Situation, level: Exclude<AlertLevel, 'none'>, alertId: string, alertType: AlertType): NoticeDecision {
  // A snooze that is over by now is answered by this.
  const next = { ...told, level, alertId, toldAtMs: nowMs, remindersSent: 0, snoozeEndedMs: snoozedUntilMs };
  return { told: next, notices: [draft(level, alertId, alertType)], lookAgainMs: policy.reminders.amount > 0 ? nowMs + policy.reminders.everyMs : null };
}

function close({ told }: Situation): NoticeDecision {
  return { told: { ...told, ...NO_ALERT }, notices: [draft('recovery', told.alertId, recoveryOf(told.level))], lookAgainMs: null };
}

/** Again, because it still goes on: as often as the settings say, and once when a snooze ends. */
function remind(situation: Situation): NoticeDecision {
  const { told, nowMs, policy: { reminders }, snoozedUntilMs, state } = situation;
  if (snoozedUntilMs !== null && nowMs < snoozedUntilMs) return nothing(told, snoozedUntilMs);
  if (state.standing === 'passing' && situation.isOnlyHistory) return nothing(told, null);
  const hasSnoozeEnded = snoozedUntilMs !== null && told.snoozeEndedMs !== snoozedUntilMs;
  const due = situation.isAcknowledged ? 0 : Math.min(reminders.amount, Math.floor((nowMs - told.toldAtMs) / reminders.everyMs));
  const nextMs = situation.isAcknowledged || due >= reminders.amount ? null : told.toldAtMs + (due + 1) * reminders.everyMs;
  if (due <= told.remindersSent && !hasSnoozeEnded) return nothing(told, nextMs);
  const remindersSent = Math.max(due, told.remindersSent + (hasSnoozeEnded ? 1 : 0));
  const level = told.level === 'failure' ? 'failure' : 'degraded';
  const reminder = draft(level, told.alertId, level === 'failure' ? 'ALERT_FAILURE_REMAIN' : 'ALERT_DEGRADED_REMAIN');
  return {
    told: { ...told, remindersSent, snoozeEndedMs: snoozedUntilMs }, lookAgainMs: nextMs,
    notices: [{ ...reminder, isReminder: true, reminderSequence: remindersSent }],
  };
}

function noDataPart({ state, told, nowMs, isUnseenExplained, newId }: Situation): NoticeDecision {
  const { status, sinceMs } = statusOf(state);
  if (status !== 'noData') {
    if (told.noDataAlertId === null) return nothing(told.isNoDataResolved ? { ...told, isNoDataResolved: false } : told, null);
    return { told: { ...told, noDataAlertId: null }, notices: [draft('data_again', told.noDataAlertId, null)], lookAgainMs: null };
  }
  if (told.noDataAlertId !== null || told.isNoDataResolved || sinceMs === null) return nothing(told, null);
  const tellAtMs = sinceMs + NO_DATA_GRACE_MS;
  if (nowMs < tellAtMs) return nothing(told, tellAtMs);
  // That the agents' policy refuses the target was told: once (rules.md 6).
  if (isUnseenExplained || told.isDenialTold) return nothing(told, nowMs + NO_DATA_GRACE_MS);
  const alertId = newId();
  return { told: { ...told, noDataAlertId: alertId }, notices: [draft('no_data', alertId, null)], lookAgainMs: null };
}

/** Once, and again only after the target was dialled in between (rules.md 6). */
function denialPart({ state, told }: Situation): NoticeDecision {
  const isDenied = state.denied !== null;
  if (isDenied === told.isDenialTold) return nothing(told, null);
  return { told: { ...told, isDenialTold: isDenied }, notices: isDenied ? [draft('egress_denied', null, null)] : [], lookAgainMs: null };
}

/** Trouble that began and ended while nobody could know: one message that wakes nobody (rules.md 21). */
function digestPart({ told, nowMs }: Situation): NoticeDecision {
  if (told.digest.length === 0 || told.digestAtMs === null) return nothing(told, null);
  if (nowMs < told.digestAtMs) return nothing(told, told.digestAtMs);
  return {
    told: { ...told, digest: [], digestAtMs: null }, lookAgainMs: null,
    notices: [{ ...draft('digest', null, null), episodes: told.digest }],
  };
}

function openingOf(state: CheckState, level: Exclude<AlertLevel, 'none'>): AlertType {
  // With the slot that began it; passes on the way to a recovery that did not come begin nothing.
  const isFirst = state.sinceMs === state.lastVerdictMs;
  if (level === 'degraded') return state.before?.standing === 'failing' ? 'ALERT_FAILURE_DEGRADED' : isFirst ? 'ALERT_DEGRADED' : 'ALERT_DEGRADED_REMAIN';
  if (state.standing !== 'failing') return 'ALERT_FAILURE';
  return state.before?.standing === 'degraded' ? 'ALERT_DEGRADED_FAILURE' : isFirst ? 'ALERT_FAILURE' : 'ALERT_FAILURE_REMAIN';
}

function recoveryOf(level: AlertLevel): AlertType {
  return level === 'degraded' ? 'ALERT_DEGRADED_RECOVERY' : 'ALERT_RECOVERY';
}

const NO_ALERT = { level: 'none', alertId: null, toldAtMs: 0, remindersSent: 0, snoozeEndedMs: null } as const;

function draft(kind: NoticeDraft['kind'], alertId: string | null, alertType: AlertType | null): NoticeDraft {
  return { kind, alertType, alertId, isReminder: false, reminderSequence: 0, ending: null, episodes: [] };
}

function nothing(told: Told, lookAgainMs: number | null): NoticeDecision {
  return { told, notices: [], lookAgainMs };
}

export function earliest(...instants: readonly (number | null)[]): number | null {
  const known = instants.filter((instant) => instant !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/**
 * One message of an alert, complete in itself: whoever renders it for a channel needs nothing else. Written by the
 * judge with the state it tells of (rules.md 19); times in ms since the epoch.
 */

/** The transitions of a check (checkly-api.md §4.1). */
export const ALERT_TYPES = [
  'ALERT_FAILURE', 'ALERT_FAILURE_REMAIN', 'ALERT_FAILURE_DEGRADED', 'ALERT_RECOVERY',
  'ALERT_DEGRADED', 'ALERT_DEGRADED_REMAIN', 'ALERT_DEGRADED_FAILURE', 'ALERT_DEGRADED_RECOVERY',
] as const;
export type AlertType = (typeof ALERT_TYPES)[number];

/** What a notice tells. `failure`, `degraded`, `recovery` are of a check; the rest stand apart from up and down. */
export const NOTICE_KINDS = [
  'failure', 'degraded', 'recovery',
  /** A check has no data, and has it again. */
  'no_data', 'data_again',
  /** A location is cut off or empty (one notice, with its checks), and back. */
  'location_down', 'location_up',
  /** What happened while nobody could be told: never pages. */
  'digest',
  /** The owner is told once (rules.md 6). */
  'egress_denied',
  'new_agent', 'agent_conflict',
  /** Another channel cannot be reached. */
  'channel_failing',
  'quota',
  /** The "send a test" button. */
  'test',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

export type Notice = {
  readonly id: string;
  readonly accountId: string;
  readonly kind: NoticeKind;
  /** null for what is no transition of a check. */
  readonly alertType: AlertType | null;
  /** Of the period it belongs to: the same in its opening, its reminders and its end. Dedup key towards providers. */
  readonly alertId: string | null;
  readonly isReminder: boolean;
  /** 0 for the first message. */
  readonly reminderSequence: number;
  /** One line a person understands: "Redis EU is failing: connection refused by 10.0.0.5:6379". */
  readonly title: string;
  /** What to know and do next; plain text, lines. */
  readonly text: string;
  readonly createdAtMs: number;
  /** Since when the state holds: the due instant of its first slot. */
  readonly sinceMs: number | null;
  readonly check: NoticeCheck | null;
  readonly location: { readonly id: string; readonly code: string; readonly name: string } | null;
  /** The result that decided. */
  readonly result: NoticeResult | null;
  /** Locations that see it fail, and how many delivered a verdict. */
  readonly failing: { readonly codes: readonly string[]; readonly of: number } | null;
  /** Checks a location or digest notice speaks of: the first hundred, and how many there are. */
  readonly affected: {
    readonly names: readonly string[]; readonly count: number;
    /** All of them: the notice goes to their subscribers. Left out: to the channels of the account. */
    readonly checkIds?: readonly string[];
  } | null;
  /** The channel that a `channel_failing` notice is about: it goes to the others. */
  readonly channel?: { readonly id: number; readonly name: string } | null;
};

export type NoticeCheck = {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly groupName: string | null;
  /** `host:port`, secrets redacted. */
  readonly target: string;
  readonly revision: number;
};

export type NoticeResult = {
  readonly runId: string;
  readonly dueAtMs: number;
  readonly startedAtMs: number;
  readonly outcome: string;
  readonly locationCode: string;
  readonly locationName: string;
  readonly responseTimeMs: number;
  /** Phase and code of the failure, and its sentence; null when it passed. */
  readonly failure: { readonly phase: string; readonly code: string; readonly message: string } | null;
  readonly attempts: number;
};

import type { Notice } from '../notice.ts';

/** 2026-11-22 12:00 UTC. */
export const NOTICE_AT_MS = Date.UTC(2026, 10, 22, 12);

/** Redis EU fails in one of two locations; with one changed fact at a time. */
export function aNotice(changes: Partial<Notice> = {}): Notice {
  return {
    id: '0190a000-0000-4000-8000-000000000001', accountId: '11111111-1111-4111-8111-111111111111',
    kind: 'failure', alertType: 'ALERT_FAILURE', alertId: '0190a000-0000-4000-8000-0000000000aa', isReminder: false, reminderSequence: 0,
    title: 'Redis EU is failing: connection refused by 10.0.0.5:6379',
    text: 'The connection was refused (ECONNREFUSED, connect).\nSeen from Frankfurt since 11:59 UTC.',
    createdAtMs: NOTICE_AT_MS, sinceMs: NOTICE_AT_MS - 60_000,
    check: {
      id: '0190a000-0000-4000-8000-0000000000c1', name: 'Redis EU', description: 'cache of the shop', tags: ['team:web', 'prod'],
      groupName: 'Shop', target: '10.0.0.5:6379', revision: 3,
    },
    location: null,
    result: {
      runId: '0190a000-0000-5000-8000-0000000000e1', dueAtMs: NOTICE_AT_MS - 1_000, startedAtMs: NOTICE_AT_MS - 990, outcome: 'failed',
      locationCode: 'eu-central-1', locationName: 'Frankfurt', responseTimeMs: 3.25,
      failure: { phase: 'connect', code: 'ECONNREFUSED', message: 'connection refused by 10.0.0.5:6379' }, attempts: 2,
    },
    failing: { codes: ['eu-central-1'], of: 2 }, affected: null,
    ...changes,
  };
}

import type { Notice } from '../alerting/notice.ts';

/** What the "send a test" button sends: made up, and says so in every line that could be taken for real. */
export function testNotice(accountId: string, { id, nowMs }: { readonly id: string; readonly nowMs: number }): Notice {
  return {
    id, accountId, kind: 'test', alertType: null, alertId: null, isReminder: false, reminderSequence: 0,
    title: 'Sonde: this channel works',
    text: 'This is a test that somebody asked for. Alerts will look like this, with what failed, from where and since when.',
    createdAtMs: nowMs, sinceMs: null, check: null, location: null, result: null, failing: null, affected: null,
  };
}

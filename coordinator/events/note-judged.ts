import type { Judged } from '../pipeline/judge-check.ts';
import type { AccountEvents } from './account-events.ts';

/** Committed verdicts as news: whose status is another, and of whom something was told. */
export function noteJudged(events: Pick<AccountEvents, 'note'>, judged: readonly Judged[]): void {
  for (const { isStatusNew, judged: { accountId, checkId, alerts, notices } } of judged) {
    if (isStatusNew) events.note(accountId, 'statuses', [checkId]);
    if (alerts.length > 0 || notices.length > 0) events.note(accountId, 'alerts', [checkId]);
  }
}

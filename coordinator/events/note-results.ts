import type { IngestRow } from '../pipeline/ports.ts';
import type { AccountEvents } from './account-events.ts';

/** Committed rows as news: which checks of which accounts have something new. */
export function noteResults(events: Pick<AccountEvents, 'note'>, rows: readonly IngestRow[]): void {
  const byAccount = new Map<string, Set<string>>();
  for (const row of rows) {
    const checkId = row.kind === 'result' ? row.result.checkId : row.gap.checkId;
    const checks = byAccount.get(row.accountId);
    if (checks) checks.add(checkId);
    else byAccount.set(row.accountId, new Set([checkId]));
  }
  for (const [accountId, checkIds] of byAccount) events.note(accountId, 'results', checkIds);
}

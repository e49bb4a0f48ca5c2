/** Who did what from where. Rows are only ever added. */
import type { UserStore } from '../api/users-port.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import { withAuditDraft, writeLine } from './audit-drafts.ts';
import type { Db } from './connect.ts';

export function auditStore(db: Db): Pick<UserStore, 'withAuditDraft' | 'recordAudit' | 'listAudit'> {
  return {
    withAuditDraft,
    recordAudit: (entry) => asAccount(db, entry.accountId, async (trx) => { await writeLine(trx, entry); }),

    listAudit: (accountId, { limit, beforeId }) => readAsAccount(db, accountId, async (trx) => {
      const rows = await trx.selectFrom('audit_log').selectAll().where('account_id', '=', accountId)
        .$if(beforeId !== null, (query) => query.where('id', '<', beforeId!)).orderBy('id', 'desc').limit(limit).execute();
      return rows.map((row) => ({
        id: row.id, atMs: Math.trunc(row.at), accountId: row.account_id, action: row.action, target: row.target, address: row.address, status: row.status,
        actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name }, details: row.details,
      }));
    }),
  };
}

import { sql, type Transaction } from 'kysely';
import { inAuditedTransaction } from './audit-drafts.ts';
import type { Db } from './connect.ts';
import { TENANT_ROLE } from './provision.ts';
import type { Database } from './schema.ts';

/** A transaction that sees one account's rows (rules.md 35), as the tenant role; role and account end with it. What it changes for a request of the API is in the audit log with it. */
export function asAccount<T>(db: Db, accountId: string, work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
  return inAuditedTransaction((run) => db.transaction().execute((trx) => withinAccount(trx, accountId, run)), work);
}

/** As above, reading only, and everything as it was at one moment. */
export function readAsAccount<T>(db: Db, accountId: string, work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute((trx) => withinAccount(trx, accountId, work));
}

async function withinAccount<T>(trx: Transaction<Database>, accountId: string, work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
  await sql`select set_config('role', ${TENANT_ROLE}, true), set_config('sonde.account_id', ${accountId}, true)`.execute(trx);
  return work(trx);
}

/**
 * Newest-first reads follow the index and stop early. A day's partition has no statistics until it has been
 * analysed; without them Postgres would rather fetch everything of a check and sort it.
 */
export async function readInIndexOrder(trx: Transaction<Database>): Promise<void> {
  await sql`select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)`.execute(trx);
}

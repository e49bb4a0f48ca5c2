import { sql, type RawBuilder, type Transaction } from 'kysely';
import { inAuditedTransaction } from './audit-drafts.ts';
import type { Db } from './connect.ts';
import { TENANT_ROLE } from './provision.ts';
import type { Database } from './schema.ts';

/** A transaction that sees one account's rows (rules.md 35), as the tenant role; role and account end with it. What it changes for a request of the API is in the audit log with it. */
export function asAccount<T>(db: Db, accountId: string, work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
  return inAuditedTransaction((run) => db.transaction().execute((trx) => withinAccount(trx, accountId, run)), work);
}

/** Postgres' own, for a transaction. */
export type ReadSettings = Readonly<Record<string, string>>;

/**
 * Newest-first reads follow the index and stop early. A day's partition has no statistics until it has been
 * analysed; without them Postgres would rather fetch everything of a check and sort it.
 */
export const IN_INDEX_ORDER: ReadSettings = { enable_sort: 'off', enable_bitmapscan: 'off' };

/**
 * As above, reading only, and everything as it was at one moment. It is begun by one message, with its role, account
 * and settings: kysely's own way takes one for each, and on a page of figures their way costs more than their work.
 */
export function readAsAccount<T>(db: Db, accountId: string, work: (trx: Transaction<Database>) => Promise<T>, settings: ReadSettings = {}): Promise<T> {
  return db.connection().execute(async (connection) => {
    try {
      await sql`start transaction isolation level repeatable read read only; select ${configured({ role: TENANT_ROLE, 'sonde.account_id': accountId, ...settings })}`.execute(connection);
      const read = await work(connection as Transaction<Database>);
      await sql`commit`.execute(connection);
      return read;
    } catch (cause) {
      // Of a connection that broke it fails, too; the pool does not use that one again.
      await sql`rollback`.execute(connection).catch(() => {});
      throw cause;
    }
  });
}

async function withinAccount<T>(trx: Transaction<Database>, accountId: string, work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
  await sql`select ${configured({ role: TENANT_ROLE, 'sonde.account_id': accountId })}`.execute(trx);
  return work(trx);
}

export async function readInIndexOrder(trx: Transaction<Database>): Promise<void> {
  await sql`select ${configured(IN_INDEX_ORDER)}`.execute(trx);
}

/** Until the end of the transaction. As literals, so that several statements may go in one message. */
function configured(settings: ReadSettings): RawBuilder<unknown> {
  return sql.join(Object.entries(settings).map(([name, value]) => sql`set_config(${sql.lit(name)}, ${sql.lit(value)}, true)`));
}

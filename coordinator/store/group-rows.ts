import type { Transaction } from 'kysely';
import type { CheckGroup } from '../planning/check-group.ts';
import type { Database } from './schema.ts';

/** The group of a check that is being written; throws when it is gone: the API refuses those before. */
export async function groupIn(trx: Transaction<Database>, accountId: string, id: number | null): Promise<CheckGroup | null> {
  if (id === null) return null;
  const row = await trx.selectFrom('check_groups').select('definition').where('account_id', '=', accountId).where('id', '=', id).executeTakeFirst();
  if (!row) throw new Error(`there is no group ${id}`);
  return row.definition;
}

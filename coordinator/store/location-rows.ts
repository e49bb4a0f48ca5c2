import type { Selectable } from 'kysely';
import type { Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import type { Transaction } from 'kysely';
import type { Database } from './schema.ts';

export const LOCATION_COLUMNS = ['id', 'code', 'name', 'kind', 'account_id'] as const;
export type LocationColumn = (typeof LOCATION_COLUMNS)[number];

export function toLocation(row: Pick<Selectable<Database['locations']>, LocationColumn>): Location {
  return { id: row.id, code: row.code, name: row.name, kind: row.kind, accountId: row.account_id };
}

/**
 * Ids of a check's locations in the user's order: `locations`, then `privateLocations`, each once. Throws on a code
 * that the account does not see: the API refuses those before, and a schedule without them would be silently wrong.
 */
export async function locationOrderOf(trx: Transaction<Database>, accountId: string, check: Pick<Check, 'locations' | 'privateLocations'>): Promise<readonly string[]> {
  const wanted = [...check.locations.map((code) => `public ${code}`), ...check.privateLocations.map((code) => `private ${code}`)];
  const codes = [...check.locations, ...check.privateLocations];
  if (codes.length === 0) return [];
  const rows = await trx.selectFrom('locations').select(['id', 'code', 'kind'])
    .where('code', 'in', codes)
    .where((eb) => eb.or([eb('account_id', 'is', null), eb('account_id', '=', accountId)]))
    .where('deleted_at', 'is', null)
    .execute();
  const idByName = new Map(rows.map((row) => [`${row.kind} ${row.code}`, row.id]));
  return [...new Set(wanted.map((name) => {
    const id = idByName.get(name);
    if (id === undefined) throw new Error(`there is no ${name.replace(' ', ' location ')}`);
    return id;
  }))];
}

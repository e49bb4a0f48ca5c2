/** The books of slots: what is stored, against what was owed (rules.md 8, I1). */
import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { AvailabilityChange } from '#shared/schedule/epoch.ts';
import type { CheckSchedule, CompletenessStore, ScheduleFilter, SettledOfCheck } from '../api/completeness-port.ts';
import { readAsAccount } from './account-scope.ts';
import { toEpoch } from './schedule-rows.ts';
import type { Db } from './connect.ts';
import { gapSpansOf, settledGaps, settledResults } from './settled-slots.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;
type Range = { readonly fromMs: number; readonly toMs: number };

export function completenessStore(db: Db): CompletenessStore {
  return {
    listSchedules: (accountId, filter, range) => readAsAccount(db, accountId, async (trx) => {
      const { checkIds, total } = await chosenChecks(trx, accountId, filter, range);
      const entries = checkIds.length === 0 ? [] : await schedulesOf(trx, accountId, checkIds, range.replacedSinceMs);
      const locationIds = [...new Set(entries.flatMap(({ epochs }) => epochs.flatMap(({ order }) => order)))];
      return { entries, total, availability: await availabilityOf(trx, locationIds, range), locationCodes: await codesOf(trx, locationIds) };
    }),

    listSettled: (accountId, checks, range, gapSpansMax) => (checks.length === 0 ? Promise.resolve(new Map()) : readAsAccount(db, accountId, async (trx) => {
      const books = new Map(checks.map(({ checkId }) => [checkId, { counts: [], gapSpans: [] } as { -readonly [Key in keyof SettledOfCheck]: [...SettledOfCheck[Key]] }]));
      const question = { accountId, checks, ...range };
      for (const { checkId, ...count } of [...await settledResults(trx, question), ...await settledGaps(trx, question)]) books.get(checkId)?.counts.push(count);
      for (const { checkId, ...gap } of await gapSpansOf(trx, question, gapSpansMax)) books.get(checkId)?.gapSpans.push(gap);
      return books;
    })),
  };
}

async function chosenChecks(trx: Trx, accountId: string, filter: ScheduleFilter, { fromMs, toMs }: Range): Promise<{ checkIds: readonly string[]; total: number }> {
  if (filter.kind === 'one') {
    const known = await trx.selectFrom('checks').select('id').where('account_id', '=', accountId).where('id', '=', filter.checkId).executeTakeFirst();
    return known ? { checkIds: [known.id], total: 1 } : { checkIds: [], total: 0 };
  }
  // The row that governs the start of the range is the newest before it; every later one begins within.
  const { rows } = await sql<{ id: string; total: number }>`
    select id, count(*) over () as total from checks
    where account_id = ${accountId} and exists (
      select from (
        select active, from_at, lead(from_at) over (order by from_at) as until_at from schedule_epochs e
        where e.account_id = checks.account_id and e.check_id = checks.id
      ) epoch
      where active and from_at < ${instant(toMs)} and (until_at is null or until_at > ${instant(fromMs)})
    )
    order by created_at, id limit ${filter.limit} offset ${(filter.page - 1) * filter.limit}`.execute(trx);
  return { checkIds: rows.map(({ id }) => id), total: rows[0]?.total ?? 0 };
}

async function schedulesOf(trx: Trx, accountId: string, checkIds: readonly string[], replacedSinceMs: number): Promise<readonly CheckSchedule[]> {
  const checks = await trx.selectFrom('checks').select(['id', 'name', 'definition', 'deleted_at'])
    .where('account_id', '=', accountId).where('id', 'in', checkIds).orderBy('created_at').orderBy('id').execute();
  const epochs = Map.groupBy(await trx.selectFrom('schedule_epochs').selectAll()
    .where('account_id', '=', accountId).where('check_id', 'in', checkIds).orderBy('from_at').execute(), (epoch) => epoch.check_id);
  const replaced = Map.groupBy(await trx.selectFrom((from) => from.selectFrom('check_revisions')
    .where('account_id', '=', accountId).where('check_id', 'in', checkIds)
    .select(['check_id', 'definition', sql<number | null>`lead(created_at) over (partition by check_id order by revision)`.as('replaced_at')]).as('revisions'))
    .select(['check_id', 'definition']).where('replaced_at', '>=', instant(replacedSinceMs)).execute(), (revision) => revision.check_id);
  return checks.map((row) => ({
    checkId: row.id, name: row.name, isDeleted: row.deleted_at !== null, epochs: (epochs.get(row.id) ?? []).map(toEpoch),
    definitions: [row.definition, ...(replaced.get(row.id) ?? []).map(({ definition }) => definition)],
  }));
}

async function availabilityOf(trx: Trx, locationIds: readonly string[], { fromMs, toMs }: Range): Promise<readonly AvailabilityChange[]> {
  if (locationIds.length === 0) return [];
  const rows = await trx.selectFrom('availability as a').select(['location_id', 'from_at', 'available'])
    .where('location_id', 'in', locationIds).where('from_at', '<', instant(toMs))
    .where(sql<boolean>`from_at >= coalesce((select max(b.from_at) from availability b where b.location_id = a.location_id and b.from_at <= ${instant(fromMs)}), '-infinity')`)
    .execute();
  return rows.map((row) => ({ locationId: row.location_id, fromAtMs: row.from_at, available: row.available }));
}

async function codesOf(trx: Trx, locationIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (locationIds.length === 0) return new Map();
  const rows = await trx.selectFrom('locations').select(['id', 'code']).where('id', 'in', locationIds).execute();
  return new Map(rows.map(({ id, code }) => [id, code]));
}

function instant(ms: number): RawBuilder<number> {
  return sql<number>`${new Date(ms)}::timestamptz`;
}

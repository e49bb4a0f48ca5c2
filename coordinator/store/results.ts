/** Stored attempts as the API reads them, newest first. */
import { sql, type Selectable, type SelectQueryBuilder, type Transaction } from 'kysely';
import type { Check } from '#shared/check/check.ts';
import type { ApiStore, ResultFilter, StoredResult } from '../api/ports.ts';
import { IN_INDEX_ORDER, readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';
import { formatCursor, parseCursor } from './result-cursor.ts';
import { toAttemptResult } from './result-columns.ts';
import type { Database, ResultRow } from './schema.ts';

type Trx = Transaction<Database>;
type Rows = SelectQueryBuilder<Database, 'results', Selectable<ResultRow>>;

export function resultStore(db: Db): Pick<ApiStore, 'listResults' | 'getResult'> {
  return {
    listResults: (accountId, filter) => readAsAccount(db, accountId, async (trx) => {
      const wanted = await narrow(trx, accountId, ofCheck(trx, accountId, filter.checkId), filter);
      if (wanted === 'nothing') return { entries: [], nextCursor: null };
      // One more than asked for tells whether there is a next page.
      const rows = await wanted.limit(filter.limit + 1).execute();
      const page = rows.slice(0, filter.limit);
      const last = rows.length > filter.limit ? page.at(-1) : undefined;
      return {
        entries: await toStoredResults(trx, accountId, page),
        nextCursor: last ? formatCursor({ dueAtMs: last.due_at, runId: last.run_id, attempt: last.attempt }) : null,
      };
    }, IN_INDEX_ORDER),

    getResult: (accountId, checkId, runId, attempt) => readAsAccount(db, accountId, async (trx) => {
      const ofRun = ofCheck(trx, accountId, checkId).where('run_id', '=', runId);
      const wanted = attempt === undefined ? ofRun.where('is_final', '=', true) : ofRun.where('attempt', '=', attempt);
      const row = await wanted.limit(1).executeTakeFirst();
      return row ? (await toStoredResults(trx, accountId, [row]))[0]! : null;
    }),
  };
}

function ofCheck(trx: Trx, accountId: string, checkId: string): Rows {
  return trx.selectFrom('results').selectAll().where('account_id', '=', accountId).where('check_id', '=', checkId)
    .orderBy('due_at', 'desc').orderBy('run_id', 'desc').orderBy('attempt', 'desc');
}

async function narrow(trx: Trx, accountId: string, rows: Rows, filter: ResultFilter): Promise<Rows | 'nothing'> {
  let wanted = rows;
  if (filter.cursor !== undefined) {
    const { dueAtMs, runId, attempt } = parseCursor(filter.cursor);
    // The first line is implied by the second: it lets Postgres leave out days.
    wanted = wanted.where('due_at', '<=', instant(dueAtMs))
      .where(sql<boolean>`(due_at, run_id, attempt) < (${instant(dueAtMs)}, ${runId}, ${attempt})`);
  } else if (filter.page !== undefined) {
    wanted = wanted.offset((filter.page - 1) * filter.limit);
  }
  if (filter.fromMs !== undefined) wanted = wanted.where('due_at', '>=', instant(filter.fromMs));
  if (filter.toMs !== undefined) wanted = wanted.where('due_at', '<', instant(filter.toMs));
  if (filter.hasFailures !== undefined) wanted = wanted.where('outcome', filter.hasFailures ? '=' : '<>', 'failed');
  if (filter.outcome !== undefined) wanted = wanted.where('outcome', '=', filter.outcome);
  if (filter.trigger !== undefined) wanted = wanted.where('trigger', '=', filter.trigger);
  const type = filter.resultType ?? 'FINAL';
  if (type !== 'ALL') wanted = wanted.where('is_final', '=', type === 'FINAL');
  if (filter.locationCode !== undefined) {
    const locations = await trx.selectFrom('locations').select('id').where('code', '=', filter.locationCode)
      .where((eb) => eb.or([eb('account_id', 'is', null), eb('account_id', '=', accountId)])).execute();
    if (locations.length === 0) return 'nothing';
    wanted = wanted.where('location_executed', 'in', locations.map(({ id }) => id));
  }
  return wanted;
}

async function toStoredResults(trx: Trx, accountId: string, rows: readonly Selectable<ResultRow>[]): Promise<readonly StoredResult[]> {
  if (rows.length === 0) return [];
  const codes = await codesOf(trx, rows);
  const checks = await checksOf(trx, accountId, rows);
  return rows.map((row) => ({
    ...toAttemptResult(row),
    accountId: row.account_id, agentId: row.agent_id, isSurplus: row.is_surplus, receivedAtMs: Math.trunc(row.received_at),
    locationOwedCode: codes.get(row.location_owed) ?? row.location_owed,
    locationExecutedCode: codes.get(row.location_executed) ?? row.location_executed,
    check: checks.get(`${row.check_id} ${row.check_revision}`)!,
  }));
}

async function codesOf(trx: Trx, rows: readonly Selectable<ResultRow>[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(rows.flatMap((row) => [row.location_owed, row.location_executed]))];
  const found = await trx.selectFrom('locations').select(['id', 'code']).where('id', 'in', ids).execute();
  return new Map(found.map(({ id, code }) => [id, code]));
}

/** Each revision once, however many results name it. */
async function checksOf(trx: Trx, accountId: string, rows: readonly Selectable<ResultRow>[]): Promise<ReadonlyMap<string, Check>> {
  const revisions = [...new Set(rows.map((row) => row.check_revision))];
  const checkIds = [...new Set(rows.map((row) => row.check_id))];
  const found = await trx.selectFrom('check_revisions').select(['check_id', 'revision', 'definition'])
    .where('account_id', '=', accountId).where('check_id', 'in', checkIds).where('revision', 'in', revisions).execute();
  return new Map(found.map((row) => [`${row.check_id} ${row.revision}`, row.definition]));
}

/** Instants are read as numbers and asked for as timestamps. */
function instant(ms: number) {
  return sql<number>`${new Date(ms)}::timestamptz`;
}

/** What a check looks like now. */
import { sql, type Transaction } from 'kysely';
import type { Outcome } from '#shared/run/result.ts';
import type { ApiStore, CheckStatus, JudgedStatus } from '../api/ports.ts';
import { statusOf, type LocationState } from '../verdict/check-state.ts';
import { readAsAccount, readInIndexOrder } from './account-scope.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

/** A check, and what its status was made of: as long as that is the same, so is the status. `waits`: rows came that the judge has not seen. */
type Version = { readonly id: string; readonly text: string; readonly waits: boolean };
type StatusRow = {
  id: string; name: string; revision: number; created_at: number; updated_at: number;
  status: JudgedStatus | null; since_at: number | null; seen_from: Readonly<Record<string, LocationState>> | null;
} & LastRow;
type LastRow = { run_id: string | null; due_at: number | null; executed_in: string | null; outcome: Outcome | null };
type Codes = ReadonlyMap<string, string>;
type Known = { readonly codes: string; /** By check. */ readonly statuses: Map<string, { readonly version: string; readonly status: CheckStatus }> };

/** Accounts whose statuses are remembered; beyond, the one asked for longest ago is read anew. */
const REMEMBERED_MAX = 100;

/**
 * `last` is of the newest slot with a verdict; of a parallel slot the worst. The judge has noted it with the state
 * that it wrote; rows are looked through only where it has not, or where some wait for it.
 * Shots stay outside state (rules.md 7), agent faults and denials are no verdict (rules.md 6).
 */
export function statusStore(db: Db): Pick<ApiStore, 'listCheckStatuses' | 'listRunExtremes'> {
  const remembered = new Map<string, Known>();
  return {
    listCheckStatuses: (accountId, checkIds) => (checkIds?.length === 0 ? Promise.resolve([]) : readAsAccount(db, accountId, async (trx) => {
      const codes = new Map((await trx.selectFrom('locations').select(['id', 'code']).orderBy('id').execute()).map(({ id, code }) => [id, code]));
      const { statuses } = recalled(remembered, accountId, [...codes].join(' '));
      const versions = await readVersions(trx, accountId, checkIds);
      // Looked up before the next question is asked: meanwhile somebody else may see a check go.
      const known = new Map(versions.flatMap(({ id, text, waits }) => {
        const before = statuses.get(id);
        return !waits && before?.version === text ? [[id, before.status] as const] : [];
      }));
      const read = await readStatuses(trx, accountId, versions.filter(({ id }) => !known.has(id)), codes);
      const all = versions.map(({ id, text }) => ({ id, version: text, status: known.get(id) ?? read.get(id)! }));
      // All anew: a version that stayed would keep the whole text that it was once cut from.
      if (checkIds === null) statuses.clear();
      for (const { id, version, status } of all) statuses.set(id, { version, status });
      return all.map(({ status }) => status);
    })),

    listRunExtremes: (accountId, checkIds) => (checkIds?.length === 0 ? Promise.resolve(new Map()) : readAsAccount(db, accountId, async (trx) => {
      const { rows } = await sql<{ check_id: string; longest_us: number; shortest_us: number }>`
        select check_id, max(total_us) as longest_us, min(total_us) as shortest_us from results
        where account_id = ${accountId} and ${checkIds === null ? sql`true` : sql`check_id = any(${[...checkIds]}::uuid[])`} and is_final and not is_surplus
          and due_at >= now() - interval '24 hours' and outcome in ('passed', 'degraded', 'failed') group by check_id`.execute(trx);
      return new Map(rows.map((row) => [row.check_id, { longestMs: row.longest_us / 1000, shortestMs: row.shortest_us / 1000 }]));
    })),
  };
}

function recalled(remembered: Map<string, Known>, accountId: string, codes: string): Known {
  const before = remembered.get(accountId);
  const known = before?.codes === codes ? before : { codes, statuses: new Map() };
  remembered.delete(accountId);
  remembered.set(accountId, known);
  if (remembered.size > REMEMBERED_MAX) remembered.delete(remembered.keys().next().value ?? '');
  return known;
}

const UUID_CHARS = 36;

/** By age. As one text, because thousands of small rows cost more to read, and leave more behind, than everything else here. */
async function readVersions(trx: Transaction<Database>, accountId: string, checkIds: readonly string[] | null): Promise<readonly Version[]> {
  const { rows: [row] } = await sql<{ versions: string | null }>`
    select string_agg(concat_ws(' ', checks.id, checks.revision, checks.updated_at, states.updated_at,
      exists (select from judge_marks where judge_marks.account_id = checks.account_id and judge_marks.check_id = checks.id)), E'\\n' order by checks.created_at, checks.id) as versions
    from checks left join check_states states on states.account_id = checks.account_id and states.check_id = checks.id
    where checks.account_id = ${accountId} and checks.deleted_at is null and ${checkIds === null ? sql`true` : sql`checks.id = any(${[...checkIds]}::uuid[])`}`.execute(trx);
  return row?.versions?.split('\n').map((text) => ({ id: text.slice(0, UUID_CHARS), text, waits: text.endsWith(' t') })) ?? [];
}

async function readStatuses(trx: Transaction<Database>, accountId: string, of: readonly Version[], codes: Codes): Promise<ReadonlyMap<string, CheckStatus>> {
  if (of.length === 0) return new Map();
  const { rows } = await sql<StatusRow>`
    select checks.id, checks.name, checks.revision, checks.created_at, checks.updated_at, states.status, states.since_at, head.locations as seen_from,
      run."runId" as run_id, evidence."dueAtMs" as due_at, run."executedIn" as executed_in, run.outcome
    from checks
    left join check_states states on states.account_id = checks.account_id and states.check_id = checks.id
    left join lateral json_to_record(states.head) as head ("lastVerdictMs" float8, evidence json, locations json) on true
    left join lateral json_to_record(head.evidence) as evidence ("dueAtMs" float8, run json) on true
    left join lateral json_to_record(case when evidence."dueAtMs" = head."lastVerdictMs" then evidence.run end) as run ("runId" uuid, "executedIn" uuid, outcome text) on true
    where checks.account_id = ${accountId} and checks.id = any(${of.map(({ id }) => id)}::uuid[])`.execute(trx);
  const waiting = new Set(of.filter(({ waits }) => waits).map(({ id }) => id));
  const looked = await lookedUp(trx, accountId, rows.filter(({ id, run_id }) => run_id === null || waiting.has(id)).map(({ id }) => id));
  return new Map(rows.map((row) => [row.id, toStatus({ ...row, ...looked.get(row.id) }, codes)]));
}

/** The newest run with a verdict of each of these checks, from the rows. */
async function lookedUp(trx: Transaction<Database>, accountId: string, checkIds: readonly string[]): Promise<ReadonlyMap<string, LastRow>> {
  if (checkIds.length === 0) return new Map();
  await readInIndexOrder(trx);
  const { rows } = await sql<LastRow & { check_id: string }>`
    select given.check_id, last.* from unnest(${[...checkIds]}::uuid[]) as given (check_id)
    left join check_states states on states.account_id = ${accountId} and states.check_id = given.check_id
    cross join lateral (
      select run_id, due_at, location_executed as executed_in, outcome from results
      where results.check_id = given.check_id and results.account_id = ${accountId}
        and is_final and not is_surplus and trigger in ('schedule', 'retry') and outcome in ('passed', 'degraded', 'failed')
        -- The judge has seen a verdict by then: whatever is older needs no look, nor do the days before.
        and due_at >= coalesce(to_timestamp((states.head ->> 'lastVerdictMs')::float8 / 1000), '-infinity')
      order by due_at desc, case outcome when 'failed' then 0 when 'degraded' then 1 else 2 end, run_id desc
      limit 1
    ) last`.execute(trx);
  return new Map(rows.map((row) => [row.check_id, row]));
}

function toStatus(row: StatusRow, codes: Codes): CheckStatus {
  const last = row.run_id === null || row.due_at === null || row.outcome === null ? null
    : { runId: row.run_id, dueAtMs: row.due_at, locationCode: codes.get(row.executed_in ?? '') ?? '', outcome: row.outcome };
  return {
    checkId: row.id, name: row.name, revision: row.revision, createdAtMs: Math.trunc(row.created_at), updatedAtMs: Math.trunc(row.updated_at), last,
    status: row.status ?? 'noData', sinceMs: row.since_at,
    locations: Object.entries(row.seen_from ?? {}).flatMap(([id, state]) => {
      const code = codes.get(id);
      return code === undefined ? [] : [{ code, ...statusOf(state) }];
    }).sort((a, b) => (a.code < b.code ? -1 : 1)),
  };
}

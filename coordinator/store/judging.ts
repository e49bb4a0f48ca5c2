/** What the judge takes, reads and commits; many checks a statement. */
import { sql, type Transaction } from 'kysely';
import type { GapReason } from '#shared/run/gap.ts';
import type { Outcome, Trigger } from '#shared/run/result.ts';
import { NOTHING_TOLD } from '../alerting/told.ts';
import type { DependencyState, JudgedCheck, JudgingStore, JudgingTurn, KeptState, StoredRow, StoredRows } from '../pipeline/judging-port.ts';
import { NEW_STATE, type CheckState, type CheckStatus } from '../verdict/check-state.ts';
import type { Checkpoint } from '../verdict/checkpoints.ts';
import type { KeptConfirmation, KeptRetry } from '../pipeline/judging-port.ts';
import type { Told } from '../alerting/told.ts';
import { readAccountContext } from './account-context.ts';
import { applyAlertChanges } from './alert-changes.ts';
import type { ConfigHints } from './config-hints.ts';
import type { Db } from './connect.ts';
import { enqueueNotices } from './outbox.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;

/** Marks looked through for checks to take; the rest waits for the next turn. */
const MARKS_MAX = 5_000;
/** Those that have waited longest, times what a turn takes: others may hold some of them. */
const CANDIDATES = 2;
/** History is gone through once a backlog is in, or all this time while it still comes. */
const HISTORY_QUIET_SECONDS = 20;
const HISTORY_SECONDS_MAX = 300;
/** How often that is looked for: it reads every mark of history. */
const HISTORY_LOOK_MS = 5_000;

export function judgingStore(db: Db, hints: ConfigHints): JudgingStore {
  let historyLookedMs = -Infinity;
  return {
    takeJudgingTurn: (options, work) => {
      const withHistory = Math.abs(options.nowMs - historyLookedMs) >= HISTORY_LOOK_MS;
      if (withHistory) historyLookedMs = options.nowMs;
      return db.transaction().execute(async (trx) => work(turnOf(trx, await takeChecks(trx, { ...options, withHistory }))));
    },
    onJudgeHint: (callback) => hints.subscribe('judge', callback),
  };
}

function turnOf(trx: Trx, checks: readonly KeptState[]): JudgingTurn {
  return {
    checks,
    loadContext: () => readAccountContext(trx, checks),
    loadDependencies: (ids) => readDependencies(trx, ids),
    loadRows: (ranges, rowsMax) => readRows(trx, ranges, rowsMax),
    loadOutages: async (accountIds) => {
      if (accountIds.length === 0) return new Map();
      const rows = await trx.selectFrom('location_outages').select(['account_id', 'location_id', 'ended_at']).where('account_id', 'in', [...accountIds])
        .where((eb) => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>', sql<number>`now() - interval '2 days'`)])).orderBy(sql`ended_at nulls last`).execute();
      return new Map(rows.map((row) => [`${row.account_id} ${row.location_id}`, row.ended_at]));
    },
    save: (judged) => save(trx, judged),
  };
}

type TakenRow = {
  account_id: string; check_id: string; head: CheckState | null; base: CheckState | null; checkpoints: readonly Checkpoint[]; slots_folded: number;
  told: Told | null; confirmations: readonly KeptConfirmation[]; retries: readonly KeptRetry[]; is_history_pending: boolean; acknowledged_at: number | null; snoozed_until: number | null; is_resolved: boolean; is_no_data_resolved: boolean;
};

/**
 * Locks first and reads the marks then, so that whatever is marked is there to be read. Whoever has waited longest is
 * taken first: where more is marked than a turn can take, no check is passed over for good.
 */
async function takeChecks(trx: Trx, { nowMs, checksMax, withHistory }: { readonly nowMs: number; readonly checksMax: number; readonly withHistory: boolean }): Promise<readonly KeptState[]> {
  const ripe = withHistory ? await ripeHistory(trx) : [];
  const { rows } = await sql<TakenRow>`
    with wanted as (
      select check_id, min(since) as since from (
        (select check_id, marked_at as since from judge_marks where not is_history order by id limit ${MARKS_MAX})
        union all select check_id, clock_timestamp() from unnest(${ripe}::uuid[]) as check_id
        union all (select check_id, next_look_at from check_states where next_look_at <= ${new Date(nowMs)} order by next_look_at limit ${MARKS_MAX})
      ) as waiting group by check_id order by min(since) limit ${checksMax * CANDIDATES}
    ), taken as (
      select account_id, check_id, head, base, checkpoints, slots_folded, told, confirmations, retries, is_history_pending
      from wanted join check_states using (check_id) order by since limit ${checksMax} for update of check_states skip locked
    )
    select taken.*, alerts.acknowledged_at, alerts.snoozed_until, alerts.resolved_by is not null as is_resolved, unseen.resolved_by is not null as is_no_data_resolved from taken
    left join alerts on alerts.account_id = taken.account_id and alerts.id = (taken.told ->> 'alertId')::uuid
    left join alerts unseen on unseen.account_id = taken.account_id and unseen.id = (taken.told ->> 'noDataAlertId')::uuid`.execute(trx);
  if (rows.length === 0) return [];
  const marks = await sql<{ check_id: string; first_due: number | null }>`
    with gone as (delete from judge_marks where check_id = any(${rows.map((row) => row.check_id)}::uuid[]) and (not is_history or check_id = any(${ripe}::uuid[])) returning check_id, first_due_at)
    select check_id, min(first_due_at) as first_due from gone group by check_id`.execute(trx);
  const firstDue = new Map(marks.rows.map((mark) => [mark.check_id, mark.first_due]));
  return rows.map((row): KeptState => ({
    accountId: row.account_id, checkId: row.check_id, head: row.head ?? NEW_STATE, base: row.base ?? NEW_STATE, checkpoints: row.checkpoints, slotsFolded: row.slots_folded,
    told: row.told ?? NOTHING_TOLD, confirmations: row.confirmations, retries: row.retries, isHistoryPending: row.is_history_pending, firstDueMs: firstDue.get(row.check_id) ?? null,
    acknowledgedAtMs: row.acknowledged_at, snoozedUntilMs: row.snoozed_until, resolved: { alert: row.is_resolved, noData: row.is_no_data_resolved },
  }));
}

/** Checks whose history may be gone through now. */
async function ripeHistory(trx: Trx): Promise<readonly string[]> {
  const { rows } = await sql<{ check_id: string }>`
    select check_id from judge_marks where is_history group by check_id
    having max(marked_at) < clock_timestamp() - make_interval(secs => ${HISTORY_QUIET_SECONDS}) or min(marked_at) < clock_timestamp() - make_interval(secs => ${HISTORY_SECONDS_MAX})`.execute(trx);
  return rows.map((row) => row.check_id);
}

async function readDependencies(trx: Trx, ids: readonly string[]): Promise<ReadonlyMap<string, DependencyState>> {
  if (ids.length === 0) return new Map();
  const rows = await trx.selectFrom('check_states').select(['check_id', 'status', 'head', 'told']).where('check_id', 'in', [...new Set(ids)]).execute();
  return new Map(rows.map((row) => [row.check_id, { status: row.status, level: row.told?.level ?? 'none', lastVerdictMs: row.head?.lastVerdictMs ?? null }]));
}

type RunRow = {
  check_id: string; due_at: number; run_id: string | null; attempt: number; is_final: boolean; trigger: Trigger; outcome: Outcome; location_owed: string; location_executed: string;
  started_at: number; total_us: number; failure_phase: string | null; failure_code: string | null; failure_message: string | null; reason: GapReason | null; is_impaired: boolean;
};

/** Rows of many checks, each from its own instant on; the oldest of all lets Postgres leave older days alone. */
async function readRows(
  trx: Trx, ranges: readonly { readonly accountId: string; readonly checkId: string; readonly afterMs: number }[], rowsMax: number,
): Promise<ReadonlyMap<string, StoredRows>> {
  if (ranges.length === 0) return new Map();
  const after = (ms: number): Date => new Date(Math.max(0, Math.floor(ms)));
  const oldest = after(Math.min(...ranges.map(({ afterMs }) => afterMs)));
  await sql`select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`.execute(trx);
  const wanted = sql`unnest(${ranges.map(({ accountId }) => accountId)}::uuid[], ${ranges.map(({ checkId }) => checkId)}::uuid[], ${ranges.map(({ afterMs }) => after(afterMs))}::timestamptz[]) as wanted (account_id, check_id, after_at)`;
  const { rows } = await sql<RunRow>`
    select wanted.check_id, found.* from ${wanted} cross join lateral (
      select due_at, run_id, attempt, is_final, trigger, outcome, location_owed, location_executed, started_at, total_us, failure_phase, failure_code, failure_message, null::text as reason,
        exists (select from impaired_windows i where i.location_id = results.location_executed and i.agent_id = results.agent_id and i.withdrawn_at is null
          and results.due_at >= i.from_at and (i.to_at is null or results.due_at <= i.to_at)) as is_impaired
      from results where results.account_id = wanted.account_id and results.check_id = wanted.check_id and due_at > wanted.after_at and due_at > ${oldest}
        and not is_surplus and trigger in ('schedule', 'retry', 'confirm')
      order by due_at limit ${rowsMax}
    ) as found
    union all
    select wanted.check_id, found.* from ${wanted} cross join lateral (
      select due_at, null::uuid, 0::smallint, true, 'schedule', 'agent_fault', location_owed, location_owed, due_at, 0, null, null, null, reason, false
      from gaps where gaps.account_id = wanted.account_id and gaps.check_id = wanted.check_id and due_at > wanted.after_at and due_at > ${oldest}
      order by due_at limit ${rowsMax}
    ) as found`.execute(trx);
  const byCheck = Map.groupBy(rows, (row) => row.check_id);
  return new Map([...byCheck].map(([checkId, ofCheck]) => {
    const isCut = ofCheck.filter(({ run_id }) => run_id !== null).length >= rowsMax || ofCheck.filter(({ run_id }) => run_id === null).length >= rowsMax;
    return [checkId, cut(ofCheck.map(toStoredRow).sort((a, b) => a.dueAtMs - b.dueAtMs), isCut)] as const;
  }));
}

/** Of results and gaps both were read as far as the shorter of them goes. */
function cut(rows: readonly StoredRow[], isCut: boolean): StoredRows {
  if (!isCut) return { rows, isCut };
  const lastOf = (kind: StoredRow['kind']): number => rows.findLast((row) => row.kind === kind)?.dueAtMs ?? Infinity;
  const throughMs = Math.min(lastOf('result'), lastOf('gap'));
  return { rows: rows.filter(({ dueAtMs }) => dueAtMs <= throughMs), isCut };
}

function toStoredRow(row: RunRow): StoredRow {
  if (row.run_id === null) return { kind: 'gap', dueAtMs: row.due_at, locationId: row.location_owed, reason: row.reason! };
  return {
    kind: 'result', dueAtMs: row.due_at, trigger: row.trigger, attempt: row.attempt, isFinal: row.is_final, isImpaired: row.is_impaired,
    facts: {
      runId: row.run_id, outcome: row.outcome, locationId: row.location_owed, executedIn: row.location_executed,
      startedAtMs: row.started_at, responseTimeMs: row.total_us / 1000, attempts: row.attempt,
      failure: row.failure_phase === null || row.failure_code === null ? null : { phase: row.failure_phase, code: row.failure_code, message: row.failure_message ?? '' },
    },
  };
}

async function save(trx: Trx, judged: readonly JudgedCheck[]): Promise<void> {
  if (judged.length === 0) return;
  const instant = (ms: number | null): Date | null => (ms === null || ms < 0 ? null : new Date(Math.ceil(ms)));
  const column = <T>(of: (check: JudgedCheck) => T): T[] => judged.map(of);
  await sql`
    update check_states set status = given.status, since_at = given.since_at, judged_through = given.judged_through, head = given.head, base = given.base,
      base_through = given.base_through, checkpoints = coalesce(given.checkpoints, check_states.checkpoints), slots_folded = given.slots_folded, told = given.told,
      confirmations = given.confirmations, retries = given.retries, is_history_pending = given.is_history_pending, next_look_at = given.next_look_at, updated_at = clock_timestamp()
    from unnest(
      ${column(({ accountId }) => accountId)}::uuid[], ${column(({ checkId }) => checkId)}::uuid[], ${column<CheckStatus>(({ status }) => status)}::text[],
      ${column(({ sinceMs }) => instant(sinceMs))}::timestamptz[], ${column(({ head }) => instant(head.throughMs))}::timestamptz[],
      ${column(({ head }) => JSON.stringify(head))}::json[], ${column(({ base }) => JSON.stringify(base))}::json[], ${column(({ base }) => instant(base.throughMs))}::timestamptz[],
      ${column(({ checkpoints }) => (checkpoints === null ? null : JSON.stringify(checkpoints)))}::json[], ${column(({ slotsFolded }) => slotsFolded)}::bigint[],
      ${column(({ told }) => JSON.stringify(told))}::json[], ${column(({ confirmations }) => JSON.stringify(confirmations))}::json[], ${column(({ retries }) => JSON.stringify(retries))}::json[],
      ${column(({ isHistoryPending }) => isHistoryPending)}::boolean[], ${column(({ nextLookMs }) => instant(nextLookMs))}::timestamptz[]
    ) as given (account_id, check_id, status, since_at, judged_through, head, base, base_through, checkpoints, slots_folded, told, confirmations, retries, is_history_pending, next_look_at)
    where check_states.account_id = given.account_id and check_states.check_id = given.check_id`.execute(trx);
  await applyAlertChanges(trx, judged);
  await enqueueNotices(trx, judged.flatMap(({ notices }) => notices));
}

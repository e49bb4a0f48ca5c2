/** An installation with a past: checks, and what became of their runs over some days, made by Postgres itself. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { maskToken, mintToken, tokenHasher } from '#coordinator/api/keys.ts';
import { SCOPES } from '#coordinator/api/scopes.ts';
import { openStore, type Store } from '#coordinator/store/open-store.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import type { Fleet } from '../../e2e/testing/fleet.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const QUIET = { info() {}, warn() {} };
const LOCATIONS = ['loc-1', 'loc-2', 'loc-3', 'loc-4'];
/** Further back than a coordinator goes through again at a start, so that it closes none of these slots. */
const ENDED_HOURS_AGO = 2;
/** More than retention takes while a directory is kept. */
export const KEPT_DAYS = 400;
/** Each is good for so many requests a minute. */
const KEYS = 60;
/** Of a parallel check; the others take turns over all locations. */
const PARALLEL_LOCATIONS = 2;

export type Size = { readonly rows: number; readonly checks: number; readonly days: number };
export type Past = { readonly store: Store; readonly accountId: string; readonly keys: readonly string[]; readonly checkIds: readonly string[]; readonly fromMs: number; readonly toMs: number; readonly results: number; readonly gaps: number; /** Rows made just now. */ readonly made: number };

/** How many days are made at once: one each core of a small machine. */
const AT_ONCE = 2;

/**
 * Rows go straight into the tables, without ingest: no marks, no rollups yet. In a directory that is kept, days that
 * are there stay, and an interrupted generation goes on. The caller closes the store.
 */
export async function generatePast(fleet: Fleet, size: Size, say: (what: string) => void): Promise<Past> {
  const store = await openStore({ databaseUrl: fleet.postgres.url, applicationName: 'bench', log: QUIET, retentionRawDays: KEPT_DAYS });
  await store.migrate();
  const { settings, keys, fromMs, toMs } = await begun(fleet, store, size, say);
  if (settings !== settingsOf(size)) throw new Error(`the directory holds the past of ${settings}, not of ${settingsOf(size)}: choose another, or remove it`);
  const intervalMs = intervalOf(size, fromMs, toMs);
  const { rows: made } = await fleet.pool.query<{ day: string }>('select day from bench_days');
  const there = new Set(made.map(({ day }) => Number(day)));
  const missing = daysOf(fromMs, toMs).filter((dayMs) => !there.has(dayMs));
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let dayMs = missing.shift(); dayMs !== undefined; dayMs = missing.shift()) {
      await makeDay(fleet.pool, { dayMs, fromMs, toMs, intervalMs });
      say(`rows of ${new Date(dayMs).toISOString().slice(0, 10)}`);
    }
  }));
  await fleet.pool.query(JUDGED, [new Date(fromMs), toMs, new Date(toMs - 3 * intervalMs)]);
  // As autovacuum leaves it behind.
  if (there.size < daysOf(fromMs, toMs).length) await fleet.pool.query('vacuum analyze');
  const { rows: [counted] } = await fleet.pool.query<{ results: string; gaps: string; made: string }>('select sum(results) as results, sum(gaps) as gaps, coalesce(sum(results + gaps) filter (where not day = any($1)), 0) as made from bench_days', [[...there]]);
  const { rows: [account] } = await fleet.pool.query<{ id: string }>('select id from accounts order by created_at limit 1');
  const { rows: checks } = await fleet.pool.query<{ id: string }>('select id from checks order by created_at, id');
  return { store, accountId: account!.id, keys, checkIds: checks.map(({ id }) => id), fromMs, toMs, results: Number(counted?.results), gaps: Number(counted?.gaps), made: Number(counted?.made) };
}

/** As the judge leaves them: it has seen everything up to the end ($2), and noted the run that it rests on, of the last few slots (from $3). */
const JUDGED = `
  update check_states s set status = 'passing', since_at = $1, next_look_at = null, head = json_build_object(
    'throughMs', $2::bigint, 'standing', 'passing', 'sinceMs', (extract(epoch from $1::timestamptz) * 1000)::bigint, 'streak', 1, 'passes', 0, 'isEscalated', false, 'before', null,
    'lastVerdictMs', dueAtMs, 'unseenSinceMs', null, 'denied', null,
    'evidence', json_build_object('dueAtMs', dueAtMs, 'failingIn', '[]'::json, 'seenBy', 1, 'run', json_build_object('runId', run_id, 'outcome', outcome, 'locationId', location_owed,
      'executedIn', location_executed, 'startedAtMs', dueAtMs, 'responseTimeMs', total_us / 1000.0, 'attempts', attempt, 'failure', null)),
    'locations', json_build_object(location_owed, json_build_object('standing', 'passing', 'sinceMs', dueAtMs, 'streak', 1, 'lastVerdictMs', dueAtMs, 'unseenSinceMs', null, 'throughMs', dueAtMs)))
  from checks, lateral (
    select *, (extract(epoch from due_at) * 1000)::bigint as dueAtMs from results r
    where r.account_id = checks.account_id and r.check_id = checks.id and r.due_at >= $3 and r.is_final and r.outcome in ('passed', 'degraded', 'failed') order by due_at desc, outcome = 'failed' desc limit 1
  ) last
  where s.account_id = checks.account_id and s.check_id = checks.id and s.head #>> '{evidence,dueAtMs}' is null`;

type Begun = { readonly settings: string; readonly keys: readonly string[]; readonly fromMs: number; readonly toMs: number };

const settingsOf = ({ rows, checks, days }: Size): string => `${rows} rows, ${checks} checks, ${days} days`;
// Half of the checks run twice a slot, and one run in twelve leaves two rows.
const intervalOf = ({ rows, checks }: Size, fromMs: number, toMs: number): number => Math.max(10_000, Math.round((toMs - fromMs) * checks * 1.5 / rows));

function daysOf(fromMs: number, toMs: number): number[] {
  const first = Math.floor(fromMs / DAY_MS) * DAY_MS;
  return Array.from({ length: Math.ceil((toMs - first) / DAY_MS) }, (_, index) => first + index * DAY_MS);
}

/** Account, keys, checks and what they are like: once for a directory. */
async function begun(fleet: Fleet, store: Store, size: Size, say: (what: string) => void): Promise<Begun> {
  const { rows: [there] } = await fleet.pool.query<{ there: boolean }>(`select to_regclass('bench_past') is not null as there`);
  if (there?.there) return (await fleet.pool.query<{ facts: Begun }>('select facts from bench_past')).rows[0]!.facts;
  const toMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - ENDED_HOURS_AGO * HOUR_MS;
  const fromMs = toMs - size.days * DAY_MS + DAY_MS - (toMs % DAY_MS);
  await store.ensurePartitions(fromMs);
  const hashToken = tokenHasher(Buffer.from(fleet.masterKey, 'hex'));
  const { accountId } = await store.ensureFirstAccount({ name: 'First account', keyHash: hashToken(fleet.apiKey), keyPrefix: maskToken(fleet.apiKey), scopes: SCOPES });
  await store.ensureLocations(LOCATIONS.map((code) => ({ code, name: code })));
  const keys: string[] = [];
  for (let n = 0; n < KEYS; n += 1) {
    const key = mintToken('account', randomBytes);
    await store.createApiKey(accountId, { id: randomUUID(), name: `bench ${n}`, hash: hashToken(key), masked: maskToken(key), scopes: SCOPES, lastsMs: null });
    keys.push(key);
  }
  say(`creating ${size.checks} checks`);
  await createChecks(store, fleet.pool, accountId, Math.max(2, size.checks));
  await giveThemAPast(fleet.pool, { fromMs, toMs, intervalMs: intervalOf(size, fromMs, toMs) });
  const facts: Begun = { settings: settingsOf(size), keys, fromMs, toMs };
  await fleet.pool.query('create table bench_days (day bigint primary key, results bigint not null, gaps bigint not null)');
  await fleet.pool.query('create table bench_past as select $1::jsonb as facts', [JSON.stringify(facts)]);
  return facts;
}

type DayToMake = { readonly dayMs: number; readonly fromMs: number; readonly toMs: number; readonly intervalMs: number };

/** With its note, or not at all. */
async function makeDay(pool: Pool, { dayMs, fromMs, toMs, intervalMs }: DayToMake): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`begin; set local synchronous_commit = off; set local work_mem = '256MB'`);
    const { rows: [made] } = await client.query<{ results: string; gaps: string }>(OF_DAY, [new Date(Math.max(dayMs, fromMs)), new Date(Math.min(dayMs + DAY_MS, toMs)), intervalMs]);
    await client.query('insert into bench_days values ($1, $2, $3)', [dayMs, made!.results, made!.gaps]);
    await client.query('commit');
  } finally {
    client.release(true);
  }
}

/** The first two as users make them, parallel and round-robin; the others are their copies. */
async function createChecks(store: Store, pool: Pool, accountId: string, count: number): Promise<void> {
  for (const [index, runParallel] of [true, false].entries()) {
    const parsed = parseCheck({
      name: `service ${index}.`, frequency: 10, runParallel, tags: [`team-${index}`], locations: runParallel ? LOCATIONS.slice(0, PARALLEL_LOCATIONS) : LOCATIONS,
      request: { hostname: `service-${index}.example.net`, port: 6379, data: 'PING\\r\\n', dataFormat: 'escaped', assertions: [{ source: 'RESPONSE_DATA', comparison: 'CONTAINS', target: 'PONG' }] },
    });
    if (!parsed.ok) throw new Error(`the bench's check is not valid: ${JSON.stringify(parsed.problems)}`);
    await store.createCheck(accountId, randomUUID(), parsed.check, null);
  }
  await pool.query(COPIES, [count]);
}

const COPIES = `
  with copies as materialized (
    select n, gen_random_uuid() as id, 'team-' || n % 10 as team, p.id as original, p.account_id, p.name, p.tags, p.config_revision,
      replace(replace(replace(p.definition::text, 'service ' || n % 2 || '.', 'service ' || n), 'service-' || n % 2 || '.', 'service-' || n || '.'), 'team-' || n % 2, 'team-' || n % 10)::json as definition
    from generate_series(2, $1::integer - 1) as n join checks p on p.name = 'service ' || n % 2 || '.'
  ), made as (
    insert into checks (account_id, id, revision, name, tags, definition, config_revision, created_at)
    select account_id, id, 1, 'service ' || n, array[team], definition, config_revision, now() + n * interval '1 microsecond' from copies
  ), revised as (
    insert into check_revisions (account_id, check_id, revision, definition) select account_id, id, 1, definition from copies
  )
  insert into schedule_epochs (account_id, check_id, from_at, interval_ms, strategy, location_order, active)
  select e.account_id, copies.id, e.from_at, e.interval_ms, e.strategy, e.location_order, e.active from copies join schedule_epochs e on e.check_id = copies.original`;

/** The schedule since then, and its end; what each check is like; one agent a location, one of which was cut off for a while. */
async function giveThemAPast(pool: Pool, { fromMs, toMs, intervalMs }: { readonly fromMs: number; readonly toMs: number; readonly intervalMs: number }): Promise<void> {
  await pool.query('update schedule_epochs set from_at = $1, interval_ms = $2', [new Date(fromMs), intervalMs]);
  await pool.query(`insert into schedule_epochs (account_id, check_id, from_at, interval_ms, strategy, location_order, active)
    select account_id, check_id, $1, interval_ms, strategy, location_order, false from schedule_epochs`, [new Date(toMs)]);
  await pool.query('delete from judge_marks');
  await pool.query(`create table bench_checks as
    select distinct on (check_id) account_id, check_id, strategy, location_order, row_number() over (order by check_id) as number,
      (random() * $1)::bigint as phase_ms, ln(1500) + random() * 4 as scale, case when random() < 0.05 then 0.04 else 0.003 end as failing
    from schedule_epochs where active`, [intervalMs]);
  await pool.query(`insert into impaired_windows (location_id, agent_id, from_at, to_at, reason)
    select id, id, $1::timestamptz, $1::timestamptz + interval '40 minutes', '{}' from locations where code = 'loc-2'`, [new Date(fromMs + (toMs - fromMs) / 2)]);
}

/**
 * Runs between $1 and $2, every $3 ms, in the order they were due. Of a check's runs so many fail, some after a retry
 * that is a row of its own; one in a hundred is degraded, one in 150 a gap, one in 500 an agent's fault. Times are
 * log-normal, each check with a scale of its own. An agent's id is that of its location.
 */
const OF_DAY = `
  with slots as (
    select c.*, k, to_timestamp((k * $3::bigint + c.phase_ms) / 1000.0) as due_at
    from bench_checks c cross join lateral generate_series(
      ceil((extract(epoch from $1::timestamptz) * 1000 - c.phase_ms) / $3::bigint)::bigint, ceil((extract(epoch from $2::timestamptz) * 1000 - c.phase_ms) / $3::bigint)::bigint - 1) as k
  ), runs as (
    select slots.*, location_id, gen_random_uuid() as run_id, random() as fate, random() < 0.5 as is_retried,
      exp(scale + 0.35 * random_normal())::integer as us
    from slots cross join lateral unnest(case strategy when 'parallel' then location_order else array[location_order[1 + k % cardinality(location_order)]] end) as location_id
    order by due_at
  ), gone as (
    insert into gaps (account_id, due_at, run_id, check_id, location_owed, agent_id, reason)
    select account_id, due_at, run_id, check_id, location_id, location_id, (array['agent_lost', 'no_agent', 'maintenance', 'previous_still_running'])[1 + (fate * 1e6)::integer % 4] from runs where fate >= 1 - 1 / 150.0
    returning 1
  ), made as (
  insert into results (account_id, due_at, run_id, check_id, location_owed, location_executed, agent_id, started_at, lateness_us, clock_offset_us, clock_error_us, bytes_received,
    check_revision, dns_us, connect_us, tls_us, send_us, first_byte_us, data_us, total_us, idle_us, bytes_sent, uncertainty_us, loop_delay_us, attempt, is_final, is_surplus,
    over_max_response_time, established, trigger, outcome, stop_reason, clock, failure_phase, failure_code, failure_message, remote_address, response, assertions)
  select account_id, due_at, run_id, check_id, location_id, location_id, location_id, due_at + interval '1 millisecond', 1000, -40, 120, case when outcome = 'passed' then 7 else 0 end,
    1, us / 10, us / 5, 0, 12, us - us / 10 - us / 5 - 12 - 35, 35, us, 0, 6, 50, 20, attempt, is_final, false,
    false, outcome in ('passed', 'degraded'), case attempt when 1 then 'schedule' else 'retry' end, outcome, 'decided', 'user',
    case when outcome = 'failed' then 'connect' end, case when outcome = 'failed' then 'ECONNREFUSED' end, case when outcome = 'failed' then 'the connection was refused' end,
    '10.0.0.1', case when outcome in ('passed', 'degraded') then '\\x2b504f4e470d0a'::bytea end, case when outcome in ('passed', 'degraded') then '[{"passed":true,"actual":"+PONG\\r\\n","error":null}]'::json end
  from runs cross join lateral (
    select case when fate < failing then 'failed' when fate < failing + 0.01 then 'degraded' when fate < failing + 0.012 then 'agent_fault' else 'passed' end
  ) as ending (last_outcome) cross join lateral (
    select 1, 'failed', false where last_outcome = 'failed' and is_retried union all select case when last_outcome = 'failed' and is_retried then 2 else 1 end, last_outcome, true
  ) as attempts (attempt, outcome, is_final)
  where fate < 1 - 1 / 150.0 order by due_at returning 1
  ) select (select count(*) from made) as results, (select count(*) from gone) as gaps`;

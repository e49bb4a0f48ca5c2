import type { Pool } from 'pg';
import { phaseNumber } from '#coordinator/analytics/phases.ts';

export type Seeded = { readonly results: number; readonly hourly: number; readonly daily: number };

/** One result in four hours of each check: enough that reading them all would show. Hours and days are whole. */
const RESULT_EVERY_HOURS = 4;
const RUNS_AN_HOUR = 60;
/** A packed sketch (analytics/packed-times.ts, as it was before) of three buckets, some 1 to 3 ms. */
const SKETCH = `int2send(${phaseNumber('total')}::int2) || int2send(3::int2) || int8send(120000) || float8send(2.6e8) || int4send(600) || int4send(4000)
  || int2send(330::int2) || int4send(20) || int2send(360::int2) || int4send(30) || int2send(400::int2) || int4send(10)`;
/** What one check's number makes of it: each fortieth is down. */
const STATUS = `case n % 40 when 0 then 'failing' when 1 then 'degraded' when 2 then 'noData' else 'passing' end`;

/** The check `template` again and again, each with days of history, straight into the tables. All or nothing. */
export async function seedHistory(pool: Pool, { template, checks, days }: { readonly template: string; readonly checks: number; readonly days: number }): Promise<Seeded> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('create temp table seeded on commit drop as select n, gen_random_uuid() as id from generate_series(1, $1::int) as n', [checks]);
    await client.query(`insert into checks (account_id, id, revision, name, tags, definition, config_revision)
      select account_id, seeded.id, 1, format('service %s', n), array['team ' || n % 12, case when n % 2 = 0 then 'prod' else 'staging' end],
        (definition::jsonb || jsonb_build_object('name', format('service %s', n), 'tags', jsonb_build_array('team ' || n % 12, case when n % 2 = 0 then 'prod' else 'staging' end)))::json, config_revision
      from checks, seeded where checks.id = $1`, [template]);
    await client.query(`update check_states set status = ${STATUS}, next_look_at = null, head = json_build_object('lastVerdictMs', floor(extract(epoch from now()) * 1000) - 4000)
      from seeded where seeded.id = check_id`);
    // Nobody shall judge what was never run.
    await client.query('delete from judge_marks using seeded where seeded.id = check_id');
    const owed = `(select c.account_id, seeded.id as check_id, n, l.id as location_id from seeded join checks c on c.id = seeded.id, (select id from locations order by created_at limit 1) l) as owed`;
    const hours = (step: string): string => `generate_series(date_trunc('hour', now()) - interval '${days} days', date_trunc('hour', now()), interval '${step}') as at`;
    const results = await client.query(`
      insert into results (account_id, due_at, run_id, check_id, location_owed, location_executed, agent_id, started_at, lateness_us, clock_offset_us, clock_error_us, bytes_received, check_revision,
        dns_us, connect_us, tls_us, send_us, first_byte_us, data_us, total_us, idle_us, bytes_sent, uncertainty_us, loop_delay_us, attempt, is_final, is_surplus, over_max_response_time, established,
        trigger, outcome, stop_reason, clock, remote_address, response)
      select account_id, at, gen_random_uuid(), check_id, location_id, location_id, location_id, at, 900, 0, 100, 7, 1, 0, 300, 0, 10, 600, 20, 930, 0, 6, 50, 20, 1, true, false, false, true,
        'schedule', 'passed', 'decided', 'user', '127.0.0.1', '\\x2b504f4e470d0a' from ${owed}, ${hours(`${RESULT_EVERY_HOURS} hours`)}`);
    const counts = ['passed', 'degraded', 'failed', 'agent_faults', 'egress_denied', 'impaired', 'established', 'over_max', 'attempts', 'gaps'];
    const figures = `at, last_due_at, last_outcome, ${counts.join(', ')}, total`;
    const rollups = (table: string, runs: number, series: string): string => `
      insert into ${table} (account_id, check_id, location_id, ${figures})
      select account_id, check_id, location_id, at, at, 'passed', ${runs} - (n % 40 = 0)::int, (n % 40 = 1)::int, (n % 40 = 0)::int, 0, 0, 0, ${runs}, 0, ${runs}, 0, ${SKETCH} from ${owed}, ${series}`;
    const hourly = await client.query(rollups('rollups_hourly', RUNS_AN_HOUR, hours('1 hour')));
    const daily = await client.query(rollups('rollups_daily', 24 * RUNS_AN_HOUR, `generate_series(date_trunc('day', now(), 'UTC') - interval '${days} days', now(), interval '1 day') as at`));
    await client.query(`insert into rollups_check_daily (account_id, check_id, ${figures}) select account_id, check_id, ${figures} from rollups_daily`);
    await client.query(`insert into rollups_check_weekly (account_id, check_id, at, ${counts.join(', ')}, total)
      select account_id, check_id, date_trunc('week', at, 'UTC'), ${counts.map((count) => `sum(${count})`).join(', ')}, string_agg(total, ''::bytea) from rollups_check_daily group by 1, 2, 3`);
    await client.query('commit');
    await client.query('analyze');
    return { results: results.rowCount ?? 0, hourly: hourly.rowCount ?? 0, daily: daily.rowCount ?? 0 };
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

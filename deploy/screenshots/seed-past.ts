import { openStore } from '#coordinator/store/open-store.ts';
import type { Fleet } from '../e2e/testing/fleet.ts';

/** How a check did in the past: each nth hour that failed, each nth that was slow, and about how long it took. */
export type Past = { readonly checkId: string; readonly typicalUs: number; readonly failedHour: number | null; readonly slowHour: number | null };

const DAY_MS = 86_400_000;
const EVERY = '10 minutes';

/** Some days of results in every public location, and the hours and days made of them. */
export async function seedPast(pool: Fleet['pool'], databaseUrl: string, { pasts, days }: { readonly pasts: readonly Past[]; readonly days: number }): Promise<void> {
  const store = await openStore({ databaseUrl, applicationName: 'screenshots', log: { info() {}, warn() {} } });
  try {
    const nowMs = Date.now();
    await store.ensurePartitions(nowMs - (days + 1) * DAY_MS, nowMs);
    for (const { checkId, typicalUs, failedHour, slowHour } of pasts) {
      // An hour's luck and a run's: the same in every run of this script.
      await pool.query(`
        insert into results (account_id, due_at, run_id, check_id, location_owed, location_executed, agent_id, started_at, lateness_us, clock_offset_us, clock_error_us, bytes_received, check_revision,
          dns_us, connect_us, tls_us, send_us, first_byte_us, data_us, total_us, idle_us, bytes_sent, uncertainty_us, loop_delay_us, attempt, is_final, is_surplus, over_max_response_time, established,
          trigger, outcome, stop_reason, clock, failure_phase, failure_code, failure_message, remote_address, response)
        select account_id, at, gen_random_uuid(), check_id, location_id, location_id, location_id, at, 900, 0, 100, case when is_failed then 0 else 7 end, 1,
          90, us / 4, 0, 14, us / 2, us / 8, 104 + us / 4 + us / 2 + us / 8, 0, 6, 50, 20, 1, true, false, false, not is_failed,
          'schedule', case when is_failed then 'failed' when is_slow then 'degraded' else 'passed' end, case when is_failed then 'failed' else 'decided' end, 'user',
          case when is_failed then 'connect' end, case when is_failed then 'ECONNREFUSED' end, case when is_failed then 'the connection was refused' end, '127.0.0.1',
          case when is_failed then ''::bytea else '\\x2b504f4e470d0a'::bytea end
        from (
          select c.account_id, c.id as check_id, l.id as location_id, at,
            (h % $3::int = 0 and extract(minute from at) < 30) is true as is_failed, (h % $4::int = 1) is true as is_slow,
            ($2::int * (1 + 0.35 * (hashtext(at::text || l.code) % 100) / 100.0) * (1 + 0.3 * sin(extract(epoch from at) / 14000)) * case when (h % $4::int = 1) is true then 3 else 1 end)::int as us
          from checks c cross join locations l
          cross join generate_series(date_trunc('hour', now()) - make_interval(days => $5), now() - interval '10 minutes', interval '${EVERY}') as at
          cross join lateral (select abs(hashtext(c.name || date_trunc('hour', at)::text)) as h) luck
          where c.id = $1 and l.account_id is null
        ) runs`, [checkId, typicalUs, failedHour, slowHour, days]);
    }
    await store.rebuildRollups(nowMs - days * DAY_MS, nowMs);
  } finally {
    await store.close();
  }
}

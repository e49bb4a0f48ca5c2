/** What an account's Prometheus is told: sums of the days that are over, the figures of the last few, and how things are now. */
import { sql } from 'kysely';
import type { PrometheusStore } from '../api/prometheus-port.ts';
import type { MeteredCheck } from '../prometheus/account-metrics.ts';
import { readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';
import { IS_CONNECTED } from './locations.ts';

type CheckRow = { id: string; name: string; tags: string[]; group_name: string | null; muted: boolean | null; activated: boolean | null; status: string | null };
type CountedRow = { check_id: string; code: string; passed: number; degraded: number; failed: number; retries: number; parts: Buffer | null };
type LocationRow = { id: string; code: string; name: string; agents: number; in_flight: number; avg_us: number | null; p90_us: number | null; p99_us: number | null; max_us: number | null };

export function accountFactsStore(db: Db): PrometheusStore {
  return {
    readAccountFacts: (accountId) => readAsAccount(db, accountId, async (trx) => {
      await sql`select set_config('jit', 'off', true)`.execute(trx);
      const { rows: checks } = await sql<CheckRow>`
        select checks.id, checks.name, checks.tags, check_groups.name as group_name, (checks.definition ->> 'muted')::boolean as muted, (checks.definition ->> 'activated')::boolean as activated, check_states.status
        from checks left join check_groups on check_groups.account_id = checks.account_id and check_groups.id = checks.group_id
          left join check_states on check_states.account_id = checks.account_id and check_states.check_id = checks.id
        where checks.account_id = ${accountId} and checks.deleted_at is null order by checks.created_at, checks.id`.execute(trx);
      const { rows: counted } = await sql<CountedRow>`
        select parts.check_id, locations.code, passed, degraded, failed, retries, sketches as parts from (
          select check_id, location_id, passed, degraded, failed, retries, sketches from counter_totals where account_id = ${accountId}
          union all
          select check_id, location_id, passed, degraded, failed, attempts - passed - degraded - failed - agent_faults - egress_denied - impaired, coalesce(total, '') || coalesce(phases, '')
          from rollups_daily where account_id = ${accountId} and at >= (select through from counter_state)
        ) parts join locations on locations.id = parts.location_id`.execute(trx);
      const { rows: locations } = await sql<LocationRow>`
        select l.id, l.code, l.name, coalesce(alive.agents, 0)::integer as agents, coalesce(alive.in_flight, 0)::integer as in_flight, late.*
        from locations l
        left join lateral (select count(distinct agent_id) as agents, sum(in_flight) as in_flight from sessions where sessions.location_id = l.id and ${IS_CONNECTED}) alive on true
        left join lateral (
          select avg(lateness_us)::float8 as avg_us, percentile_cont(0.9) within group (order by lateness_us) as p90_us, percentile_cont(0.99) within group (order by lateness_us) as p99_us, max(lateness_us) as max_us
          from results r where r.account_id = ${accountId} and r.due_at >= now() - interval '2 minutes' and r.location_executed = l.id and r.trigger = 'schedule'
        ) late on true
        where l.account_id = ${accountId} and l.kind = 'private' and l.deleted_at is null order by l.code`.execute(trx);
      return {
        checks: checks.map((row) => ({
          checkId: row.id, name: row.name, tags: row.tags, groupName: row.group_name, muted: row.muted === true, activated: row.activated !== false, status: statusOf(row.status),
        })),
        counted: counted.map(({ check_id, code, parts, ...counts }) => ({ ...counts, checkId: check_id, locationCode: code, sketches: [parts] })),
        privateLocations: locations.map((row) => ({
          id: row.id, slug: row.code, name: row.name, agents: row.agents, inFlight: row.in_flight,
          lateness: row.avg_us === null ? null : { avgMs: ms(row.avg_us), p90Ms: ms(row.p90_us), p99Ms: ms(row.p99_us), maxMs: ms(row.max_us) },
        })),
      };
    }),
  };
}

function statusOf(status: string | null): MeteredCheck['status'] {
  return status === 'passing' || status === 'degraded' || status === 'failing' ? status : null;
}

function ms(us: number | null): number {
  return Math.round(us ?? 0) / 1_000;
}

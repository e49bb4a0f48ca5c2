/** Are the figures of the API those of the rows? Held against exact SQL that shares nothing with the rollups. */
import type { Pool } from 'pg';
import type { Caller } from './endpoints.ts';
import type { Past } from './generate.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const METRICS = ['availability', 'reachability', 'retries', 'impaired', 'noData', 'maintenance', 'total_avg', 'total_p50', 'total_p95', 'total_p99', 'connection_p95', 'dns_p99'] as const;

export type Agreement = {
  readonly figures: number;
  /** Counts and ratios that are not the very same. */
  readonly different: number;
  /** The largest relative error of an average or percentile. */
  readonly worst: { readonly metric: string; readonly relative: number };
};

/** Of some checks, over ranges that begin and end in the middle of days. */
export async function agreementOf(pool: Pool, caller: Caller, { accountId, checkIds, fromMs, toMs }: Past, checks: number): Promise<Agreement> {
  let [figures, different, worst] = [0, 0, { metric: 'none', relative: 0 }];
  for (let n = 0; n < checks; n += 1) {
    const checkId = checkIds[Math.floor((n * checkIds.length) / checks)]!;
    const spans = [[toMs - DAY_MS, toMs], [Math.max(fromMs, toMs - 7 * DAY_MS - 5 * HOUR_MS), toMs - 9 * HOUR_MS], [fromMs, toMs]] as const;
    const [from, to] = spans[n % spans.length]!.map((ms) => new Date(ms)) as [Date, Date];
    const { status, text } = await caller.ask({ path: `/v1/analytics/tcp-checks/${checkId}?metrics=${METRICS.join(',')}&from=${from.toISOString()}&to=${to.toISOString()}` });
    if (status !== 200) throw new Error(`analytics answered ${status}: ${text}`);
    const told = JSON.parse(text).series[0]?.data[0] as Record<string, number | null> | undefined;
    const { rows: [exact] } = await pool.query<Record<string, number | null>>(EXACT, [accountId, checkId, from, to]);
    for (const metric of METRICS) {
      const [one, other] = [told?.[metric] ?? null, exact?.[metric] === null || exact?.[metric] === undefined ? null : Number(exact[metric])];
      figures += 1;
      if (!metric.includes('_')) {
        // To the digits that the API tells.
        if (one === null || other === null ? one !== other : Math.abs(one - other) > 1e-4) different += 1;
      } else {
        const relative = one === other ? 0 : one === null || other === null || other === 0 ? Infinity : Math.abs(one / other - 1);
        if (relative > worst.relative) worst = { metric, relative };
      }
    }
  }
  return { figures, different, worst };
}

const EXACT = `
  with runs as (
    select *, exists (select from impaired_windows i where i.location_id = location_executed and i.agent_id = results.agent_id and due_at between i.from_at and i.to_at) as was_cut_off from results
    where account_id = $1 and check_id = $2 and due_at >= $3 and due_at < $4 and is_final
  ), judged as (select * from runs where not was_cut_off and outcome in ('passed', 'degraded', 'failed')),
  answered as (select * from judged where outcome <> 'failed')
  select 100.0 * (select count(*) from answered) / nullif((select count(*) from judged), 0) as availability,
    100.0 * (select count(*) from judged where established) / nullif((select count(*) from judged), 0) as reachability,
    (select sum(attempt - 1) from runs) as retries,
    (select count(*) from runs where was_cut_off and outcome <> 'agent_fault') as impaired,
    (select count(*) from gaps where account_id = $1 and check_id = $2 and due_at >= $3 and due_at < $4 and reason <> 'maintenance') + (select count(*) from runs where outcome = 'agent_fault') as "noData",
    (select count(*) from gaps where account_id = $1 and check_id = $2 and due_at >= $3 and due_at < $4 and reason = 'maintenance') as maintenance,
    (select avg(total_us) / 1000.0 from answered) as total_avg,
    (select percentile_disc(0.5) within group (order by total_us) / 1000.0 from answered) as total_p50,
    (select percentile_disc(0.95) within group (order by total_us) / 1000.0 from answered) as total_p95,
    (select percentile_disc(0.99) within group (order by total_us) / 1000.0 from answered) as total_p99,
    (select percentile_disc(0.95) within group (order by connect_us + tls_us) / 1000.0 from answered) as connection_p95,
    (select percentile_disc(0.99) within group (order by dns_us) / 1000.0 from answered) as dns_p99`;

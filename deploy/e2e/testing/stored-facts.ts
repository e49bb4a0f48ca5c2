/** What the database holds of schedule and results, read past the product, so that a fault of its queries shows. */
import type { Pool } from 'pg';
import type { AvailabilityChange, ScheduleEpoch } from '#shared/schedule/epoch.ts';

export type StoredRun = {
  readonly checkId: string;
  readonly dueAtMs: number;
  readonly runId: string;
  readonly attempt: number;
  readonly isFinal: boolean;
  readonly isSurplus: boolean;
  readonly locationOwed: string;
  readonly locationExecuted: string;
  readonly agentId: string;
  readonly trigger: string;
  readonly outcome: string;
  readonly latenessUs: number;
  readonly startedAtMs: number;
  /** How wrong `startedAtMs` may be, as the agent itself said. */
  readonly clockErrorUs: number;
  readonly totalUs: number;
};

export type StoredGap = { readonly checkId: string; readonly dueAtMs: number; readonly locationOwed: string; readonly reason: string };

export type StoredFacts = {
  readonly epochs: ReadonlyMap<string, readonly ScheduleEpoch[]>;
  readonly availability: readonly AvailabilityChange[];
  readonly results: readonly StoredRun[];
  readonly gaps: readonly StoredGap[];
};

/** Everything, of one moment. */
export async function readStoredFacts(pool: Pool): Promise<StoredFacts> {
  const client = await pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const epochs = await client.query(`select check_id as "checkId", ${msOf('from_at')} as "fromAtMs", interval_ms as "intervalMs", strategy, location_order as "order", active from schedule_epochs order by from_at`);
    const availability = await client.query(`select location_id as "locationId", ${msOf('from_at')} as "fromAtMs", available from availability order by from_at`);
    const results = await client.query(`select check_id as "checkId", ${msOf('due_at')} as "dueAtMs", run_id as "runId", attempt, is_final as "isFinal",
      is_surplus as "isSurplus", location_owed as "locationOwed", location_executed as "locationExecuted", agent_id as "agentId",
      trigger, outcome, lateness_us::float8 as "latenessUs", ${msOf('started_at')} as "startedAtMs", clock_error_us::float8 as "clockErrorUs", total_us as "totalUs" from results order by due_at, run_id, attempt`);
    const gaps = await client.query(`select check_id as "checkId", ${msOf('due_at')} as "dueAtMs", location_owed as "locationOwed", reason from gaps order by due_at`);
    await client.query('commit');
    return {
      epochs: Map.groupBy(epochs.rows as ({ checkId: string } & ScheduleEpoch)[], ({ checkId }) => checkId),
      availability: availability.rows, results: results.rows, gaps: gaps.rows,
    };
  } finally {
    client.release();
  }
}

/** Instants of the schedule are whole ms. */
function msOf(column: string): string {
  return `round(extract(epoch from ${column}) * 1000)::float8`;
}

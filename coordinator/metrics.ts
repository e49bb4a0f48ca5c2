import { Counter, Gauge, Registry } from 'prom-client';
import type { OperatorFacts } from './operator-facts.ts';
import type { IngestCounts } from './pipeline/ingest-results.ts';

/** What the coordinator is asked for when it is scraped. Counts are since the start. */
export type CoordinatorVitals = {
  readonly sessions: number;
  readonly locations: number;
  readonly configRevision: number;
  readonly ingest: IngestCounts;
  readonly ingestWaitingRows: number;
  readonly gapsClosed: number;
  readonly loopDelayP99Seconds: number;
  readonly deliveries: Readonly<Record<'delivered' | 'again' | 'dead' | 'gone', number>>;
  readonly judge: { readonly checks: number; readonly notices: number; readonly failedTurns: number };
  /** ms since the epoch; 0: none yet. */
  readonly judgedLastMs: number;
};

type Read<T> = (now: T) => number;

/** The coordinator's own numbers, for its operators; `readFacts` answers what all coordinators share, null while Postgres does not. */
export function coordinatorMetrics(version: string, vitals: () => CoordinatorVitals, readFacts: () => Promise<OperatorFacts | null>): Registry {
  const registry = new Registry();
  const info = new Gauge({ name: 'sonde_coordinator_info', help: 'The version that runs.', labelNames: ['version'], registers: [registry] });
  info.set({ version }, 1);
  const gauge = (name: string, help: string, read: Read<CoordinatorVitals>): void => {
    registry.registerMetric(new Gauge({ name, help, registers: [], collect() { this.set(read(vitals())); } }));
  };
  const counter = (name: string, help: string, read: Read<CoordinatorVitals>): void => {
    registry.registerMetric(new Counter({ name, help, registers: [], collect() { this.reset(); this.inc(read(vitals())); } }));
  };
  gauge('sonde_sessions', 'Agents connected to this coordinator.', (now) => now.sessions);
  gauge('sonde_locations', 'Locations in the catalogue.', (now) => now.locations);
  gauge('sonde_config_revision', 'Revision of the config this coordinator has planned.', (now) => now.configRevision);
  counter('sonde_ingest_rows_inserted_total', 'Rows committed.', (now) => now.ingest.inserted);
  counter('sonde_ingest_rows_duplicate_total', 'Rows that were there already.', (now) => now.ingest.duplicates);
  counter('sonde_ingest_commits_total', 'Batches committed.', (now) => now.ingest.commits);
  counter('sonde_ingest_failures_total', 'Times Postgres did not take a batch.', (now) => now.ingest.failures);
  gauge('sonde_ingest_rows_waiting', 'Rows waiting to be committed.', (now) => now.ingestWaitingRows);
  counter('sonde_slots_closed_total', 'Slots closed without a result.', (now) => now.gapsClosed);
  counter('sonde_judge_checks_total', 'Checks looked at by the judge.', (now) => now.judge.checks);
  counter('sonde_judge_notices_total', 'Notices written by the judge.', (now) => now.judge.notices);
  counter('sonde_judge_failures_total', 'Turns of the judge that failed.', (now) => now.judge.failedTurns);
  gauge('sonde_judge_last_turn_timestamp_seconds', 'When the judge last came to the end of a turn; 0: not yet.', (now) => now.judgedLastMs / 1_000);
  counter('sonde_notices_delivered_total', 'Notices delivered, one for each channel.', (now) => now.deliveries.delivered);
  counter('sonde_notice_attempts_failed_total', 'Attempts to deliver that will be repeated.', (now) => now.deliveries.again);
  counter('sonde_notices_dead_total', 'Notices given up on.', (now) => now.deliveries.dead + now.deliveries.gone);
  gauge('sonde_event_loop_delay_p99_seconds', 'How late the event loop is, 99th percentile.', (now) => now.loopDelayP99Seconds);
  gauge('sonde_process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  counter('sonde_process_cpu_seconds_total', 'CPU time of this process.', () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; });
  registerFacts(registry, readFacts);
  return registry;
}

/** What is in Postgres: the same from every coordinator, so take the maximum over them, not the sum. Left out while Postgres does not answer. */
function registerFacts(registry: Registry, readFacts: () => Promise<OperatorFacts | null>): void {
  const shared = (name: string, help: string, read: Read<OperatorFacts>): void => {
    registry.registerMetric(new Gauge({
      name, help, registers: [],
      async collect() {
        const facts = await readFacts();
        if (facts) this.set(read(facts));
        else this.remove();
      },
    }));
  };
  const byLabel = (name: string, help: string, label: string, read: (facts: OperatorFacts) => ReadonlyMap<string, number>): void => {
    registry.registerMetric(new Gauge({
      name, help, labelNames: [label], registers: [],
      async collect() {
        const facts = await readFacts();
        this.reset();
        for (const [of, value] of facts ? read(facts) : []) this.set({ [label]: of }, value);
      },
    }));
  };
  registry.registerMetric(new Gauge({ name: 'sonde_database_up', help: '1 while Postgres answers.', registers: [], async collect() { this.set(await readFacts() ? 1 : 0); } }));
  byLabel('sonde_location_agents', 'Agents that are alive in public locations, of all coordinators.', 'location', (facts) => facts.agentsByLocation);
  shared('sonde_agents_alive', 'Agents that are alive, of all coordinators.', (facts) => facts.agentsAlive);
  shared('sonde_agents_unapproved', 'Agents that wait for approval.', (facts) => facts.agentsUnapproved);
  shared('sonde_checks', 'Checks of all accounts.', (facts) => facts.checks);
  shared('sonde_judge_marks_waiting', 'Marks of new results that the judge has not looked at.', (facts) => facts.judgeMarks);
  shared('sonde_rollup_marks_waiting', 'Transactions of results that are not rolled up yet.', (facts) => facts.rollupMarks);
  shared('sonde_rollup_oldest_mark_age_seconds', 'How far rollups lag behind; 0: not at all.', (facts) => facts.rollupAgeSeconds);
  shared('sonde_deliveries_pending', 'Notices waiting to be delivered, one for each channel.', (facts) => facts.deliveriesPending);
  shared('sonde_deliveries_oldest_due_age_seconds', 'How long the oldest delivery has been due; 0: none is.', (facts) => facts.deliveryAgeSeconds);
  shared('sonde_slots_closed_through_timestamp_seconds', 'Every slot due before is closed.', (facts) => facts.closedThroughSeconds);
  shared('sonde_database_size_bytes', 'Size of the database.', (facts) => facts.databaseBytes);
  shared('sonde_database_connections', 'Connections to the database, of everybody.', (facts) => facts.connections);
  byLabel('sonde_partitions', 'Pieces of the tables that are cut by time.', 'table', (facts) => facts.partitions);
  shared('sonde_partitions_ahead_seconds', 'How far ahead of the present days of results are made; below 0: today has none.', (facts) => facts.partitionsAheadSeconds);
}

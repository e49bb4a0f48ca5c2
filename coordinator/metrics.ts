import { Gauge, Registry } from 'prom-client';
import type { IngestCounts } from './pipeline/ingest-results.ts';

/** What the coordinator is asked for when it is scraped. */
export type CoordinatorVitals = {
  readonly sessions: number;
  readonly locations: number;
  readonly configRevision: number;
  readonly ingest: IngestCounts;
  readonly ingestWaitingRows: number;
  readonly gapsClosed: number;
  readonly loopDelayP99Seconds: number;
  readonly deliveries: Readonly<Record<'delivered' | 'again' | 'dead' | 'gone', number>>;
};

/** The coordinator's own numbers, for its operators. */
export function coordinatorMetrics(version: string, vitals: () => CoordinatorVitals): Registry {
  const registry = new Registry();
  const info = new Gauge({ name: 'sonde_coordinator_info', help: 'The version that runs.', labelNames: ['version'], registers: [registry] });
  info.set({ version }, 1);
  const reading = (name: string, help: string, read: (now: CoordinatorVitals) => number): void => {
    registry.registerMetric(new Gauge({ name, help, registers: [], collect() { this.set(read(vitals())); } }));
  };
  reading('sonde_sessions', 'Agents connected to this coordinator.', (now) => now.sessions);
  reading('sonde_locations', 'Locations in the catalogue.', (now) => now.locations);
  reading('sonde_config_revision', 'Revision of the config this coordinator has planned.', (now) => now.configRevision);
  reading('sonde_ingest_rows_inserted', 'Rows committed since the start.', (now) => now.ingest.inserted);
  reading('sonde_ingest_rows_duplicate', 'Rows that were there already, since the start.', (now) => now.ingest.duplicates);
  reading('sonde_ingest_commits', 'Batches committed since the start.', (now) => now.ingest.commits);
  reading('sonde_ingest_failures', 'Times Postgres did not take a batch, since the start.', (now) => now.ingest.failures);
  reading('sonde_ingest_rows_waiting', 'Rows waiting to be committed.', (now) => now.ingestWaitingRows);
  reading('sonde_slots_closed', 'Slots closed without a result, since the start.', (now) => now.gapsClosed);
  reading('sonde_notices_delivered', 'Notices delivered since the start, one for each channel.', (now) => now.deliveries.delivered);
  reading('sonde_notice_attempts_failed', 'Attempts to deliver that will be repeated, since the start.', (now) => now.deliveries.again);
  reading('sonde_notices_dead', 'Notices given up on since the start.', (now) => now.deliveries.dead + now.deliveries.gone);
  reading('sonde_event_loop_delay_p99_seconds', 'How late the event loop is, 99th percentile.', (now) => now.loopDelayP99Seconds);
  reading('sonde_process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  reading('sonde_process_cpu_seconds', 'CPU time of this process.', () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; });
  return registry;
}

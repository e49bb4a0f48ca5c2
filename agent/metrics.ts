import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AttemptResult } from '#shared/run/result.ts';
import type { EngineStatus } from './probe/engine/engine-choice.ts';

/** Seconds. From loopback to the longest deadline (45 s). */
const PHASE_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 45];
const LATENESS_BUCKETS = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2];

const PHASES = { dns: 'dnsUs', connect: 'connectUs', tls: 'tlsUs', send: 'sendUs', first_byte: 'firstByteUs', data: 'dataUs', total: 'totalUs' } as const;

/** What the agent is asked for when it is scraped. */
export type AgentVitals = {
  readonly isConnected: boolean;
  readonly isSharing: boolean;
  readonly assignments: number;
  readonly rejectedAssignments: number;
  readonly inFlight: number;
  readonly capacity: number;
  readonly spoolRows: number;
  readonly spoolOldestAgeSeconds: number;
  /** Of the thread with gRPC, spool and metrics. */
  readonly loopDelayP99Seconds: number;
  /** Of the thread that times the sockets. */
  readonly probingLoopDelayP99Seconds: number;
  /** How often that thread had to be replaced. */
  readonly probingRestarts: number;
  /** Which engine times the sockets, and why that is not the kernel-timed one. */
  readonly engine: EngineStatus;
  readonly clockOffsetSeconds: number;
  readonly appliedRevision: number;
  readonly witnesses: { readonly isFailing: boolean; readonly answering: number; readonly total: number };
  /** Until it stops for want of a coordinator; 0: it has. */
  readonly autonomyLeftSeconds: number;
};

/** The agent's own numbers, per check and of itself; names and labels are the README's table. */
export class AgentMetrics {
  readonly registry = new Registry();
  readonly #success: Gauge<'check_id'>;
  readonly #attempts: Counter<'check_id' | 'outcome'>;
  readonly #phases: Histogram<'check_id' | 'phase'>;
  readonly #certificateExpiry: Gauge<'check_id'>;
  readonly #lateness: Histogram;
  readonly #gaps: Counter<'reason'>;

  constructor(version: string, vitals: () => AgentVitals) {
    const registers = [this.registry];
    this.#success = new Gauge({ name: 'sonde_probe_success', help: 'Did the last attempt of the check pass (degraded counts)? 1 or 0.', labelNames: ['check_id'], registers });
    this.#attempts = new Counter({ name: 'sonde_attempts_total', help: 'Attempts by outcome.', labelNames: ['check_id', 'outcome'], registers });
    this.#phases = new Histogram({ name: 'sonde_probe_phase_seconds', help: 'Where the time of attempts went.', labelNames: ['check_id', 'phase'], buckets: PHASE_BUCKETS, registers });
    this.#certificateExpiry = new Gauge({ name: 'sonde_probe_certificate_expiry_timestamp_seconds', help: 'When the first certificate of the chain expires.', labelNames: ['check_id'], registers });
    this.#lateness = new Histogram({ name: 'sonde_run_lateness_seconds', help: 'Start of a scheduled run after its due instant.', buckets: LATENESS_BUCKETS, registers });
    this.#gaps = new Counter({ name: 'sonde_gaps_total', help: 'Due runs that were not made, by reason.', labelNames: ['reason'], registers });
    const info = new Gauge({ name: 'sonde_agent_info', help: 'The version that runs.', labelNames: ['version'], registers });
    info.set({ version }, 1);
    const reading = (name: string, help: string, read: (now: AgentVitals) => number): void => {
      registers[0]!.registerMetric(new Gauge({ name, help, registers: [], collect() { this.set(read(vitals())); } }));
    };
    reading('sonde_session_connected', 'Is there a session with the coordinator? 1 or 0.', (now) => (now.isConnected ? 1 : 0));
    reading('sonde_session_sharing', "Do other agents share the location's work? 1 or 0.", (now) => (now.isSharing ? 1 : 0));
    reading('sonde_session_applied_revision', 'Revision of the config that is applied.', (now) => now.appliedRevision);
    reading('sonde_witnesses', 'Witnesses that are asked whether the network is there.', (now) => now.witnesses.total);
    reading('sonde_witnesses_answering', 'Those of them that answered last time.', (now) => now.witnesses.answering);
    reading('sonde_witnesses_failing', 'Does the agent believe that it is cut off? 1 or 0.', (now) => (now.witnesses.isFailing ? 1 : 0));
    reading('sonde_autonomy_left_seconds', 'How long checks still go on if the coordinator stays away; 0: they have stopped.', (now) => now.autonomyLeftSeconds);
    reading('sonde_assignments', 'Checks this agent runs.', (now) => now.assignments);
    reading('sonde_assignments_rejected', 'Checks this agent cannot run.', (now) => now.rejectedAssignments);
    reading('sonde_attempts_in_flight', 'Attempts under way.', (now) => now.inFlight);
    reading('sonde_attempts_capacity', 'Attempts this agent makes at once.', (now) => now.capacity);
    reading('sonde_spool_rows', 'Results not yet acknowledged.', (now) => now.spoolRows);
    reading('sonde_spool_oldest_age_seconds', 'Age of the oldest of them.', (now) => now.spoolOldestAgeSeconds);
    registers[0]!.registerMetric(new Gauge({
      name: 'sonde_event_loop_delay_p99_seconds', help: 'How late the event loop is, 99th percentile; "probing" times the sockets.', labelNames: ['thread'], registers: [],
      collect() {
        const now = vitals();
        this.set({ thread: 'main' }, now.loopDelayP99Seconds);
        this.set({ thread: 'probing' }, now.probingLoopDelayP99Seconds);
      },
    }));
    const restarts = new Counter({
      name: 'sonde_probing_thread_restarts_total', help: 'How often the probing thread had to be replaced.', registers: [],
      collect() { this.reset(); this.inc(vitals().probingRestarts); },
    });
    registers[0]!.registerMetric(restarts);
    registers[0]!.registerMetric(new Gauge({
      name: 'sonde_probe_engine', help: 'Which engine times the sockets: 1 for the one that serves, and why not the kernel-timed one.', labelNames: ['engine', 'reason'], registers: [],
      collect() {
        const { kind, reason } = vitals().engine;
        this.reset();
        for (const each of ['kernel', 'plain']) this.set({ engine: each, reason: each === kind ? reason : '' }, each === kind ? 1 : 0);
      },
    }));
    reading('sonde_clock_offset_seconds', "This agent's clock minus the coordinator's.", (now) => now.clockOffsetSeconds);
    reading('sonde_process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
    reading('sonde_process_cpu_seconds', 'CPU time of this process.', () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; });
  }

  countResult(result: AttemptResult): void {
    const { checkId: check_id, outcome, report } = result;
    this.#attempts.inc({ check_id, outcome });
    if (result.trigger === 'schedule' && result.attempt === 1) this.#lateness.observe(result.latenessUs / 1e6);
    if (outcome === 'agent_fault' || outcome === 'egress_denied') return;
    this.#success.set({ check_id }, outcome === 'failed' ? 0 : 1);
    for (const [phase, field] of Object.entries(PHASES)) {
      if (phase === 'total' || report.timings[field] > 0) this.#phases.observe({ check_id, phase }, report.timings[field] / 1e6);
    }
    if (report.tls) this.#certificateExpiry.set({ check_id }, report.tls.chainNotAfterMs / 1000);
  }

  countGap(reason: string): void {
    this.#gaps.inc({ reason });
  }

  /** A check that is gone leaves no series behind. */
  forget(checkId: string): void {
    this.#success.remove({ check_id: checkId });
    this.#certificateExpiry.remove({ check_id: checkId });
    for (const outcome of ['passed', 'degraded', 'failed', 'agent_fault', 'egress_denied']) this.#attempts.remove({ check_id: checkId, outcome });
    for (const phase of Object.keys(PHASES)) this.#phases.remove({ check_id: checkId, phase });
  }
}

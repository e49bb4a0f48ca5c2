import type { Machine } from '../machine.ts';
import type { Spread } from '../statistics.ts';
import type { Missed } from './phase.ts';

export type JoinReport = { readonly seconds: number; readonly coordinatorMsASession: number; readonly residentMbBefore: number };

/** Nothing is due, nobody comes or goes. All coordinators together; shares of one core. `agentsMb`: of all agents' processes. */
export type IdleReport = { readonly connected: number; readonly residentMb: number; readonly agentsMb: number; readonly coordinatorPercent: number; readonly postgresPercent: number };

/** From the request to save until an agent had it, ms. */
export type ChangeReport = { readonly wanted: number; readonly reached: number; readonly answeredMs: number; readonly p50: number; readonly p99: number; readonly max: number; /** Without what it takes idle. */ readonly coordinatorUsAnAgent: number };

/** From a result's making to its acknowledgement, ms. */
export type IngestReport = {
  readonly offeredPerSecond: number; readonly unacknowledged: number; readonly p50: number; readonly p99: number; readonly max: number;
  /** Of those made in each five seconds. */
  readonly slicesP99Ms: readonly number[];
  readonly coordinatorUsAResult: number; readonly postgresUsAResult: number; readonly sessionsLost: number;
};

export type BacklogReport = {
  readonly rows: number; readonly seconds: number; readonly perSecond: number;
  /** Of the live results of each five seconds, ms. */
  readonly slicesP99Ms: readonly number[];
  readonly live: { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };
  readonly coordinatorUsAResult: number; readonly postgresUsAResult: number;
};

export const BASELINES = ['copy', 'copy1000', 'insert1', 'insert8'] as const;
export type Baseline = (typeof BASELINES)[number];

/** Rows a second and µs of Postgres a row of each way, round by round in turn; `ratios`: of all agents at once to each. */
export type BurstReport = {
  readonly rows: number; readonly rounds: number; readonly unacknowledged: number;
  readonly ways: Readonly<Record<'sonde' | Baseline, { readonly perSecond: Spread; readonly postgresUs: Spread }>>;
  readonly coordinatorUs: Spread; readonly agentsUs: Spread;
  readonly ratios: Readonly<Record<Baseline, Spread>>;
};

export type RestartReport = {
  readonly agents: number; readonly readySeconds: number; readonly halfBackSeconds: number; readonly p99BackSeconds: number; readonly allBackSeconds: number;
  readonly sessionsPerSecondMax: number; readonly turnedAway: number; readonly coordinatorCpuSeconds: number; readonly residentMbMax: number;
};

/** null: left out, or missed. */
export type FleetReport = {
  readonly bench: 'fleet';
  readonly machine: Machine;
  readonly agents: number;
  readonly locationCount: number;
  readonly isTls: boolean;
  readonly coordinators: number;
  readonly missed: readonly Missed[];
  readonly join: JoinReport | null;
  readonly backlog: BacklogReport | null;
  readonly idle: IdleReport | null;
  readonly changeOfOne: ChangeReport | null;
  readonly changeOfAll: ChangeReport | null;
  readonly ingest: IngestReport | null;
  readonly burst: BurstReport | null;
  readonly restart: RestartReport | null;
  readonly coordinatorWarnings: number;
};

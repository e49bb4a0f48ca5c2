/**
 * What a session costs the coordinator, how long a change takes to everybody, how soon all are back after a restart,
 * and how long results wait for their commit, with many agents on one coordinator. `--agents 1000 --tls --rate 5000
 * --seconds 20 --backlog 0 --json`. `--backlog 2000000` gives twenty agents that many old results to deliver besides.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { newAuthority } from '#shared/certificate/authority.ts';
import type { CoordinatorAddress } from '#agent/session/fleet-connection.ts';
import { eventually, pause } from '../../e2e/testing/eventually.ts';
import { Fleet } from '../../e2e/testing/fleet.ts';
import type { NodeProcess } from '../../e2e/testing/node-process.ts';
import { cpuUsOf, cpuUsOfServer } from '../cpu-time.ts';
import { onInterrupt } from '../interrupt.ts';
import { machine, machineLine } from '../machine.ts';
import { prepareOwedRuns } from '../pipeline/bench-fleet.ts';
import { owedCount } from '../pipeline/bench-rows.ts';
import { percentile } from '../statistics.ts';
import type { HostedAgent, HostStatus } from './agents-host.ts';
import { HostProcess } from './host-process.ts';

export type FleetReport = {
  readonly bench: 'fleet';
  readonly machine: ReturnType<typeof machine>;
  readonly agents: number;
  readonly isTls: boolean;
  readonly joinSeconds: number;
  readonly coordinator: { readonly residentMbBefore: number; readonly residentMbWith: number; readonly kbASession: number; readonly connectCpuMs: number; readonly idlePercentOfCore: number; readonly postgresIdlePercentOfCore: number };
  /** A check saved, until each agent had the revision, ms. */
  readonly change: { readonly p50: number; readonly p99: number; readonly max: number; readonly reached: number; readonly coordinatorUsAnAgent: number };
  /** Results a second offered and taken; each one's wait from its making to its acknowledgement, ms. */
  readonly ingest: { readonly offeredPerSecond: number; readonly unacknowledged: number; readonly p50: number; readonly p99: number; readonly coordinatorUsAResult: number; readonly postgresUsAResult: number } | null;
  readonly backlog: { readonly rows: number; readonly drainedPerSecond: number; readonly drainSeconds: number; readonly liveWaitMs: { readonly p50: number; readonly p99: number; readonly max: number } } | null;
  /** The coordinator killed and started again: from its start until the last agent was back, and the CPU of that. */
  readonly restart: { readonly allBackSeconds: number; readonly coordinatorCpuSeconds: number; readonly residentMb: number };
};

/** A check may name so many, and a change of it reaches one agent in each. */
const LOCATIONS_MAX = 200;
/** Have the backlog, where there is one. */
const BEHIND = 20;
const IDLE_MS = 15_000;
const LIVE_BESIDE_BACKLOG_PER_SECOND = 200;
const YEAR_MS = 365 * 86_400_000;

const { values: given } = parseArgs({
  options: {
    agents: { type: 'string', default: '1000' }, tls: { type: 'boolean', default: false }, rate: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '20' }, backlog: { type: 'string', default: '0' }, json: { type: 'boolean', default: false },
  },
});
const settings = { agents: whole('agents', given.agents, BEHIND, 20_000), rate: whole('rate', given.rate, 0, 50_000), seconds: whole('seconds', given.seconds, 1, 600), backlog: whole('backlog', given.backlog, 0, 4_000_000) };
const locationCount = Math.min(LOCATIONS_MAX, settings.agents);
const report = await run();
process.stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : `${machineLine(report.machine)}\n\n${lines(report).join('\n')}\n`);

async function run(): Promise<FleetReport> {
  const on = machine();
  const host = new HostProcess();
  let fleet: Fleet | null = null;
  onInterrupt(async () => { await host.end(); await fleet?.end(); });
  try {
    say('starting Postgres and a coordinator');
    fleet = await Fleet.open({ isDurable: true });
    const owed = await prepareOwedRuns(fleet, locationCount);
    const { env, transport } = given.tls ? tlsIn(fleet.dir) : { env: {}, transport: { kind: 'plaintext' } as const };
    let coordinator = await fleet.startCoordinator({ env });
    const at: CoordinatorAddress = { host: '127.0.0.1', port: fleet.fleetPort, transport };
    return await measure({ on, fleet, host, at, hosted: hostedAgents(owed), coordinator, restart: async () => {
      await coordinator.kill9();
      coordinator = await fleet!.startCoordinator({ env });
      return coordinator;
    } });
  } catch (error) {
    process.stderr.write(fleet?.logs() ?? '');
    throw error;
  } finally {
    await host.end();
    await fleet?.end();
  }
}

type Stage = {
  readonly on: FleetReport['machine']; readonly fleet: Fleet; readonly host: HostProcess; readonly at: CoordinatorAddress; readonly hosted: readonly HostedAgent[];
  readonly coordinator: NodeProcess; readonly restart: () => Promise<NodeProcess>;
};

async function measure(stage: Stage): Promise<FleetReport> {
  const { fleet, host, coordinator, hosted } = stage;
  const residentMbBefore = residentMb(coordinator.pid);
  say(`${hosted.length} agents join`);
  const [joinedAtMs, cpuBeforeUs] = [performance.now(), cpuUsOf(coordinator.pid)];
  await host.ask({ kind: 'join', coordinator: stage.at, agents: hosted }, 'joined');
  const joinSeconds = (performance.now() - joinedAtMs) / 1000;
  const connectCpuMs = (cpuUsOf(coordinator.pid) - cpuBeforeUs) / 1000 / hosted.length;
  const backlog = settings.backlog > 0 ? await drain(stage) : null;
  await pause(5_000); // Rosters settle.
  say('idle');
  const [idleUs, postgresUs] = [cpuUsOf(coordinator.pid), cpuUsOfServer(fleet.postgres.pid)];
  await pause(IDLE_MS);
  const percent = (us: number): number => us / 10 / IDLE_MS;
  const residentMbWith = residentMb(coordinator.pid);
  const idle = { idlePercentOfCore: percent(cpuUsOf(coordinator.pid) - idleUs), postgresIdlePercentOfCore: percent(cpuUsOfServer(fleet.postgres.pid) - postgresUs) };
  const change = await changeToAll(stage);
  const ingest = settings.rate > 0 ? await liveResults(stage) : null;
  const restart = await restartAll(stage);
  return {
    bench: 'fleet', machine: stage.on, agents: hosted.length, isTls: given.tls, joinSeconds, change, ingest, backlog, restart,
    coordinator: { residentMbBefore, residentMbWith, kbASession: ((residentMbWith - residentMbBefore) * 1024) / hosted.length, connectCpuMs, ...idle },
  };
}

/** A check in every location, saved; its revision is at each agent when. */
async function changeToAll({ fleet, host, coordinator, hosted }: Stage): Promise<FleetReport['change']> {
  say('a change to all');
  const { entries } = await fleet.api.must<{ entries?: readonly Record<string, unknown>[] }>('GET', '/v1/checks?limit=1').then((found) => (Array.isArray(found) ? { entries: found } : found));
  const { id } = entries![0]! as { id: string };
  const check = await fleet.api.must<Record<string, unknown>>('GET', `/v1/checks/${id}`);
  const before = await status(host);
  const known = new Set(before.applied.map(({ revision }) => revision));
  const cpuBeforeUs = cpuUsOf(coordinator.pid);
  const savedAtMs = Date.now();
  await fleet.api.must('PUT', `/v1/checks/tcp/${id}`, { ...check, maxResponseTime: 4_321 });
  const wanted = Math.min(locationCount, hosted.length);
  const reached = await eventually('every location to have the change', async () => {
    const news = (await status(host)).applied.filter(({ revision }) => !known.has(revision));
    const atMs = news.flatMap((each) => each.atMs);
    return atMs.length >= wanted ? atMs.slice(0, wanted) : null;
  }, { withinMs: 30_000, everyMs: 100 }).catch(async () => (await status(host)).applied.filter(({ revision }) => !known.has(revision)).flatMap(({ atMs }) => atMs));
  const tookMs = reached.map((atMs) => atMs - savedAtMs).sort((a, b) => a - b);
  return { p50: percentile(tookMs, 0.5), p99: percentile(tookMs, 0.99), max: tookMs.at(-1) ?? NaN, reached: tookMs.length, coordinatorUsAnAgent: (cpuUsOf(coordinator.pid) - cpuBeforeUs) / wanted };
}

async function liveResults({ fleet, host, coordinator }: Stage): Promise<NonNullable<FleetReport['ingest']>> {
  say(`${settings.rate} results a second for ${settings.seconds} s`);
  const [coordinatorUs, postgresUs] = [cpuUsOf(coordinator.pid), cpuUsOfServer(fleet.postgres.pid)];
  const { offered, left, elapsedMs, waitsMs } = await host.ask({ kind: 'live', perSecond: settings.rate, forMs: settings.seconds * 1000 }, 'lived');
  const sorted = waitsMs.toSorted((a, b) => a - b);
  return {
    offeredPerSecond: offered / (elapsedMs / 1000), unacknowledged: left, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99),
    coordinatorUsAResult: (cpuUsOf(coordinator.pid) - coordinatorUs) / offered, postgresUsAResult: (cpuUsOfServer(fleet.postgres.pid) - postgresUs) / offered,
  };
}

/** Live results beside the backlog, slice by slice, until the backlog is gone. */
async function drain({ host }: Stage): Promise<NonNullable<FleetReport['backlog']>> {
  const startedMs = performance.now();
  const waitsMs: number[] = [];
  for (;;) {
    const lived = await host.ask({ kind: 'live', perSecond: LIVE_BESIDE_BACKLOG_PER_SECOND, forMs: 5_000 }, 'lived');
    waitsMs.push(...lived.waitsMs);
    const { backlogLeft } = await status(host);
    say(`${backlogLeft} of ${settings.backlog} old results left; live ones wait ${Math.round(percentile(lived.waitsMs.toSorted((a, b) => a - b), 0.99))} ms (p99)`);
    if (backlogLeft === 0) break;
  }
  const drainSeconds = (performance.now() - startedMs) / 1000;
  const sorted = waitsMs.sort((a, b) => a - b);
  return { rows: settings.backlog, drainSeconds, drainedPerSecond: settings.backlog / drainSeconds, liveWaitMs: { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1) ?? NaN } };
}

async function restartAll({ host, hosted, restart }: Stage): Promise<FleetReport['restart']> {
  say('the coordinator is killed −9 and started again');
  const startedAtMs = Date.now();
  const coordinator = await restart();
  const { lastConnectedAtMs } = await eventually('all agents to be back', async () => {
    const now = await status(host);
    return now.connected === hosted.length && now.lastConnectedAtMs > startedAtMs ? now : null;
  }, { withinMs: 180_000, everyMs: 200 });
  return { allBackSeconds: (lastConnectedAtMs - startedAtMs) / 1000, coordinatorCpuSeconds: cpuUsOf(coordinator.pid) / 1e6, residentMb: residentMb(coordinator.pid) };
}

function status(host: HostProcess): Promise<HostStatus> {
  return host.ask({ kind: 'status' }, 'status');
}

/** The agents spread over the locations; rows that no two agents share. */
function hostedAgents(owed: Awaited<ReturnType<typeof prepareOwedRuns>>): readonly HostedAgent[] {
  const inEach = Math.ceil(settings.agents / locationCount);
  const backlog = Math.floor(settings.backlog / BEHIND);
  const liveRows = Math.floor((owedCount(owed[0]!.owed) - backlog) / inEach);
  return Array.from({ length: settings.agents }, (_, index) => {
    const [location, member] = [index % locationCount, Math.floor(index / locationCount)];
    const ownBacklog = index < BEHIND ? backlog : 0;
    return { ...owed[location]!, firstRow: member === 0 ? 0 : backlog + member * liveRows, backlog: ownBacklog };
  });
}

function tlsIn(dir: string): { readonly env: Record<string, string>; readonly transport: CoordinatorAddress['transport'] } {
  const span = { notBeforeMs: Date.now() - YEAR_MS, notAfterMs: Date.now() + YEAR_MS };
  const authority = newAuthority('bench', span);
  const { cert, key } = authority.issue({ commonName: 'localhost', altNames: ['127.0.0.1'], ...span });
  const [certPath, keyPath, caPath] = ['fleet.crt', 'fleet.key', 'ca.crt'].map((name) => join(dir, name)) as [string, string, string];
  for (const [path, text] of [[certPath, cert], [keyPath, key], [caPath, authority.ca]] as const) writeFileSync(path, text, { mode: 0o600 });
  return { env: { SONDE_FLEET_TLS_CERT: certPath, SONDE_FLEET_TLS_KEY: keyPath }, transport: { kind: 'tls', caPath, client: null } };
}

function residentMb(pid: number): number {
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024);
}

function lines({ agents, isTls, joinSeconds, coordinator: at, change, ingest, backlog, restart }: FleetReport): readonly string[] {
  return [
    `${agents} agents${isTls ? ', TLS' : ', plaintext'}, 2 connections each, in ${locationCount} locations; joined within ${joinSeconds.toFixed(1)} s`,
    '',
    '| what | figure |',
    '|---|---|',
    `| coordinator's memory, before / with them | ${at.residentMbBefore} / ${at.residentMbWith} MB: ${at.kbASession.toFixed(0)} kB a session |`,
    `| its CPU a connect | ${at.connectCpuMs.toFixed(2)} ms |`,
    `| idle, share of a core: coordinator / Postgres | ${at.idlePercentOfCore.toFixed(1)} / ${at.postgresIdlePercentOfCore.toFixed(1)} % |`,
    `| one change to an agent in each location (${change.reached}), p50 / p99 / max | ${change.p50.toFixed(0)} / ${change.p99.toFixed(0)} / ${change.max.toFixed(0)} ms; ${change.coordinatorUsAnAgent.toFixed(0)} µs CPU an agent |`,
    ...(ingest ? [`| ${ingest.offeredPerSecond.toFixed(0)} results/s, wait for the commit p50 / p99 | ${ingest.p50.toFixed(0)} / ${ingest.p99.toFixed(0)} ms; CPU a result ${ingest.coordinatorUsAResult.toFixed(0)} µs coordinator, ${ingest.postgresUsAResult.toFixed(0)} µs Postgres; ${ingest.unacknowledged} not acknowledged |`] : []),
    ...(backlog ? [`| backlog of ${backlog.rows} from ${BEHIND} agents | drained in ${backlog.drainSeconds.toFixed(0)} s (${backlog.drainedPerSecond.toFixed(0)}/s); live results meanwhile p50 / p99 / max ${backlog.liveWaitMs.p50.toFixed(0)} / ${backlog.liveWaitMs.p99.toFixed(0)} / ${backlog.liveWaitMs.max.toFixed(0)} ms |`] : []),
    `| kill −9 and start: all back after | ${restart.allBackSeconds.toFixed(1)} s, ${restart.coordinatorCpuSeconds.toFixed(1)} s of CPU, ${restart.residentMb} MB |`,
  ];
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  process.stderr.write(`--${name} must be a whole number, ${min} to ${max}, not '${text}'\n`);
  process.exit(2);
}

function say(what: string): void {
  process.stderr.write(`· ${what}\n`);
}

/**
 * How long from the commit of the result that makes a check fail until its notice arrives, under so many results a
 * second, beside a bare NOTIFY and POST. `--checks 1000 --locations 10 --failing 400 --seconds 60 --channels 50 --json`;
 * each check runs every 10 s in every location. `--profile DIR` leaves a CPU profile of the coordinator there.
 */
import { parseArgs } from 'node:util';
import { say, whole } from '../command-line.ts';
import { Fleet } from '../../e2e/testing/fleet.ts';
import { Random } from '../../fuzz/random.ts';
import { AskedChild } from '../asked-child.ts';
import { cpuUsOf, cpuUsOfServer } from '../cpu-time.ts';
import { onInterrupt } from '../interrupt.ts';
import { machine, machineLine } from '../machine.ts';
import { percentile } from '../statistics.ts';
import { openArrivals, type Arrivals } from './arrivals.ts';
import type { FromLive, ToLive } from './live-agents.ts';
import { runRawPath } from './raw-path.ts';
import { INTERVAL_MS, prepareStage, subscribe, type Stage } from './stage.ts';
import { alertingTable } from './table.ts';

export type Delay = { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };

export type AlertingReport = {
  readonly bench: 'alerting';
  readonly machine: ReturnType<typeof machine>;
  readonly checks: number;
  readonly locations: number;
  readonly failing: number;
  readonly seconds: number;
  readonly resultsPerSecond: { readonly asked: number; readonly stored: number };
  /** From the commit of the first failing result of a check to the arrival of its notice, ms. */
  readonly commitToDispatch: Delay;
  /** The first part of that: until the judge has committed alert and notice. */
  readonly commitToNotice: Delay;
  /** From a commit with a NOTIFY to the arrival of a bare POST, beside the others, ms. */
  readonly raw: Delay;
  /** Of one core, over the time of the load. */
  readonly cpuPercent: { readonly coordinator: number; readonly postgres: number; readonly agents: number };
  readonly coordinatorUsAResult: number;
  /** Looks of the judge at a check, a second. */
  readonly looksPerSecond: number;
  readonly errors: { readonly alertsMissing: number; readonly alertsTwice: number; readonly falseAlerts: number; readonly unacknowledged: number; readonly notStored: number; readonly sessionsLost: number };
  /** Results were made at most so late, ms: what the agents' process could not keep up with. */
  readonly agentsLatestMs: number;
};

/** Every check has passed twice. */
const CALM_MS = 2 * INTERVAL_MS + 5_000;
/** For the slowest notice. */
const LINGER_MS = 15_000;
const JOIN_WITHIN_MS = 60_000;
const RAW_EVERY_MS = 150;

const { values: given } = parseArgs({
  options: {
    checks: { type: 'string', default: '1000' }, locations: { type: 'string', default: '10' }, failing: { type: 'string', default: '400' }, seconds: { type: 'string', default: '60' },
    channels: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' }, profile: { type: 'string' }, json: { type: 'boolean', default: false },
  },
});
const settings = {
  checks: whole('checks', given.checks, 10_000), locations: whole('locations', given.locations, 50), failing: whole('failing', given.failing, 10_000),
  seconds: whole('seconds', given.seconds, 3_600), channels: whole('channels', given.channels, 500), seed: whole('seed', given.seed, 2 ** 31),
};
const report = await run();
process.stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : `${machineLine(report.machine)}\n\n${alertingTable(report)}\n`);

async function run(): Promise<AlertingReport> {
  const on = machine();
  const agents = new AskedChild<ToLive, FromLive>({ name: 'live agents', file: new URL('./live-agents.ts', import.meta.url) });
  const arrivals = await openArrivals();
  let fleet: Fleet | null = null;
  const clearAway = async (): Promise<void> => { await agents.end(); await fleet?.end(); await arrivals.close(); };
  onInterrupt(clearAway);
  try {
    say(`starting Postgres, making ${settings.checks} checks in ${settings.locations} locations`);
    fleet = await Fleet.open({ isDurable: true });
    const stage = await prepareStage(fleet, settings);
    const coordinator = await fleet.startCoordinator({ env: {
      SONDE_WEBHOOK_ALLOW_HTTP: '1', SONDE_WEBHOOK_ALLOW_NETWORKS: '127.0.0.0/8',
      ...(given.profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${given.profile}` }),
    } });
    await subscribe(fleet, stage, { channels: settings.channels, url: arrivals.url });
    await agents.ask({ kind: 'join', coordinator: { host: '127.0.0.1', port: fleet.fleetPort, transport: { kind: 'plaintext' } }, accountId: stage.accountId, agents: stage.agents }, 'joined', JOIN_WITHIN_MS);
    const measured = await measure({ fleet, stage, agents, arrivals, coordinatorPid: coordinator.pid });
    return { bench: 'alerting', machine: on, checks: settings.checks, locations: settings.locations, failing: settings.failing, seconds: settings.seconds, ...measured };
  } catch (error) {
    process.stderr.write(fleet?.logs() ?? '');
    throw error;
  } finally {
    await clearAway();
  }
}

type Playing = { readonly fleet: Fleet; readonly stage: Stage; readonly agents: AskedChild<ToLive, FromLive>; readonly arrivals: Arrivals; readonly coordinatorPid: number };

async function measure({ fleet, stage, agents, arrivals, coordinatorPid }: Playing): Promise<Omit<AlertingReport, 'bench' | 'machine' | 'checks' | 'locations' | 'failing' | 'seconds'>> {
  const { fromMs } = stage;
  const [failFromMs, untilMs] = [fromMs + CALM_MS, fromMs + CALM_MS + settings.seconds * 1_000 + INTERVAL_MS];
  const down = downAt(stage.checkIds, failFromMs);
  say(`${(settings.checks * settings.locations * 1_000) / INTERVAL_MS} results a second for ${(untilMs - fromMs) / 1_000} s; ${settings.failing} targets go down after the first ${CALM_MS / 1_000}`);
  const ended = new AbortController();
  const raw = runRawPath(fleet.postgres.url, arrivals.rawUrl, { everyMs: RAW_EVERY_MS, signal: ended.signal });
  const looksOf = async (): Promise<number> => Number(/^sonde_judge_checks_total (\d+)/m.exec(await (await fetch(`http://127.0.0.1:${fleet.httpPort}/metrics`)).text())?.[1] ?? 0);
  const before = { coordinator: cpuUsOf(coordinatorPid), postgres: cpuUsOfServer(fleet.postgres.pid), agents: cpuUsOf(agents.pid), looks: await looksOf(), atMs: performance.now() };
  const ran = await agents.ask({ kind: 'run', checkIds: stage.checkIds, intervalMs: INTERVAL_MS, fromMs, untilMs, down }, 'ran', untilMs - fromMs + 60_000);
  const elapsedMs = performance.now() - before.atMs;
  const percent = (us: number): number => us / 10 / elapsedMs;
  const coordinatorUs = cpuUsOf(coordinatorPid) - before.coordinator;
  const cpuPercent = { coordinator: percent(coordinatorUs), postgres: percent(cpuUsOfServer(fleet.postgres.pid) - before.postgres), agents: percent(cpuUsOf(agents.pid) - before.agents) };
  const looksPerSecond = ((await looksOf()) - before.looks) / (elapsedMs / 1_000);
  const isThere = (checkId: string): boolean => arrivals.notices.some((notice) => notice.checkId === checkId && notice.kind === 'failure');
  for (const lingerUntilMs = performance.now() + LINGER_MS; performance.now() < lingerUntilMs && !Object.keys(down).every(isThere);) await new Promise((resolve) => { setTimeout(resolve, 100); });
  ended.abort();
  const rawMs = await raw;
  const [committed, judged] = [await firstFailures(fleet), await noticesCommitted(fleet)];
  const stored = await storedResults(fleet, fromMs);
  const failures = arrivals.notices.filter(({ kind }) => kind === 'failure');
  const first = new Map(failures.toReversed().map((notice) => [notice.checkId, notice.atMs]));
  const distinct = new Set(failures.map(({ deliveryId }) => deliveryId)).size;
  return {
    resultsPerSecond: { asked: (settings.checks * settings.locations * 1_000) / INTERVAL_MS, stored: stored / ((untilMs - fromMs) / 1_000) },
    commitToDispatch: delayOf(Object.keys(down).flatMap((id) => (first.has(id) && committed.has(id) ? [first.get(id)! - committed.get(id)!] : []))),
    commitToNotice: delayOf(Object.keys(down).flatMap((id) => (judged.has(id) && committed.has(id) ? [judged.get(id)! - committed.get(id)!] : []))),
    raw: delayOf(rawMs), cpuPercent, coordinatorUsAResult: coordinatorUs / ran.made, looksPerSecond, agentsLatestMs: ran.latestMs,
    errors: {
      alertsMissing: Object.keys(down).filter((id) => !first.has(id)).length, alertsTwice: distinct - first.size, falseAlerts: [...first.keys()].filter((id) => down[id ?? ''] === undefined).length,
      unacknowledged: ran.unacknowledged, notStored: ran.made - stored, sessionsLost: ran.sessionsLost,
    },
  };
}

/** Some of the checks, each at an instant of its own. */
function downAt(checkIds: readonly string[], fromMs: number): Readonly<Record<string, number>> {
  const random = new Random(settings.seed);
  const chosen = checkIds.map((id) => ({ id, at: random.fraction() })).sort((a, b) => a.at - b.at).slice(0, settings.failing);
  return Object.fromEntries(chosen.map(({ id }) => [id, Math.floor(fromMs + random.fraction() * settings.seconds * 1_000)]));
}

/** By check: when the first of its failing results was committed, by Postgres' own record, ms since the epoch. */
async function firstFailures({ pool }: Fleet): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ check_id: string; at: number }>(`
    select check_id, extract(epoch from min(pg_xact_commit_timestamp(xmin)))::float8 * 1000 as at from results where outcome = 'failed' group by check_id`);
  return new Map(rows.map(({ check_id, at }) => [check_id, at]));
}

/** By check: when its alert's first notice was committed. */
async function noticesCommitted({ pool }: Fleet): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ check_id: string; at: number }>(`
    select check_id, extract(epoch from min(pg_xact_commit_timestamp(xmin)))::float8 * 1000 as at from notices where kind = 'failure' group by check_id`);
  return new Map(rows.map(({ check_id, at }) => [check_id, at]));
}

async function storedResults({ pool }: Fleet, fromMs: number): Promise<number> {
  const { rows } = await pool.query<{ n: number }>('select count(*)::integer as n from results where due_at >= $1', [new Date(fromMs)]);
  return rows[0]!.n;
}

function delayOf(values: readonly number[]): Delay {
  const sorted = values.toSorted((a, b) => a - b);
  return { count: sorted.length, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1) ?? NaN };
}

/**
 * How late runs start, and whether each due slot has its result: 300 checks every 10 s, half parallel, half
 * round-robin, in 4 locations with an agent each. `--minutes 3 --checks 300 --kill --json`; `--kill` ends the
 * coordinator by kill −9 in the middle and starts it again.
 */
import { parseArgs } from 'node:util';
import { say } from '../command-line.ts';
import { aCheckBody } from '../../e2e/testing/api.ts';
import { completenessOf } from '../../e2e/testing/completeness.ts';
import { eventually, pause } from '../../e2e/testing/eventually.ts';
import { Fleet } from '../../e2e/testing/fleet.ts';
import { startLoggedTarget, type LoggedTarget } from '../../e2e/testing/logged-target.ts';
import { readStoredFacts, type StoredFacts } from '../../e2e/testing/stored-facts.ts';
import { cpuUsOf, cpuUsOfServer } from '../cpu-time.ts';
import { onInterrupt } from '../interrupt.ts';
import { machine, machineLine } from '../machine.ts';
import { percentile } from '../statistics.ts';
import { scheduleTable } from './table.ts';

export type ScheduleReport = {
  readonly bench: 'schedule';
  readonly machine: ReturnType<typeof machine>;
  readonly checks: number;
  readonly minutes: number;
  readonly wasCoordinatorKilled: boolean;
  readonly slots: {
    readonly due: number; readonly missing: number; readonly twice: number; readonly gaps: number; readonly unowed: number; readonly surplus: number;
    /** Round-robin results whose location does not follow the one before in the order. */
    readonly wrongTurns: number;
    /** Times a location stopped counting as available: from then on its turns are others' by rule, and the order above breaks. */
    readonly locationsLost: number;
  };
  /** Connections the targets counted, and results stored, deploy runs included. */
  readonly connections: number;
  readonly results: number;
  /** Start of a run after its due instant, ms, of all runs of the schedule. */
  readonly latenessMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Share of one core while the schedule ran, %. */
  readonly cpuPercent: { readonly coordinator: number; readonly postgres: number; readonly agents: readonly number[]; readonly targets: number };
};

const LOCATIONS = ['loc-1', 'loc-2', 'loc-3', 'loc-4'];
/** Checks share them, so that the targets need few sockets to listen on. */
const TARGETS = 10;
const OUTAGE_MS = 4_000;
/** The first slots come while everything is still being made and compiled; they count for completeness alone. */
const SETTLE_MS = 10_000;

const { values: given } = parseArgs({
  options: { minutes: { type: 'string', default: '3' }, checks: { type: 'string', default: '300' }, kill: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const settings = { minutes: number('minutes', given.minutes, 60), checks: Math.round(number('checks', given.checks, 500)), kill: given.kill };
const report = await run();
process.stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : `${machineLine(report.machine)}\n\n${scheduleTable(report)}\n`);
const { missing, twice, gaps, unowed, wrongTurns } = report.slots;
process.exitCode = missing + twice + gaps + unowed + wrongTurns === 0 && report.connections === report.results ? 0 : 1;

async function run(): Promise<ScheduleReport> {
  const on = machine();
  say('starting Postgres, a coordinator and four agents');
  const fleet = await Fleet.open({ isDurable: true });
  onInterrupt(() => fleet.end());
  try {
    let coordinator = await fleet.startCoordinator();
    const agents = await fleet.startLocations(LOCATIONS);
    const { id: accountId } = await fleet.api.must<{ id: string }>('GET', '/v1/accounts/me');
    const targets = await Promise.all(Array.from({ length: TARGETS }, () => startLoggedTarget()));
    for (const target of targets) fleet.onEnd(() => target.close());
    say(`creating ${settings.checks} checks`);
    const ids = await createChecks(fleet, targets);
    await pause(SETTLE_MS);

    const fromMs = Date.now();
    const meter = cpuMeter({ coordinator: () => cpuUsOf(coordinator.pid), postgres: () => cpuUsOfServer(fleet.postgres.pid), targets: ownCpuUs, agents: agents.map(({ pid }) => () => cpuUsOf(pid)) });
    const halfMs = settings.minutes * 30_000;
    await watch(fleet, halfMs);
    let killedUs = 0;
    if (settings.kill) {
      killedUs = cpuUsOf(coordinator.pid);
      await coordinator.kill9();
      say('coordinator killed −9');
      await pause(OUTAGE_MS);
      coordinator = await fleet.startCoordinator();
      say('coordinator runs again');
    }
    await watch(fleet, halfMs - (settings.kill ? OUTAGE_MS : 0));
    const cpuPercent = meter(killedUs);
    const untilMs = Date.now();

    say('deleting the checks, waiting for the last results');
    for (const id of ids) await fleet.api.must('DELETE', `/v1/checks/${id}`);
    const facts = await settled(fleet, targets);
    return {
      bench: 'schedule', machine: on, checks: ids.length, minutes: settings.minutes, wasCoordinatorKilled: settings.kill, cpuPercent,
      ...judged(facts, accountId, { fromMs, untilMs }), connections: connectionsOf(targets), results: facts.results.length,
    };
  } catch (error) {
    process.stderr.write(fleet.logs());
    throw error;
  } finally {
    await fleet.end();
  }
}

async function createChecks({ api }: Fleet, targets: readonly LoggedTarget[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let index = 0; index < settings.checks; index += 1) {
    const body = aCheckBody(targets[index % targets.length]!.port, { name: `check ${index + 1}`, runParallel: index % 2 === 0, locations: LOCATIONS });
    ids.push((await api.must<{ id: string }>('POST', '/v1/checks/tcp', body)).id);
  }
  return ids;
}

async function watch({ pool }: Fleet, forMs: number): Promise<void> {
  for (const untilMs = performance.now() + forMs; performance.now() < untilMs;) {
    await pause(Math.min(15_000, untilMs - performance.now()));
    const { rows } = await pool.query<{ stored: string }>('select count(*) as stored from results');
    say(`${rows[0]!.stored} results stored`);
  }
}

/** All is over, and as many results are stored as connections were made; or it does not come to that. */
async function settled({ pool }: Fleet, targets: readonly LoggedTarget[]): Promise<StoredFacts> {
  let facts = await readStoredFacts(pool);
  await eventually('every connection to be a stored result', async () => {
    facts = await readStoredFacts(pool);
    const lastMs = Math.max(...[...facts.epochs.values()].map((epochs) => epochs.at(-1)!.fromAtMs));
    return Date.now() > lastMs && facts.results.length === connectionsOf(targets);
  }, { withinMs: 30_000, everyMs: 1_000 }).catch((error: unknown) => say(String(error)));
  return facts;
}

function judged(facts: StoredFacts, accountId: string, timed: { readonly fromMs: number; readonly untilMs: number }): Pick<ScheduleReport, 'slots' | 'latenessMs'> {
  const found = completenessOf(facts, accountId, { fromMs: 0, toMs: Date.now() });
  const late = facts.results.filter(({ trigger, dueAtMs }) => trigger === 'schedule' && dueAtMs >= timed.fromMs && dueAtMs < timed.untilMs)
    .map(({ latenessUs }) => latenessUs / 1000).sort((a, b) => a - b);
  return {
    slots: {
      due: found.due, missing: found.missing.length, twice: found.twice.length, gaps: found.gaps.length, unowed: found.unowed.length,
      surplus: found.surplus, wrongTurns: wrongTurnsOf(facts), locationsLost: facts.availability.filter(({ available }) => !available).length,
    },
    latenessMs: { p50: percentile(late, 0.5), p99: percentile(late, 0.99), max: late.at(-1) ?? NaN },
  };
}

function wrongTurnsOf({ epochs, results }: StoredFacts): number {
  const byCheck = Map.groupBy(results.filter(({ trigger, isSurplus }) => trigger === 'schedule' && !isSurplus), ({ checkId }) => checkId);
  return [...byCheck].reduce((sum, [checkId, runs]) => {
    const { strategy, order } = epochs.get(checkId)![0]!;
    if (strategy === 'parallel') return sum;
    return sum + runs.filter((run, index) => index > 0 && order[(order.indexOf(runs[index - 1]!.locationOwed) + 1) % order.length] !== run.locationOwed).length;
  }, 0);
}

type Meters = { readonly coordinator: () => number; readonly postgres: () => number; readonly targets: () => number; readonly agents: readonly (() => number)[] };

/** Reads all now; the answer is what was used since then. `endedUs`: of a coordinator that is no more. */
function cpuMeter({ coordinator, postgres, targets, agents }: Meters): (endedUs: number) => ScheduleReport['cpuPercent'] {
  const startedMs = performance.now();
  const before = { coordinator: coordinator(), postgres: postgres(), targets: targets(), agents: agents.map((read) => read()) };
  return (endedUs) => {
    const percent = (us: number): number => us / 10 / (performance.now() - startedMs);
    return {
      coordinator: percent(coordinator() + endedUs - before.coordinator), postgres: percent(postgres() - before.postgres),
      agents: agents.map((read, index) => percent(read() - before.agents[index]!)), targets: percent(targets() - before.targets),
    };
  };
}

function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function connectionsOf(targets: readonly LoggedTarget[]): number {
  return targets.reduce((sum, { connectionsAtMs }) => sum + connectionsAtMs.length, 0);
}

function number(name: string, text: string, max: number): number {
  const value = Number(text);
  if (value > 0 && value <= max) return value;
  process.stderr.write(`--${name} must be a number above 0, at most ${max}, not '${text}'\n`);
  process.exit(2);
}

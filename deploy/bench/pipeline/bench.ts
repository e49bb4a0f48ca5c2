/**
 * How many results a second go the whole way (agent's delivery → gRPC → coordinator → COMMIT → acknowledgement),
 * against the same rows by COPY and by single inserts into an identical table of the same Postgres, in turn, round
 * by round. `--rounds 5 --rows 40000 --agents 4 --json`; `--profile DIR` leaves a CPU profile of the coordinator there.
 */
import { parseArgs } from 'node:util';
import type { IngestResult } from '#coordinator/store/result-columns.ts';
import { say, whole } from '../command-line.ts';
import { Fleet } from '../../e2e/testing/fleet.ts';
import type { NodeProcess } from '../../e2e/testing/node-process.ts';
import { AskedChild } from '../asked-child.ts';
import { cpuUsOf, cpuUsOfServer } from '../cpu-time.ts';
import { onInterrupt } from '../interrupt.ts';
import { machine, machineLine } from '../machine.ts';
import { spreadOf, type Spread } from '../statistics.ts';
import { copyInto, insertInto, makeIdenticalTable, type Baseline } from './baselines.ts';
import { prepareOwedRuns, type BenchAgent } from './bench-fleet.ts';
import { benchRows, owedCount } from './bench-rows.ts';
import { encodedRows, type EncodedRow } from './encoded-rows.ts';
import type { FromAgents, ToAgents } from './synthetic-agents.ts';
import { pipelineTable } from './table.ts';

const WAYS = ['sonde', 'copy', 'copy1000', 'insert1', 'insert8'] as const;
export type Way = (typeof WAYS)[number];

/** One way in one round. CPU in µs a row; null where there is no such process. */
export type Measured = {
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly coordinatorUs: number | null;
  readonly postgresUs: number;
  readonly clientUs: number;
};

export type PipelineReport = {
  readonly bench: 'pipeline';
  readonly machine: ReturnType<typeof machine>;
  readonly rounds: number;
  readonly rowsPerRound: number;
  readonly agents: number;
  readonly errors: { readonly sessionsLost: number; readonly rowsNotStored: number; readonly coordinatorWarnings: number };
  readonly ways: Readonly<Record<Way, { readonly rowsPerSecond: Spread; readonly coordinatorUs: Spread | null; readonly postgresUs: Spread; readonly clientUs: Spread }>>;
  /** Rate of the whole way over that of the other, round by round. */
  readonly ratios: Readonly<Record<Exclude<Way, 'sonde'>, Spread>>;
  readonly coordinatorToPostgresCpu: Spread;
};

const INSERT_MS = 3_000;
/** A round that takes longer has lost its agents. */
const ROUND_WITHIN_MS = 120_000;

type Agents = AskedChild<ToAgents, FromAgents>;

const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' }, rows: { type: 'string', default: '40000' }, agents: { type: 'string', default: '4' },
    profile: { type: 'string' }, json: { type: 'boolean', default: false },
  },
});
const settings = { rounds: whole('rounds', given.rounds, 100), rows: whole('rows', given.rows, 200_000), agents: whole('agents', given.agents, 50) };
const report = await run();
process.stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : `${machineLine(report.machine)}\n\n${pipelineTable(report)}\n`);

async function run(): Promise<PipelineReport> {
  const on = machine();
  const agents: Agents = new AskedChild({ name: 'synthetic agents', file: new URL('./synthetic-agents.ts', import.meta.url), execArgv: ['--expose-gc'] });
  let fleet: Fleet | null = null;
  onInterrupt(async () => { await agents.end(); await fleet?.end(); });
  try {
    say('starting Postgres and a coordinator');
    fleet = await Fleet.open({ isDurable: true });
    const benchAgents = await prepareOwedRuns(fleet, settings.agents);
    const { fromMs, untilMs } = benchAgents[0]!.owed;
    for (const table of ['copy', 'copy1000', 'insert1', 'insert8']) await makeIdenticalTable(fleet.pool, `results_by_${table}`, { fromMs, untilMs });
    const coordinator = await fleet.startCoordinator(given.profile === undefined ? {} : { env: { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${given.profile}` } });
    await agents.ask({ kind: 'join', port: fleet.fleetPort, agents: benchAgents }, 'joined', ROUND_WITHIN_MS);
    const rounds = await measure({ fleet, coordinator, agents, benchAgents });
    return { ...reportOf(rounds.measured), machine: on, errors: await errorsOf(fleet, coordinator, rounds) };
  } finally {
    await agents.end();
    await fleet?.end();
  }
}

type Stage = { readonly fleet: Fleet; readonly coordinator: NodeProcess; readonly agents: Agents; readonly benchAgents: readonly BenchAgent[] };
type Rounds = { readonly measured: readonly Record<Way, Measured>[]; readonly sent: number; readonly sessionsLost: number };

/** One more round than asked for: the first warms everything up and is not counted. */
async function measure(stage: Stage): Promise<Rounds> {
  const countEach = Math.ceil(settings.rows / settings.agents);
  if (countEach * (settings.rounds + 1) > owedCount(stage.benchAgents[0]!.owed)) throw new Error('so many rows in so many rounds are more runs than were owed: choose fewer');
  const measured: Record<Way, Measured>[] = [];
  let sessionsLost = 0;
  for (let round = 0; round <= settings.rounds; round += 1) {
    const first = round * countEach;
    const rows = stage.benchAgents.flatMap(({ owed }) => benchRows(owed, first, countEach).map((result): IngestResult => (
      { kind: 'result', accountId: owed.accountId, agentId: owed.locationId, isSurplus: false, result }
    )));
    const encoded = encodedRows(rows);
    await stage.agents.ask({ kind: 'load', first, countEach }, 'loaded', ROUND_WITHIN_MS);
    const of: Partial<Record<Way, Measured>> = {};
    // Each begins once: whoever comes after a checkpoint or a collection pays for it.
    for (const way of [...WAYS.slice(round % WAYS.length), ...WAYS.slice(0, round % WAYS.length)]) {
      of[way] = way === 'sonde' ? await measureSonde(stage, rows.length, (lost) => { sessionsLost = lost; }) : await measureBaseline(stage, way, encoded);
    }
    const done = of as Record<Way, Measured>;
    if (round > 0) measured.push(done);
    say(`${round === 0 ? 'warm-up' : `round ${round} of ${settings.rounds}`}: ${WAYS.map((way) => `${way} ${Math.round(done[way].rowsPerSecond)}/s`).join(', ')}`);
  }
  return { measured, sent: (settings.rounds + 1) * countEach * settings.agents, sessionsLost };
}

async function measureSonde({ fleet, coordinator, agents }: Stage, rows: number, noteLost: (lost: number) => void): Promise<Measured> {
  const [coordinatorBefore, postgresBefore] = [cpuUsOf(coordinator.pid), cpuUsOfServer(fleet.postgres.pid)];
  const { elapsedMs, cpuUs, sessionsLost } = await agents.ask({ kind: 'go' }, 'done', ROUND_WITHIN_MS);
  noteLost(sessionsLost);
  return {
    rows, rowsPerSecond: rows / (elapsedMs / 1000), clientUs: cpuUs / rows,
    coordinatorUs: (cpuUsOf(coordinator.pid) - coordinatorBefore) / rows, postgresUs: (cpuUsOfServer(fleet.postgres.pid) - postgresBefore) / rows,
  };
}

async function measureBaseline({ fleet: { pool, postgres } }: Stage, way: Exclude<Way, 'sonde'>, encoded: readonly EncodedRow[]): Promise<Measured> {
  const table = `results_by_${way}`;
  const ways: Readonly<Record<typeof way, () => Promise<Baseline>>> = {
    copy: () => copyInto(pool, table, encoded, encoded.length),
    copy1000: () => copyInto(pool, table, encoded, 1_000),
    insert1: () => insertInto(pool, table, encoded, { connections: 1, withinMs: INSERT_MS }),
    insert8: () => insertInto(pool, table, encoded, { connections: 8, withinMs: INSERT_MS }),
  };
  const postgresBefore = cpuUsOfServer(postgres.pid);
  const { rows, elapsedMs, clientUs } = await ways[way]();
  return {
    rows, rowsPerSecond: rows / (elapsedMs / 1000), clientUs: clientUs / rows, coordinatorUs: null,
    postgresUs: (cpuUsOfServer(postgres.pid) - postgresBefore) / rows,
  };
}

async function errorsOf(fleet: Fleet, coordinator: NodeProcess, { sent, sessionsLost }: Rounds): Promise<PipelineReport['errors']> {
  const { rows } = await fleet.pool.query<{ stored: string }>(`select count(*) as stored from results where is_final and not is_surplus
    union all select count(*) from results_by_copy union all select count(*) from results_by_copy1000`);
  // pino: 40 is warn.
  const warnings = coordinator.output.match(/"level":[456]0/g)?.length ?? 0;
  return { sessionsLost, rowsNotStored: rows.reduce((lost, { stored }) => lost + sent - Number(stored), 0), coordinatorWarnings: warnings };
}

function reportOf(rounds: readonly Record<Way, Measured>[]): Omit<PipelineReport, 'machine' | 'errors'> {
  const spread = (way: Way, of: (measured: Measured) => number): Spread => spreadOf(rounds.map((round) => of(round[way])));
  const ways = Object.fromEntries(WAYS.map((way) => [way, {
    rowsPerSecond: spread(way, ({ rowsPerSecond }) => rowsPerSecond),
    coordinatorUs: way === 'sonde' ? spread(way, ({ coordinatorUs }) => coordinatorUs ?? NaN) : null,
    postgresUs: spread(way, ({ postgresUs }) => postgresUs), clientUs: spread(way, ({ clientUs }) => clientUs),
  }])) as unknown as PipelineReport['ways'];
  const ratioTo = (way: Way): Spread => spreadOf(rounds.map((round) => round.sonde.rowsPerSecond / round[way].rowsPerSecond));
  return {
    bench: 'pipeline', rounds: rounds.length, rowsPerRound: rounds[0]?.sonde.rows ?? 0, agents: settings.agents, ways,
    ratios: { copy: ratioTo('copy'), copy1000: ratioTo('copy1000'), insert1: ratioTo('insert1'), insert8: ratioTo('insert8') },
    coordinatorToPostgresCpu: spreadOf(rounds.map(({ sonde }) => (sonde.coordinatorUs ?? NaN) / sonde.postgresUs)),
  };
}

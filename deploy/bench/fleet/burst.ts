/** Results of all agents at one instant, against the same number of rows by COPY and by single inserts on the same server, in turn. */
import type { IngestResult } from '#coordinator/store/result-columns.ts';
import { cpuUsOfServer } from '../cpu-time.ts';
import { copyInto, insertInto, makeIdenticalTable } from '../pipeline/baselines.ts';
import { benchRows, owedCount } from '../pipeline/bench-rows.ts';
import { encodedRows, type EncodedRow } from '../pipeline/encoded-rows.ts';
import { spreadOf, type Spread } from '../statistics.ts';
import { BASELINES, type Baseline, type BurstReport } from './report.ts';
import { cpuSince, type Stage } from './stage.ts';

/** Of all agents together, about. */
const ROWS_A_ROUND = 40_000;
const BURST_WITHIN_MS = 60_000;
const INSERT_MS = 2_000;

type Way = { readonly perSecond: number; readonly postgresUs: number };
type Round = Readonly<Record<'sonde' | Baseline, Way>> & { readonly coordinatorUs: number; readonly agentsUs: number; readonly left: number };

/** Results that an agent delivers in a round. */
export function burstRowsEach(agents: number): number {
  return Math.max(1, Math.floor(ROWS_A_ROUND / agents));
}

/** One round more than asked for: the first warms up and is not counted. */
export async function bursts(stage: Stage, signal: AbortSignal): Promise<BurstReport> {
  const { rounds } = stage.settings;
  const each = burstRowsEach(stage.hosts.agents);
  const encoded = baselineRows(stage, each * stage.hosts.agents, rounds + 1);
  const { fromMs, untilMs } = stage.prepared.locations[0]!.owed;
  for (const table of BASELINES) await makeIdenticalTable(stage.fleet.pool, `results_by_${table}`, { fromMs, untilMs });
  const measured: Round[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    signal.throwIfAborted();
    const one = await measureRound(stage, each, encoded[round]!);
    if (round > 0) measured.push(one);
    stage.say(`${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}: ${['sonde' as const, ...BASELINES].map((way) => `${way} ${Math.round(one[way].perSecond)}/s`).join(', ')}`);
  }
  return reportOf(measured, each * stage.hosts.agents);
}

async function measureRound(stage: Stage, each: number, rows: readonly EncodedRow[]): Promise<Round> {
  const cpu = cpuSince(stage);
  const { elapsedMs, cpuUs, left } = await stage.hosts.burst(each, BURST_WITHIN_MS);
  const { coordinatorUs, postgresUs } = cpu();
  const taken = each * stage.hosts.agents - left;
  const { pool, postgres } = stage.fleet;
  const baseline = async (insert: () => Promise<{ readonly rows: number; readonly elapsedMs: number }>): Promise<Way> => {
    const beforeUs = cpuUsOfServer(postgres.pid);
    const done = await insert();
    return { perSecond: done.rows / (done.elapsedMs / 1000), postgresUs: (cpuUsOfServer(postgres.pid) - beforeUs) / done.rows };
  };
  return {
    left, coordinatorUs: coordinatorUs / taken, agentsUs: cpuUs / taken,
    sonde: { perSecond: taken / (elapsedMs / 1000), postgresUs: postgresUs / taken },
    copy: await baseline(() => copyInto(pool, 'results_by_copy', rows, rows.length)),
    copy1000: await baseline(() => copyInto(pool, 'results_by_copy1000', rows, 1_000)),
    insert1: await baseline(() => insertInto(pool, 'results_by_insert1', rows, { connections: 1, withinMs: INSERT_MS })),
    insert8: await baseline(() => insertInto(pool, 'results_by_insert8', rows, { connections: 8, withinMs: INSERT_MS })),
  };
}

/** The same kind of rows, round by round, of as many locations as it takes. */
function baselineRows(stage: Stage, count: number, rounds: number): readonly (readonly EncodedRow[])[] {
  const { locations } = stage.prepared;
  const eachLocation = Math.min(Math.floor(owedCount(locations[0]!.owed) / rounds), Math.ceil(count / locations.length));
  return Array.from({ length: rounds }, (_, round) => encodedRows(locations.flatMap(({ owed }) => (
    benchRows(owed, round * eachLocation, eachLocation).map((result): IngestResult => ({ kind: 'result', accountId: owed.accountId, agentId: owed.locationId, isSurplus: false, result }))
  ))));
}

function reportOf(rounds: readonly Round[], rows: number): BurstReport {
  const spread = (of: (round: Round) => number): Spread => spreadOf(rounds.map(of));
  const of = (way: 'sonde' | Baseline) => ({ perSecond: spread((round) => round[way].perSecond), postgresUs: spread((round) => round[way].postgresUs) });
  const ratio = (way: Baseline): Spread => spread((round) => round.sonde.perSecond / round[way].perSecond);
  return {
    rows, rounds: rounds.length, unacknowledged: rounds.reduce((sum, { left }) => sum + left, 0),
    ways: { sonde: of('sonde'), copy: of('copy'), copy1000: of('copy1000'), insert1: of('insert1'), insert8: of('insert8') },
    coordinatorUs: spread(({ coordinatorUs }) => coordinatorUs), agentsUs: spread(({ agentsUs }) => agentsUs),
    ratios: { copy: ratio('copy'), copy1000: ratio('copy1000'), insert1: ratio('insert1'), insert8: ratio('insert8') },
  };
}

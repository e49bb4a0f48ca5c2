/**
 * An installation with a past: how fast its rollups are made from nothing, how fast every list and chart is answered
 * over HTTP, what rollups save against rows, and whether they agree. `--rows 10000000 --checks 2000 --days 30
 * --rounds 3 --json`. With `--keep DIR` the past stays there, so that parts of the bench can be run one by one: `--only
 * generate,rebuild,endpoints,availability,agreement`. `--asked 100` of each endpoint in a round: so many that a 99th
 * percentile is one of them; `--endpoint '30 d'` asks those alone that have this in their name. `--profile DIR` leaves a
 * CPU profile of the coordinator there.
 */
import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { say, whole } from '../command-line.ts';
import { Fleet } from '../../e2e/testing/fleet.ts';
import { cpuUsOf, cpuUsOfServer } from '../cpu-time.ts';
import { onInterrupt } from '../interrupt.ts';
import { machine, machineLine } from '../machine.ts';
import { percentile, spreadOf, type Spread } from '../statistics.ts';
import { agreementOf, type Agreement } from './agreement.ts';
import { WAYS } from './availability.ts';
import { Caller, endpointsOf, type Endpoint } from './endpoints.ts';
import { generatePast, KEPT_DAYS, type Past } from './generate.ts';
import { storageTable } from './table.ts';

export type EndpointReport = { readonly name: string; readonly p50Ms: Spread; readonly p99Ms: Spread; /** Of coordinator and Postgres for one answer, and of the coordinator alone. */ readonly cpuMs: Spread; readonly ownCpuMs: Spread; readonly bytes: number; readonly asked: number; readonly errors: number };

export type StorageReport = {
  readonly bench: 'storage';
  readonly machine: ReturnType<typeof machine>;
  readonly rounds: number;
  readonly results: number;
  readonly gaps: number;
  readonly checks: number;
  readonly days: number;
  /** null: they were there. */
  readonly generatedRowsPerSecond: number | null;
  readonly rebuilt: {
    readonly rowsPerSecond: Spread;
    /** µs a row: of Postgres, and of the process that rebuilds. */
    readonly postgresUs: Spread;
    readonly ownUs: Spread;
  } | null;
  readonly megabytes: Readonly<Record<'results' | 'hourly' | 'daily' | 'checkDaily' | 'checkWeekly', number>>;
  readonly endpoints: readonly EndpointReport[] | null;
  /** 30 days of availability of so many checks, ms, and how many times as fast rollups are. */
  readonly availability: { readonly checks: number; readonly rowsMs: Spread; readonly rollupsMs: Spread; readonly ratio: Spread; /** As the API reads it. */ readonly apiMs: Spread; readonly apiRatio: Spread; readonly different: number } | null;
  readonly agreement: Agreement | null;
};

const PARTS = ['generate', 'rebuild', 'endpoints', 'availability', 'agreement'] as const;
type Part = (typeof PARTS)[number];

/** No endpoint keeps a round waiting longer than this. */
const ASKED_FOR_MS = 8_000;
const WARM_UP = 5;
const CHECKS_COMPARED = 1_000;
const CHECKS_AGREED = 60;
const NOT_THERE = 404;

const { values: given } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' }, checks: { type: 'string', default: '2000' }, days: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '3' }, keep: { type: 'string' }, only: { type: 'string' }, asked: { type: 'string', default: '100' },
    endpoint: { type: 'string', default: '' }, profile: { type: 'string' }, json: { type: 'boolean', default: false },
  },
});
const settings = { rows: whole('rows', given.rows, 100_000_000), checks: whole('checks', given.checks, 2_000), days: whole('days', given.days, 30), rounds: whole('rounds', given.rounds, 20), asked: whole('asked', given.asked, 1_000) };
const wanted = new Set(given.only === undefined ? PARTS : given.only.split(',').map(part));
const report = await run();
process.stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : `${machineLine(report.machine)}\n\n${storageTable(report)}\n`);

async function run(): Promise<StorageReport> {
  const on = machine();
  const fleet = await Fleet.open({ isDurable: true, ...(given.keep === undefined ? {} : { keptDir: given.keep }) });
  onInterrupt(() => fleet.end());
  let caller: Caller | null = null;
  try {
    say('starting Postgres');
    const startedMs = performance.now();
    const past = await generatePast(fleet, settings, say);
    fleet.onEnd(() => past.store.close());
    const generatedMs = performance.now() - startedMs;
    const rebuilt = wanted.has('rebuild') ? await measureRebuild(fleet, past) : null;
    const availability = wanted.has('availability') ? await measureAvailability(fleet.pool, past) : null;
    let endpoints: readonly EndpointReport[] | null = null;
    let agreement: Agreement | null = null;
    if (wanted.has('endpoints') || wanted.has('agreement')) {
      const coordinator = await fleet.startCoordinator({ env: { SONDE_RETENTION_RAW_DAYS: String(KEPT_DAYS), ...(given.profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${given.profile}` }) } });
      caller = new Caller({ port: fleet.httpPort, keys: past.keys });
      const cpuUs = (): CpuUs => ({ own: cpuUsOf(coordinator.pid), postgres: cpuUsOfServer(fleet.postgres.pid) });
      if (wanted.has('endpoints')) endpoints = await measureEndpoints({ caller, endpoints: endpointsOf(past).filter(({ name }) => name.includes(given.endpoint)), dataDir: join(fleet.dir, 'postgres') }, cpuUs);
      say('comparing figures with exact SQL');
      if (wanted.has('agreement')) agreement = await agreementOf(fleet.pool, caller, past, Math.min(CHECKS_AGREED, settings.checks));
    }
    return {
      bench: 'storage', machine: on, rounds: settings.rounds, results: past.results, gaps: past.gaps, checks: settings.checks, days: settings.days,
      generatedRowsPerSecond: past.made === 0 ? null : past.made / (generatedMs / 1000), rebuilt, megabytes: await sizesOf(fleet.pool), endpoints, availability, agreement,
    };
  } finally {
    caller?.close();
    await fleet.end();
  }
}

async function measureRebuild({ pool, postgres }: Fleet, { store, fromMs, toMs, results, gaps }: Past): Promise<StorageReport['rebuilt']> {
  const rounds: { readonly rowsPerSecond: number; readonly postgresUs: number; readonly ownUs: number }[] = [];
  for (let round = 1; round <= settings.rounds; round += 1) {
    await pool.query('truncate rollups_hourly, rollups_daily, rollups_check_daily, rollups_check_weekly');
    const [startedMs, postgresBefore, ownBefore] = [performance.now(), cpuUsOfServer(postgres.pid), process.cpuUsage()];
    await store.rebuildRollups(fromMs, toMs);
    const own = process.cpuUsage(ownBefore);
    const done = {
      rowsPerSecond: (results + gaps) / ((performance.now() - startedMs) / 1000), postgresUs: (cpuUsOfServer(postgres.pid) - postgresBefore) / (results + gaps),
      ownUs: (own.user + own.system) / (results + gaps),
    };
    rounds.push(done);
    say(`rollups rebuilt from nothing, round ${round} of ${settings.rounds}: ${Math.round(done.rowsPerSecond)} rows/s, ${done.postgresUs.toFixed(1)} µs of Postgres' CPU each, ${done.ownUs.toFixed(1)} of our own`);
  }
  await pool.query('vacuum analyze rollups_hourly, rollups_daily, rollups_check_daily, rollups_check_weekly');
  const of = (figure: 'rowsPerSecond' | 'postgresUs' | 'ownUs'): Spread => spreadOf(rounds.map((round) => round[figure]));
  return { rowsPerSecond: of('rowsPerSecond'), postgresUs: of('postgresUs'), ownUs: of('ownUs') };
}

/** Round by round through all of them, so that what else the machine does meets each. */
async function measureEndpoints({ caller, endpoints, dataDir }: { readonly caller: Caller; readonly endpoints: readonly Endpoint[]; readonly dataDir: string }, cpuUs: () => CpuUs): Promise<readonly EndpointReport[]> {
  const rounds: EndpointRound[][] = [];
  const there: Endpoint[] = [];
  for (const endpoint of endpoints) {
    const { status } = await caller.ask(endpoint.question(0));
    if (status !== NOT_THERE) there.push(endpoint);
    for (let n = 1; n < WARM_UP; n += 1) await caller.ask(endpoint.question(n));
  }
  for (let round = 0; round < settings.rounds; round += 1) {
    await readThrough(dataDir);
    say(`asking ${there.length} endpoints, round ${round + 1} of ${settings.rounds}`);
    const of: EndpointRound[] = [];
    for (const endpoint of there) {
      const asked = await askedOften(caller, endpoint, WARM_UP + round * settings.asked, cpuUs);
      of.push(asked);
      say(`${endpoint.name}: p50 ${percentile(asked.tookMs, 0.5).toFixed(1)} ms, p99 ${percentile(asked.tookMs, 0.99).toFixed(1)} ms, ${asked.cpuMs.toFixed(1)} ms of CPU (${asked.ownCpuMs.toFixed(1)} our own), ${asked.tookMs.length} asked, ${asked.errors} errors`);
    }
    rounds.push(of);
  }
  return there.map(({ name }, index) => {
    const own = rounds.map((round) => round[index]!);
    return {
      name, p50Ms: spreadOf(own.map(({ tookMs }) => percentile(tookMs, 0.5))), p99Ms: spreadOf(own.map(({ tookMs }) => percentile(tookMs, 0.99))), cpuMs: spreadOf(own.map(({ cpuMs }) => cpuMs)), ownCpuMs: spreadOf(own.map(({ ownCpuMs }) => ownCpuMs)),
      bytes: own[0]?.bytes ?? 0, asked: own.reduce((sum, { tookMs }) => sum + tookMs.length, 0), errors: own.reduce((sum, { errors }) => sum + errors, 0),
    };
  });
}

/** Everything that Postgres has, into the memory of the system: what is measured is warm, and not the disk. */
async function readThrough(dir: string): Promise<void> {
  for (const file of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const bytes = createReadStream(join(file.parentPath, file.name), { highWaterMark: 2 ** 20 });
    // One that is gone again needs no reading.
    await finished(bytes.resume()).catch(() => {});
  }
}

type CpuUs = { readonly own: number; readonly postgres: number };
type EndpointRound = { readonly tookMs: readonly number[]; readonly bytes: number; readonly errors: number; readonly cpuMs: number; readonly ownCpuMs: number };

async function askedOften(caller: Caller, endpoint: Endpoint, first: number, cpuUs: () => CpuUs): Promise<EndpointRound> {
  const tookMs: number[] = [];
  let [bytes, errors] = [0, 0];
  const [untilMs, cpuBefore] = [performance.now() + ASKED_FOR_MS, cpuUs()];
  for (let n = 0; n < settings.asked && performance.now() < untilMs; n += 1) {
    const answer = await caller.ask(endpoint.question(first + n));
    tookMs.push(answer.tookMs);
    bytes = answer.bytes;
    if (answer.status !== 200) errors += 1;
  }
  const cpu = cpuUs();
  const ownCpuMs = (cpu.own - cpuBefore.own) / 1000 / tookMs.length;
  return { tookMs: tookMs.toSorted((a, b) => a - b), bytes, errors, cpuMs: ownCpuMs + (cpu.postgres - cpuBefore.postgres) / 1000 / tookMs.length, ownCpuMs };
}

async function measureAvailability(pool: Pool, past: Past): Promise<NonNullable<StorageReport['availability']>> {
  const checkIds = past.checkIds.slice(0, CHECKS_COMPARED);
  const ways = Object.keys(WAYS) as (keyof typeof WAYS)[];
  const measured: Record<keyof typeof WAYS, number>[] = [];
  let different = 0;
  for (let round = 0; round <= settings.rounds; round += 1) {
    const tookMs = { rows: 0, rollups: 0, api: 0 };
    const figures = new Map<string, ReadonlyMap<string, string>>();
    // Each begins a round in turn.
    for (const way of [...ways.slice(round % ways.length), ...ways.slice(0, round % ways.length)]) {
      const startedMs = performance.now();
      figures.set(way, await WAYS[way](pool, { ...past, checkIds }));
      tookMs[way] = performance.now() - startedMs;
    }
    different = checkIds.filter((id) => ways.some((way) => figures.get(way)!.get(id) !== figures.get('rows')!.get(id))).length;
    // The first round warms all.
    if (round > 0) measured.push(tookMs);
  }
  say(`30 days of availability of ${checkIds.length} checks: ${measured.map(({ rows, rollups, api }) => `${Math.round(rows)} ms from rows, ${rollups.toFixed(1)} ms from rollups, ${api.toFixed(1)} ms as the API reads it`).join('; ')}`);
  const of = (figure: (round: Record<keyof typeof WAYS, number>) => number): Spread => spreadOf(measured.map(figure));
  return {
    checks: checkIds.length, rowsMs: of(({ rows }) => rows), rollupsMs: of(({ rollups }) => rollups), ratio: of(({ rows, rollups }) => rows / rollups),
    apiMs: of(({ api }) => api), apiRatio: of(({ rows, api }) => rows / api), different,
  };
}

async function sizesOf(pool: Pool): Promise<StorageReport['megabytes']> {
  const of = async (table: string): Promise<number> => {
    const { rows: [size] } = await pool.query<{ bytes: string }>('select sum(pg_total_relation_size(relid)) as bytes from pg_partition_tree($1::regclass)', [table]);
    return Math.round(Number(size?.bytes) / 2 ** 20);
  };
  return { results: await of('results'), hourly: await of('rollups_hourly'), daily: await of('rollups_daily'), checkDaily: await of('rollups_check_daily'), checkWeekly: await of('rollups_check_weekly') };
}

function part(name: string): Part {
  const known = PARTS.find((one) => one === name);
  if (known !== undefined) return known;
  process.stderr.write(`--only takes ${PARTS.join(', ')}, not '${name}'\n`);
  process.exit(2);
}

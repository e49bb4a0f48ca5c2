import { parseArgs } from 'node:util';
import { ALL_PLANTS, findPlant, runCampaign, runHistories } from './campaign.ts';
import { runHistory } from './histories/run-history.ts';
import { huntOf, isPlant, PLANTS, type PlantName } from './plants.ts';
import { SeedPool } from './seed-pool.ts';
import { runSeed } from './run-seed.ts';

/**
 * npm run simulate -- --seeds 500 --hours 1 [--workers 2]   the campaign
 * npm run simulate -- --seed 17 --hours 1 [--trace]         one seed again
 * npm run simulate -- --histories 5000 [--workers 2]        judging alone: thousands of histories without a fleet
 * npm run simulate -- --history 17 [--trace]                one of them again
 * npm run simulate -- --plants [--workers 2] [--seeds 200]  every planted bug has to be found
 * npm run simulate -- --plant NAME [--hours 0.5]            one of them; with --seed or --history, in that one
 */
/** Seeds after which everything that is to happen sometimes has happened. */
const EVERYTHING_SEEN_AFTER = { seeds: 50, histories: 1_000 };

const { values } = parseArgs({ options: {
  seeds: { type: 'string' }, histories: { type: 'string' }, history: { type: 'string' }, hours: { type: 'string' }, seed: { type: 'string' },
  workers: { type: 'string', default: '1' }, json: { type: 'boolean', default: false }, trace: { type: 'boolean', default: false },
  plants: { type: 'boolean', default: false }, plant: { type: 'string' },
} });

const hours = positive('hours', values.hours ?? '1');
const workers = Math.floor(positive('workers', values.workers));
const firstSeed = values.seed === undefined ? 1 : positive('seed', values.seed);
const began = performance.now();

if (values.plant !== undefined && !isPlant(values.plant)) fail(`no bug '${values.plant}' is known to plant; there are ${ALL_PLANTS.join(', ')}`);
if (values.history !== undefined) await historyAgain();
else if (values.histories !== undefined) await histories();
else if (values.plants || (values.plant !== undefined && values.seed === undefined)) await huntPlants();
else if (values.seed !== undefined && values.seeds === undefined) await again();
else await campaign();

async function campaign(): Promise<void> {
  const seeds = positive('seeds', values.seeds ?? '20');
  const pool = new SeedPool(workers);
  let [simulated, done] = [0, 0];
  const report = await runCampaign({ firstSeed, seeds, hours, onSeed: (seed) => {
    simulated += hours;
    done += 1;
    if (seed.violations.length > 0) tellViolations(seed.seed, seed.violations, `--seed ${seed.seed} --hours ${hours}`);
    if (!values.json && done % 10 === 0) process.stderr.write(`${done} seeds, ${(simulated / secondsSoFar()).toFixed(2)} simulated hours/s\n`);
  } }, pool).finally(() => pool.close());
  const { failed, counts, never, ...sums } = report;
  const seconds = secondsSoFar();
  const facts = { seeds, hours, failed: failed.map(({ seed }) => seed), never, ...sums, seconds, simulatedHoursPerSecond: simulated / seconds, counts: sorted(counts) };
  console.log(values.json ? JSON.stringify(facts) : facts);
  // A few seeds need not have seen everything.
  if (failed.length > 0 || (never.length > 0 && seeds >= EVERYTHING_SEEN_AFTER.seeds)) process.exitCode = 1;
}

async function histories(): Promise<void> {
  const seeds = positive('histories', values.histories!);
  const pool = new SeedPool(workers);
  let done = 0;
  const { failed, counts, never, ...sums } = await runHistories({ firstSeed, seeds, onSeed: ({ seed, violations }) => {
    done += 1;
    if (violations.length > 0) tellViolations(seed, violations, `--history ${seed}`);
    if (!values.json && done % 500 === 0) process.stderr.write(`${done} histories, ${(done / secondsSoFar()).toFixed(1)}/s\n`);
  } }, pool).finally(() => pool.close());
  const seconds = secondsSoFar();
  const facts = { histories: seeds, failed: failed.map(({ seed }) => seed), never, ...sums, seconds, historiesPerSecond: seeds / seconds, counts: sorted(counts) };
  console.log(values.json ? JSON.stringify(facts) : facts);
  if (failed.length > 0 || (never.length > 0 && seeds >= EVERYTHING_SEEN_AFTER.histories)) process.exitCode = 1;
}

async function again(): Promise<void> {
  show(await runSeed({ seed: firstSeed, hours, plants: thePlant(), isTraceKept: values.trace }));
}

async function historyAgain(): Promise<void> {
  show(await runHistory({ seed: positive('history', values.history!), plants: thePlant(), isTraceKept: values.trace }));
}

function thePlant(): ReadonlySet<PlantName> {
  return new Set(values.plant !== undefined && isPlant(values.plant) ? [values.plant] : []);
}

function show(report: { readonly violations: readonly string[]; readonly trace: readonly string[]; readonly counts: ReadonlyMap<string, number> }): void {
  if (values.trace) for (const line of report.trace) console.log(line);
  console.log({ ...report, trace: report.trace.length, counts: sorted(report.counts) });
  if (report.violations.length > 0) process.exitCode = 1;
}

async function huntPlants(): Promise<void> {
  const seeds = positive('seeds', values.seeds ?? '200');
  const pool = new SeedPool(workers);
  await pool.each(values.plant !== undefined && isPlant(values.plant) ? [values.plant] : ALL_PLANTS, async (plant) => {
    const hunt = huntOf(plant);
    const report = await findPlant(plant, hunt.form === 'histories' || values.hours === undefined ? hunt : { ...hunt, hours }, { firstSeed, seeds }, pool);
    if (report.foundAtSeed === null) process.exitCode = 1;
    if (values.json) console.log(JSON.stringify(report));
    else console.log(report.foundAtSeed === null ? `NOT FOUND in ${report.tried} seeds: ${plant}: ${PLANTS[plant]}` : `found by ${report.hunt.form === 'histories' ? 'history' : 'seed'} ${report.foundAtSeed}: ${plant}: ${report.violation}`);
  }).finally(() => pool.close());
}

function tellViolations(seed: number, violations: readonly string[], again: string): void {
  process.stderr.write(`seed ${seed}: ${violations.length} violations\n${violations.slice(0, 5).map((violation) => `  ${violation}\n`).join('')}  again: npm run simulate -- ${again} --trace\n`);
}

function sorted(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort());
}

function secondsSoFar(): number {
  return (performance.now() - began) / 1000;
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) fail(`--${name} ${text}: a number above 0 is needed`);
  return number;
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/**
 * `npm run chaos`: real processes, faults made one after the other and kills at random moments, then a reconciliation
 * of what was due with what is stored, what agents were told and what the targets saw. Exit code 0: nothing was lost,
 * nothing twice, every fault fired or says why it was not run.
 *
 *   npm run chaos                                      every fault once, and some kills
 *   npm run chaos -- --minutes 20                      as many kills as there is time for, after the faults
 *   npm run chaos -- --agents 200 --coordinators 50 --postgres 20 --no-faults
 *   npm run chaos -- --only F5,F20 --seed 7 --json
 *   npm run chaos -- --no-faults --minutes 7 --keep runs && npm run chaos -- --sum runs
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { onInterrupt } from '../bench/interrupt.ts';
import { runCampaign, type Plan } from './campaign.ts';
import { ALL_FAULTS } from './all-faults.ts';
import type { CampaignReport } from './campaign-report.ts';
import { killAgent, killCoordinator, killPostgres } from './faults/processes.ts';
import { reportLines, summaryLines } from './report-lines.ts';
import { sumReports } from './sum-reports.ts';

/** Without a time limit, and with one. */
const KILLS = { agents: '20', coordinators: '5', postgres: '2' } as const;
const KILLS_MAX = 10_000;
/** Less is not even enough to close the last slots. */
const MINUTES_MIN = 4;

const { values: given } = parseArgs({
  allowNegative: true,
  options: {
    agents: { type: 'string' }, coordinators: { type: 'string' }, postgres: { type: 'string' },
    faults: { type: 'boolean', default: true }, only: { type: 'string' }, checks: { type: 'string', default: '40' }, replicas: { type: 'string', default: '2' },
    minutes: { type: 'string' }, seed: { type: 'string' }, keep: { type: 'string' }, sum: { type: 'string' },
    json: { type: 'boolean', default: false }, list: { type: 'boolean', default: false },
  },
});
if (given.list) {
  for (const { id, name } of ALL_FAULTS) process.stdout.write(`${id}\t${name}\n`);
  process.exit(0);
}
if (given.sum !== undefined) {
  const sum = sumReports(keptIn(given.sum));
  print(sum, summaryLines(sum));
  process.exit(sum.isWell ? 0 : 1);
}
const plan = planned();
say(`seed ${plan.seed}`);
const report = await runCampaign(plan, say, (lab) => onInterrupt(() => lab.end()));
if (given.keep !== undefined) {
  mkdirSync(given.keep, { recursive: true });
  writeFileSync(join(given.keep, `seed-${plan.seed}.json`), JSON.stringify(report));
}
print(report, reportLines(report));
process.exit(report.isWell ? 0 : 1);

function planned(): Plan {
  const only = given.only?.split(',').map((id) => id.trim().toUpperCase());
  const unknown = only?.filter((id) => !ALL_FAULTS.some((fault) => fault.id === id)) ?? [];
  if (unknown.length > 0) refuse(`--only: there is no fault ${unknown.join(', ')}; see --list`);
  const minutes = given.minutes === undefined ? null : whole('minutes', given.minutes, { min: MINUTES_MIN, max: 1_440 });
  const seed = given.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole('seed', given.seed, { max: 2 ** 31 });
  const faults = given.faults ? ALL_FAULTS.filter(({ id }) => only === undefined || only.includes(id)) : [];
  const kills = (name: keyof typeof KILLS): number => whole(name, given[name] ?? (minutes === null ? KILLS[name] : String(KILLS_MAX)), { max: KILLS_MAX });
  const isKilling = only === undefined || Object.keys(KILLS).some((name) => given[name as keyof typeof KILLS] !== undefined);
  // Where time is short, another seed makes other faults.
  const first = minutes === null || faults.length === 0 ? 0 : seed % faults.length;
  return {
    seed, withinMs: minutes === null ? null : minutes * 60_000,
    lab: { locations: 3, agentsEach: 2, coordinators: whole('replicas', given.replicas, { min: 1, max: 5 }), checks: whole('checks', given.checks, { max: 500 }) },
    inTurn: [...faults.slice(first), ...faults.slice(0, first)].map((fault) => ({ fault, times: 1, restMs: 1_000 })),
    atOnce: !isKilling ? [] : [
      { fault: killAgent, times: kills('agents'), restMs: 1_000, lanes: 2 },
      { fault: killCoordinator, times: kills('coordinators'), restMs: 2_000, lanes: 2 },
      { fault: killPostgres, times: kills('postgres'), restMs: 45_000 },
    ].filter(({ times }) => times > 0),
  };
}

function keptIn(dir: string): readonly CampaignReport[] {
  const names = readdirSync(dir).filter((name) => /^seed-\d+\.json$/.test(name)).sort();
  if (names.length === 0) refuse(`--sum: there is no report in ${dir}; campaigns leave theirs there with --keep ${dir}`);
  return names.map((name) => JSON.parse(readFileSync(join(dir, name), 'utf8')) as CampaignReport);
}

function print(whatever: object, lines: readonly string[]): void {
  process.stdout.write(given.json ? `${JSON.stringify(whatever, null, 2)}\n` : `${lines.join('\n')}\n`);
}

function say(what: string): void {
  process.stderr.write(`· ${new Date().toISOString().slice(11, 19)} ${what}\n`);
}

function whole(name: string, text: string, { min = 0, max }: { readonly min?: number; readonly max: number }): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  return refuse(`--${name} must be a whole number, ${min} to ${max}, not '${text}'`);
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

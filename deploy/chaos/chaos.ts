/**
 * `npm run chaos`: real processes, faults made one after the other and kills at random moments, then a reconciliation
 * of what was due with what is stored, what agents were told and what the targets saw. Exit code 0: nothing was lost,
 * nothing twice, every fault fired or says why it was not run.
 *
 *   npm run chaos                                      every fault once, and some kills
 *   npm run chaos -- --agents 200 --coordinators 50 --postgres 20 --no-faults
 *   npm run chaos -- --only F5,F20 --seed 7 --json
 */
import { parseArgs } from 'node:util';
import { onInterrupt } from '../bench/interrupt.ts';
import { runCampaign, type Plan } from './campaign.ts';
import { ALL_FAULTS } from './all-faults.ts';
import { killAgent, killCoordinator, killPostgres } from './faults/processes.ts';
import { reportLines } from './report-lines.ts';

const { values: given } = parseArgs({
  allowNegative: true,
  options: {
    agents: { type: 'string', default: '20' }, coordinators: { type: 'string', default: '5' }, postgres: { type: 'string', default: '2' },
    faults: { type: 'boolean', default: true }, only: { type: 'string' }, checks: { type: 'string', default: '40' }, replicas: { type: 'string', default: '2' },
    seed: { type: 'string' }, json: { type: 'boolean', default: false }, list: { type: 'boolean', default: false },
  },
});
if (given.list) {
  for (const { id, name } of ALL_FAULTS) process.stdout.write(`${id}\t${name}\n`);
  process.exit(0);
}
const only = given.only?.split(',').map((id) => id.trim().toUpperCase());
const unknown = only?.filter((id) => !ALL_FAULTS.some((fault) => fault.id === id)) ?? [];
if (unknown.length > 0) refuse(`--only: there is no fault ${unknown.join(', ')}; see --list`);
const seed = given.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole('seed', given.seed, 2 ** 31);
const plan: Plan = {
  seed,
  lab: { locations: 3, agentsEach: 2, coordinators: Math.max(1, whole('replicas', given.replicas, 5)), checks: whole('checks', given.checks, 500) },
  inTurn: given.faults ? ALL_FAULTS.filter(({ id }) => only === undefined || only.includes(id)).map((fault) => ({ fault, times: 1 })) : [],
  atOnce: only ? [] : [
    { fault: killAgent, times: whole('agents', given.agents, 10_000) },
    { fault: killCoordinator, times: whole('coordinators', given.coordinators, 10_000) },
    { fault: killPostgres, times: whole('postgres', given.postgres, 10_000) },
  ].filter(({ times }) => times > 0),
  restMs: 4_000,
};
say(`seed ${seed}`);
const report = await runCampaign(plan, say, (lab) => onInterrupt(() => lab.end()));
process.stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : `${reportLines(report).join('\n')}\n`);
process.exit(report.isWell ? 0 : 1);

function say(what: string): void {
  process.stderr.write(`· ${new Date().toISOString().slice(11, 19)} ${what}\n`);
}

function whole(name: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  return refuse(`--${name} must be a whole number, 0 to ${max}, not '${text}'`);
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

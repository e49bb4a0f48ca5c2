/** A campaign: faults at random moments, healing, closing, reconciliation. */
import { existsSync, readFileSync } from 'node:fs';
import { Random } from '../fuzz/random.ts';
import { eventually, pause } from '../e2e/testing/eventually.ts';
import { readStoredFacts } from '../e2e/testing/stored-facts.ts';
import type { Fault } from './fault.ts';
import { DOWN_CHECK_NAME, Lab, type LabOptions } from './lab.ts';
import { MemoryWatch, type MemoryUse } from './memory-watch.ts';
import { reconcile, violationsIn, type Reconciliation } from './reconcile.ts';

/** So many strikes of a fault, spread over the campaign at random. */
export type Strikes = { readonly fault: Fault; readonly times: number };

export type Plan = {
  readonly seed: number;
  readonly lab: Omit<LabOptions, 'say'>;
  /** One after the other, each over before the next. */
  readonly inTurn: readonly Strikes[];
  /** All at once, side by side with each other: kills at random moments. */
  readonly atOnce: readonly Strikes[];
  /** Between two strikes of one kind that go on side by side, ms, at most. */
  readonly restMs: number;
};

export type FaultReport = { readonly id: string; readonly name: string; readonly fired: number; readonly proofs: readonly string[]; readonly notRun: string | null; readonly failures: readonly string[] };

export type CampaignReport = {
  readonly seed: number;
  readonly seconds: number;
  readonly faults: readonly FaultReport[];
  readonly reconciliation: Reconciliation;
  /** Rows that a coordinator refused for good. */
  readonly refusals: number;
  /** Undelivered results of all agents, when everything had been well again for some seconds (I9). */
  readonly backlog: number;
  /** How long until then. */
  readonly drainedMs: number;
  readonly alerts: AlertReport;
  readonly memory: readonly MemoryUse[];
  readonly isWell: boolean;
};

export type AlertReport = {
  /** Notices "failing", "degraded" and "recovered" of checks whose target was up all the time: must be none (I6). */
  readonly false: readonly string[];
  /** The same delivery more than once is harmless, and counted; two different ones for one transition are not. */
  readonly repeatedDeliveries: number;
  /** One check's target was really closed, and opened again: one notice of each. */
  readonly realOutage: { readonly failure: number; readonly recovery: number };
  /** "No data", a location that is down, and whatever else stands apart from up and down. */
  readonly others: Readonly<Record<string, number>>;
};

/** Slots close this long after their due instant, with the lab's deadlines and retries (rules.md 8), and a closer's pass. */
const CLOSING_MS = 30_000 + 2 * 5_000 + 10_000;
/** The first slots come while everything is being made. */
const SETTLE_MS = 2_000;

export async function runCampaign(plan: Plan, say: (what: string) => void, onLab: (lab: Lab) => void = () => {}): Promise<CampaignReport> {
  const startedMs = performance.now();
  say(`starting Postgres, ${plan.lab.coordinators} coordinators, ${plan.lab.locations * plan.lab.agentsEach} agents, ${plan.lab.checks} checks`);
  const lab = await Lab.open({ ...plan.lab, say });
  onLab(lab);
  const memory = new MemoryWatch(() => [...lab.coordinators.map((each) => each.process), ...lab.agents.map((each) => each.process)]);
  try {
    await pause(SETTLE_MS);
    const fromMs = Date.now();
    const faults = await strike(lab, plan, say);
    say('healing');
    await lab.heal();
    const healedMs = performance.now();
    const backlog = await eventually('every spool to be empty', async () => {
      const waiting = await backlogOf(lab);
      return waiting === 0 ? { waiting } : null;
    }, { withinMs: 60_000, everyMs: 250 }).then(({ waiting }) => waiting, async () => (await backlogOf(lab)) ?? -1);
    const drainedMs = Math.round(performance.now() - healedMs);
    const toMs = Date.now();
    say('a real outage of one target');
    await realOutage(lab);
    say(`backlog ${backlog} after ${drainedMs} ms; waiting ${CLOSING_MS / 1000} s for the last slots to close`);
    await pause(CLOSING_MS);
    const reconciliation = await lookUntilWell(lab, { fromMs, toMs });
    const refusals = lab.saidCount('the coordinator refused results');
    const alerts = alertsOf(lab);
    const isWell = violationsIn(reconciliation) === 0 && backlog === 0 && alerts.false.length === 0 && alerts.realOutage.failure === 1 && alerts.realOutage.recovery === 1 && faults.every(({ failures, fired, notRun }) => failures.length === 0 && (fired > 0 || notRun !== null));
    if (!isWell) process.stderr.write(`${lab.logs()}\n`);
    return { seed: plan.seed, seconds: Math.round((performance.now() - startedMs) / 1000), faults, reconciliation, refusals, backlog, drainedMs, alerts, memory: memory.uses(), isWell };
  } catch (error) {
    process.stderr.write(`${lab.logs()}\n`);
    throw error;
  } finally {
    memory.stop();
    await lab.end();
  }
}

async function strike(lab: Lab, plan: Plan, say: (what: string) => void): Promise<readonly FaultReport[]> {
  const reports: FaultReport[] = [];
  for (const [index, strikes] of plan.inTurn.entries()) {
    reports.push(await repeat(lab, strikes, new Random(plan.seed, index), { restMs: 1_000, say }));
    await lab.heal();
  }
  reports.push(...await Promise.all(plan.atOnce.map((strikes, index) => repeat(lab, strikes, new Random(plan.seed, 1_000 + index), { restMs: plan.restMs, say }))));
  return reports;
}

async function repeat(lab: Lab, { fault, times }: Strikes, random: Random, { restMs, say }: { restMs: number; say: (what: string) => void }): Promise<FaultReport> {
  const reason = await fault.cannot?.(lab) ?? null;
  const proofs: string[] = [];
  const failures: string[] = [];
  if (reason !== null) say(`${fault.id} ${fault.name}: not run, ${reason}`);
  else for (let count = 0; count < times; count += 1) {
    await pause(random.int(0, restMs));
    try {
      proofs.push(await fault.strike(lab, random));
      say(`${fault.id} ${fault.name}: ${proofs.at(-1)}`);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      say(`${fault.id} ${fault.name}: FAILED, ${failures.at(-1)}`);
    }
  }
  return { id: fault.id, name: fault.name, fired: proofs.length, proofs, notRun: reason, failures };
}

/** Closed until its alert was told, then open until its end was; gives up after a while, and the counts tell. */
async function realOutage(lab: Lab): Promise<void> {
  await lab.createDownCheck();
  const told = (kind: string): Promise<boolean> => eventually(`the notice '${kind}'`, async () => ofDownCheck(lab, kind) > 0, { withinMs: 60_000, everyMs: 250 }).then(() => true, () => false);
  await eventually('a first good result', async () => lab.downTargets.connections.length > 0, { withinMs: 30_000, everyMs: 250 }).catch(() => {});
  await lab.downTargets.closePort();
  await told('failure');
  await lab.downTargets.openPort();
  await told('recovery');
}

function ofDownCheck(lab: Lab, kind: string): number {
  return new Set(lab.sink.notices.filter((each) => each.checkName === DOWN_CHECK_NAME && each.kind === kind && !each.isReminder).map(({ deliveryId }) => deliveryId)).size;
}

const OF_CHECKS = ['failure', 'degraded', 'recovery'];

function alertsOf(lab: Lab): AlertReport {
  const { notices } = lab.sink;
  const others = notices.filter(({ kind }) => !OF_CHECKS.includes(kind));
  return {
    false: notices.filter(({ kind, checkName }) => OF_CHECKS.includes(kind) && checkName !== DOWN_CHECK_NAME).map(({ kind, checkName, atMs }) => `${new Date(atMs).toISOString()} ${kind}: ${checkName}`),
    repeatedDeliveries: notices.length - new Set(notices.map(({ deliveryId }) => deliveryId)).size,
    realOutage: { failure: ofDownCheck(lab, 'failure'), recovery: ofDownCheck(lab, 'recovery') },
    others: Object.fromEntries([...Map.groupBy(others, ({ kind }) => kind)].map(([kind, list]) => [kind, list.length])),
  };
}

/** A closer may be a pass behind; what is wrong then stays wrong. */
async function lookUntilWell(lab: Lab, span: { fromMs: number; toMs: number }): Promise<Reconciliation> {
  for (let look = 1; ; look += 1) {
    const found = reconcile({
      stored: await readStoredFacts(lab.pool), checkIds: lab.checkIds, connections: lab.targets.connections, acknowledged: journals(lab), outages: [], ...span,
    });
    if (violationsIn(found) === 0 || look === 4) return found;
    await pause(5_000);
  }
}

function journals(lab: Lab): readonly string[] {
  return [...lab.agents.map(({ journal }) => journal), ...lab.pastJournals].filter((path) => existsSync(path))
    // A line that was being written when its process was killed says nothing.
    .flatMap((path) => readFileSync(path, 'utf8').split('\n').slice(0, -1)).filter((line) => /^[0-9a-f-]{36} \d+$/.test(line));
}

/** null: the API does not say. */
async function backlogOf(lab: Lab): Promise<number | null> {
  const agents = await lab.api.must<readonly { name: string; spoolDepth: number }[]>('GET', '/v1/agents').catch(() => null);
  return agents && lab.agents.reduce((sum, { name }) => sum + (agents.find((agent) => agent.name === name)?.spoolDepth ?? 0), 0);
}

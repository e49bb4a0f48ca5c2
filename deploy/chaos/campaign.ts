/** A campaign: faults at random moments, healing, closing, reconciliation. */
import { existsSync, readFileSync } from 'node:fs';
import { eventually, pause } from '../e2e/testing/eventually.ts';
import { readStoredFacts, type StoredFacts } from '../e2e/testing/stored-facts.ts';
import { isolationOf } from './bystanders.ts';
import { isWell, type AlertReport, type CampaignReport } from './campaign-report.ts';
import { judgedOtherwise, readStandings, type StoredStanding } from './judged-alike.ts';
import { DOWN_CHECK_NAME, Lab, type LabOptions } from './lab.ts';
import { audits } from './own-audit.ts';
import { reconcile, violationsIn, type Reconciliation } from './reconcile.ts';
import { strike, type Strikes } from './strike.ts';
import { UseWatch } from './use-watch.ts';

export type Plan = {
  readonly seed: number;
  readonly lab: Omit<LabOptions, 'say'>;
  /** One after the other, each over before the next. */
  readonly inTurn: readonly Strikes[];
  /** All at once, side by side with each other: kills at random moments. */
  readonly atOnce: readonly Strikes[];
  /** For all of it, ms; faults for which no time is left are not run, and told as such. null: as long as it takes. */
  readonly withinMs: number | null;
};

/** Slots close this long after their due instant, with the lab's deadlines and retries (rules.md 8), and a closer's pass. */
const CLOSING_MS = 30_000 + 2 * 5_000 + 10_000;
/** The first slots come while everything is being made. */
const SETTLE_MS = 2_000;
/** From the last strike to the report: healing, a real outage, closing, looking. */
const AFTERWARDS_MS = CLOSING_MS + 60_000;

export async function runCampaign(plan: Plan, say: (what: string) => void, onLab: (lab: Lab) => void = () => {}): Promise<CampaignReport> {
  const startedMs = performance.now();
  say(`starting Postgres, ${plan.lab.coordinators} coordinators, ${plan.lab.locations * plan.lab.agentsEach} agents, ${plan.lab.checks} checks`);
  const lab = await Lab.open({ ...plan.lab, say });
  onLab(lab);
  const uses = new UseWatch(() => [...lab.coordinators.map(({ process }) => ({ process, kind: 'coordinator' as const })), ...lab.agents.map(({ process, dataDir }) => ({ process, dataDir, kind: 'agent' as const }))]);
  try {
    await pause(SETTLE_MS);
    const fromMs = Date.now();
    const faults = await strike(lab, plan, { untilMs: plan.withinMs === null ? Infinity : startedMs + plan.withinMs - AFTERWARDS_MS, say });
    say('healing');
    await lab.heal();
    const { backlog, drainedMs } = await drained(lab);
    const toMs = Date.now();
    say('a real outage of one target');
    await realOutage(lab);
    say(`backlog ${backlog} after ${drainedMs} ms; waiting ${CLOSING_MS / 1000} s for the last slots to close`);
    await pause(CLOSING_MS);
    const { reconciliation, facts, otherwise } = await lookUntilWell(lab, { fromMs, toMs, seed: plan.seed });
    const report = {
      seed: plan.seed, seconds: Math.round((performance.now() - startedMs) / 1000), faults, reconciliation, refusals: lab.saidCount('the coordinator refused results'), backlog, drainedMs,
      alerts: alertsOf(lab), judgedOtherwise: otherwise, auditedOtherwise: await audits(lab, { fromMs, toMs }, reconciliation).catch((error: unknown) => [`no answer: ${String(error)}`]), uses: uses.uses(), outOfBounds: uses.outOfBounds(),
      isolation: isolationOf(facts.results.filter(({ dueAtMs }) => dueAtMs >= fromMs && dueAtMs < toMs), await lab.troubles()),
    };
    if (!isWell(report)) process.stderr.write(`${lab.logs()}\n`);
    return { ...report, isWell: isWell(report) };
  } catch (error) {
    process.stderr.write(`${lab.logs()}\n`);
    throw error;
  } finally {
    uses.stop();
    await lab.end();
  }
}

/** −1: the API does not say. */
async function drained(lab: Lab): Promise<{ readonly backlog: number; readonly drainedMs: number }> {
  const healedMs = performance.now();
  const backlog = await eventually('every spool to be empty', async () => {
    const waiting = await backlogOf(lab);
    return waiting === 0 ? { waiting } : null;
  }, { withinMs: 60_000, everyMs: 250 }).then(({ waiting }) => waiting, async () => (await backlogOf(lab)) ?? -1);
  return { backlog, drainedMs: Math.round(performance.now() - healedMs) };
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

type Looked = { readonly reconciliation: Reconciliation; readonly facts: StoredFacts; readonly otherwise: readonly string[] };

/** A closer or a judge may be a pass behind; what is wrong then stays wrong. */
async function lookUntilWell(lab: Lab, { seed, ...span }: { fromMs: number; toMs: number; seed: number }): Promise<Looked> {
  for (let look = 1; ; look += 1) {
    // Before the facts: agents go on, and what is acknowledged after them is not in them.
    const acknowledged = journals(lab);
    const facts = await readStoredFacts(lab.pool);
    const standings = (await readStandings(lab.pool)).filter(({ checkId }) => lab.judgedChecks.has(checkId));
    const reconciliation = reconcile({ stored: facts, checkIds: lab.checkIds, connections: lab.targets.connections, acknowledged, outages: [], ...span });
    const otherwise = [...judgedOtherwise(standings, facts, { nowMs: Date.now(), seed }), ...neverJudged(lab, standings)];
    if ((violationsIn(reconciliation) === 0 && otherwise.length === 0) || look === 4) return { reconciliation, facts, otherwise };
    await pause(5_000);
  }
}

function neverJudged(lab: Lab, standings: readonly StoredStanding[]): readonly string[] {
  return [...lab.judgedChecks].filter((id) => !standings.some(({ checkId }) => checkId === id)).map((id) => `${id} was never judged`);
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

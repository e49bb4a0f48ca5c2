import { brokenRules, type CampaignReport } from './campaign-report.ts';
import { ELSEWHERE } from './elsewhere.ts';
import type { Summary } from './sum-reports.ts';

/** Shown of a list of what is wrong. */
const EXAMPLES = 10;

/** For people. */
export function reportLines(report: CampaignReport): readonly string[] {
  const { reconciliation: found, alerts, isolation } = report;
  const wrong: readonly [string, readonly string[]][] = [
    ...Object.entries(found.violations), ['false alerts', alerts.false], ['judged otherwise', report.judgedOtherwise], ['audited otherwise', report.auditedOtherwise], ['out of bounds', report.outOfBounds], ['late', isolation.violations],
  ];
  return [
    `seed ${report.seed}, ${report.seconds} s`,
    '',
    ...report.faults.map(faultLine),
    ...ELSEWHERE.map(({ id, name, where }) => `${id.padEnd(4)} ${name.padEnd(58)} made by: ${where}`),
    '',
    `due ${found.due}, results ${found.results}, gaps ${listed(found.gaps)}, surplus ${found.surplus}`,
    `acknowledged ${found.acknowledged}, executions without a result ${found.executionsWithoutResult}, batches with refusals ${report.refusals}`,
    `begun earlier than told, by what the agent said that its clock may be wrong: ${found.begunEarly.results}, by ${Math.round(found.begunEarly.worstMs)} ms at most`,
    `backlog ${report.backlog} (${report.drainedMs} ms after healing)`,
    `alerts: a real outage told ${alerts.realOutage.failure} time(s), its end ${alerts.realOutage.recovery}; besides ${listed(alerts.others)}; deliveries repeated ${alerts.repeatedDeliveries}`,
    `late at the 99th percentile: ${Math.round(isolation.bystanders.p99Ms)} ms where nothing had befallen the agent (${isolation.bystanders.runs} runs), ${Math.round(isolation.troubled.p99Ms)} ms else (${isolation.troubled.runs})`,
    `at most, MB resident / descriptors / MB of spool: ${report.uses.map(({ name, maxMb, maxDescriptors, maxSpoolMb }) => `${name} ${maxMb} / ${maxDescriptors} / ${maxSpoolMb}`).join(', ')}`,
    ...wrong.filter(([, list]) => list.length > 0).map(([name, list]) => `${name}: ${list.length}${list.slice(0, EXAMPLES).map((each) => `\n    ${each}`).join('')}`),
    ...brokenLines(brokenRules(report)),
    '',
    verdict(report.isWell),
  ];
}

export function summaryLines(sum: Summary): readonly string[] {
  return [
    `${sum.seeds.length} campaigns, ${sum.seconds} s, seeds ${sum.seeds.join(', ')}`,
    '',
    ...sum.faults.map(faultLine),
    ...ELSEWHERE.map(({ id, name, where }) => `${id.padEnd(4)} ${name.padEnd(58)} made by: ${where}`),
    '',
    `due ${sum.due}, results ${sum.results}, gaps ${listed(sum.gaps)}; acknowledged ${sum.acknowledged}, executions without a result ${sum.executionsWithoutResult}`,
    `begun earlier than told, by what the agent said that its clock may be wrong: ${sum.begunEarly.results}, by ${Math.round(sum.begunEarly.worstMs)} ms at most`,
    `real outages ${sum.realOutages.campaigns}, told once, and their ends, ${sum.realOutages.toldOnce}; bystanders late at the 99th percentile by ${Math.round(sum.bystandersP99Ms)} ms at most`,
    ...brokenLines(sum.broken),
    '',
    verdict(sum.isWell),
  ];
}

function faultLine({ id, name, fired, notRun, failures }: Summary['faults'][number]): string {
  return `${id.padEnd(4)} ${name.padEnd(58)} ${notRun === null ? `fired ${fired}` : `not run: ${notRun}`}${failures.length > 0 ? `, FAILED ${failures.length}: ${failures[0]}` : ''}`;
}

function brokenLines(broken: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(broken).map(([rule, count]) => `${rule}: ${count}`);
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}

function verdict(isWell: boolean): string {
  return isWell ? 'nothing lost, nothing twice, every slot accounted for' : 'NOT WELL';
}

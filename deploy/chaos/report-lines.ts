import type { CampaignReport } from './campaign.ts';

/** Shown of a list of what is wrong. */
const EXAMPLES = 10;

/** For people. */
export function reportLines(report: CampaignReport): readonly string[] {
  const { reconciliation: found } = report;
  return [
    `seed ${report.seed}, ${report.seconds} s`,
    '',
    ...report.faults.map(({ id, name, fired, notRun, failures }) => `${id.padEnd(4)} ${name.padEnd(58)} ${notRun === null ? `fired ${fired}` : `not run: ${notRun}`}${failures.length > 0 ? `, FAILED ${failures.length}: ${failures[0]}` : ''}`),
    '',
    `due ${found.due}, results ${found.results}, gaps ${Object.entries(found.gaps).map(([reason, count]) => `${reason} ${count}`).join(', ') || 'none'}, surplus ${found.surplus}`,
    `acknowledged ${found.acknowledged}, executions without a result ${found.executionsWithoutResult}, batches with refusals ${report.refusals}`,
    `backlog ${report.backlog} (${report.drainedMs} ms after healing)`,
    `alerts: false ${report.alerts.false.length}${report.alerts.false.slice(0, EXAMPLES).map((each) => `\n    ${each}`).join('')}; a real outage told ${report.alerts.realOutage.failure} time(s), its end ${report.alerts.realOutage.recovery}; besides ${Object.entries(report.alerts.others).map(([kind, count]) => `${kind} ${count}`).join(', ') || 'nothing'}; deliveries repeated ${report.alerts.repeatedDeliveries}`,
    `memory at most, MB: ${report.memory.map(({ name, maxMb }) => `${name} ${maxMb}`).join(', ')}`,
    ...Object.entries(found.violations).map(([name, list]) => `${name}: ${list.length}${list.slice(0, EXAMPLES).map((each) => `\n    ${each}`).join('')}`),
    '',
    report.isWell ? 'nothing lost, nothing twice, every slot accounted for' : 'NOT WELL',
  ];
}

import type { AlertingReport, Delay } from './bench.ts';

/** As Markdown. */
export function alertingTable({ checks, locations, failing, seconds, resultsPerSecond, commitToDispatch, commitToNotice, raw, cpuPercent, coordinatorUsAResult, looksPerSecond, errors, agentsLatestMs }: AlertingReport): string {
  return [
    `${checks} checks every 10 s in ${locations} locations; ${failing} targets go down within ${seconds} s`,
    '',
    '| what | figure |',
    '|---|---|',
    `| results a second, asked / stored | ${resultsPerSecond.asked.toFixed(0)} / ${resultsPerSecond.stored.toFixed(0)} |`,
    `| commit of the failing result to the notice's arrival, p50 / p99 / max | ${shown(commitToDispatch)} |`,
    `| of that, until alert and notice are committed | ${shown(commitToNotice)} |`,
    `| commit with a NOTIFY to a bare POST's arrival, p50 / p99 / max | ${shown(raw)} |`,
    `| CPU of a core: coordinator / Postgres / agents | ${cpuPercent.coordinator.toFixed(0)} / ${cpuPercent.postgres.toFixed(0)} / ${cpuPercent.agents.toFixed(0)} % |`,
    `| coordinator's CPU a result; looks of the judge a second | ${coordinatorUsAResult.toFixed(0)} µs; ${looksPerSecond.toFixed(0)} |`,
    `| alerts missing / twice / false | ${errors.alertsMissing} / ${errors.alertsTwice} / ${errors.falseAlerts} |`,
    `| results not acknowledged / not stored, sessions lost, latest result made | ${errors.unacknowledged} / ${errors.notStored}, ${errors.sessionsLost}, ${agentsLatestMs.toFixed(0)} ms late |`,
  ].join('\n');
}

function shown({ count, p50, p99, max }: Delay): string {
  return `${p50.toFixed(1)} / ${p99.toFixed(1)} / ${max.toFixed(1)} ms (${count})`;
}

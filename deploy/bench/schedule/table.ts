import type { ScheduleReport } from './bench.ts';

/** As Markdown. */
export function scheduleTable({ checks, minutes, wasCoordinatorKilled, slots, connections, results, latenessMs, cpuPercent }: ScheduleReport): string {
  const { due, missing, twice, gaps, unowed, surplus, wrongTurns, locationsLost } = slots;
  const percent = (value: number): string => `${value.toFixed(1)} %`;
  return [
    `${checks} checks every 10 s, half parallel, half round-robin, 4 locations, 4 agents, ${minutes} min${wasCoordinatorKilled ? ', coordinator killed −9 in the middle' : ''}`,
    '',
    '| what | value |',
    '|---|---|',
    `| due runs | ${due} |`,
    `| missing / twice / gaps / owed by nobody / surplus | ${missing} / ${twice} / ${gaps} / ${unowed} / ${surplus} |`,
    `| round-robin turns out of order / times a location was lost | ${wrongTurns} / ${locationsLost} |`,
    `| connections at the targets / results stored (deploy runs included) | ${connections} / ${results} |`,
    `| start after due, p50 / p99 / max | ${[latenessMs.p50, latenessMs.p99, latenessMs.max].map((ms) => `${ms.toFixed(1)} ms`).join(' / ')} |`,
    `| CPU of a core: coordinator / Postgres / each agent / targets | ${percent(cpuPercent.coordinator)} / ${percent(cpuPercent.postgres)} / ${cpuPercent.agents.map(percent).join(', ')} / ${percent(cpuPercent.targets)} |`,
  ].join('\n');
}

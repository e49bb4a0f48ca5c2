import type { Spread } from '../statistics.ts';
import { BASELINES, type Baseline, type BurstReport, type ChangeReport, type FleetReport } from './report.ts';

const WAYS: Readonly<Record<'sonde' | Baseline, string>> = {
  sonde: 'Sonde: all agents at once', copy: 'COPY binary, all in one commit', copy1000: 'COPY binary, 1,000 a commit',
  insert1: 'prepared insert, 1 a commit, 1 connection', insert8: 'prepared insert, 1 a commit, 8 connections',
};

/** For people: what was measured, and what was missed. */
export function fleetTable(report: FleetReport): string {
  const { agents, locationCount, isTls, coordinators, join, idle, changeOfOne, changeOfAll, ingest, backlog, burst, restart, missed } = report;
  const rows: readonly (readonly [string, string] | null)[] = [
    join && ['joined within', `${join.seconds.toFixed(1)} s; coordinator's CPU a session ${join.coordinatorMsASession.toFixed(2)} ms`],
    idle && join && ['coordinator\'s memory before / with them', `${join.residentMbBefore} / ${idle.residentMb} MB: ${(((idle.residentMb - join.residentMbBefore) * 1024) / idle.connected).toFixed(0)} kB a session (agents' processes: ${idle.agentsMb} MB)`],
    idle && ['idle, share of a core: coordinator / Postgres', `${idle.coordinatorPercent.toFixed(1)} / ${idle.postgresPercent.toFixed(1)} %: ${((idle.coordinatorPercent * 1e4) / idle.connected).toFixed(0)} µs a second and session`],
    changeOfOne && [`a check of all locations saved, p50 / p99 / max`, changed(changeOfOne)],
    changeOfAll && ['a change to all, p50 / p99 / max', changed(changeOfAll)],
    ingest && [`${ingest.offeredPerSecond.toFixed(0)} results/s, wait for the commit p50 / p99 / max`, `${ms(ingest.p50)} / ${ms(ingest.p99)} / ${ms(ingest.max)} ms; p99 by 5 s: ${ingest.slicesP99Ms.join(' ')}; CPU a result ${ingest.coordinatorUsAResult.toFixed(0)} µs coordinator, ${ingest.postgresUsAResult.toFixed(0)} µs Postgres; ${ingest.unacknowledged} not acknowledged, ${ingest.sessionsLost} sessions lost`],
    backlog && [`backlog of ${backlog.rows}`, `drained in ${backlog.seconds.toFixed(0)} s (${backlog.perSecond.toFixed(0)}/s; ${backlog.coordinatorUsAResult.toFixed(0)} µs coordinator, ${backlog.postgresUsAResult.toFixed(0)} µs Postgres); ${backlog.live.count} live results meanwhile p50 / p99 / max ${ms(backlog.live.p50)} / ${ms(backlog.live.p99)} / ${ms(backlog.live.max)} ms; p99 by 5 s: ${backlog.slicesP99Ms.join(' ')}`],
    restart && ['a coordinator killed −9, started again: half / 99 % / all back', `${restart.agents} agents: ${restart.halfBackSeconds.toFixed(1)} / ${restart.p99BackSeconds.toFixed(1)} / ${restart.allBackSeconds.toFixed(1)} s after the kill (it served after ${restart.readySeconds.toFixed(1)}); at most ${restart.sessionsPerSecondMax} in a second, ${restart.turnedAway} turned away; ${restart.coordinatorCpuSeconds.toFixed(1)} s of CPU, ${restart.residentMbMax} MB at most`],
  ];
  return [
    `${agents} agents${isTls ? ', TLS' : ', plaintext'}, 2 connections each, in ${locationCount} locations, at ${coordinators === 1 ? 'one coordinator' : `${coordinators} coordinators`}`, '',
    '| what | figure |', '|---|---|', ...rows.flatMap((row) => (row ? [`| ${row[0]} | ${row[1]} |`] : [])),
    ...(burst ? ['', ...burstTable(burst)] : []),
    '', `Missed: ${missed.length === 0 ? 'nothing' : missed.map(({ phase, why }) => `${phase} (${why})`).join('; ')}. Warnings of the coordinator: ${report.coordinatorWarnings}.`,
  ].join('\n');
}

function burstTable({ rows, rounds, ways, ratios, coordinatorUs, agentsUs, unacknowledged }: BurstReport): readonly string[] {
  return [
    `${rows} results at one instant, ${rounds} rounds; median (least–most)`, '',
    '| way | rows/s | Sonde is × of it | Postgres µs a row |', '|---|---|---|---|',
    ...(['sonde', ...BASELINES] as const).map((way) => `| ${WAYS[way]} | ${spread(ways[way].perSecond, 0)} | ${way === 'sonde' ? '1' : spread(ratios[way], 2)} | ${spread(ways[way].postgresUs, 1)} |`),
    '', `µs a row besides: coordinator ${spread(coordinatorUs, 1)}, agents' processes ${spread(agentsUs, 1)}. ${unacknowledged} not acknowledged.`,
  ];
}

function changed({ wanted, reached, answeredMs, p50, p99, max, coordinatorUsAnAgent }: ChangeReport): string {
  return `${ms(p50)} / ${ms(p99)} / ${ms(max)} ms, ${reached} of ${wanted} agents that held any of it (the API answered after ${ms(answeredMs)}); ${coordinatorUsAnAgent.toFixed(0)} µs CPU an agent`;
}

function spread({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function ms(value: number): string {
  return value.toFixed(0);
}

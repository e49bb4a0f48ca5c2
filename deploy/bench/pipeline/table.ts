import type { PipelineReport, Way } from './bench.ts';
import type { Spread } from '../statistics.ts';

const NAMES: Readonly<Record<Way, string>> = {
  sonde: 'Sonde: agents → gRPC → coordinator → COMMIT → acknowledged',
  copy: 'COPY binary, all rows in one commit, 1 connection',
  copy1000: 'COPY binary, 1,000 rows a commit, 1 connection',
  insert1: 'prepared insert, 1 row a commit, 1 connection',
  insert8: 'prepared insert, 1 row a commit, 8 connections',
};

/** As Markdown: median (least–most). */
export function pipelineTable(report: PipelineReport): string {
  const ways = Object.entries(report.ways) as [Way, PipelineReport['ways'][Way]][];
  const lines = ways.map(([way, of]) => `| ${[
    NAMES[way], shown(of.rowsPerSecond, 0), way === 'sonde' ? '1' : shown(report.ratios[way], 2),
    of.coordinatorUs === null ? '–' : shown(of.coordinatorUs, 1), shown(of.postgresUs, 1), shown(of.clientUs, 1),
  ].join(' | ')} |`);
  const { sessionsLost, rowsNotStored, coordinatorWarnings } = report.errors;
  return [
    `${report.rounds} rounds of ${report.rowsPerRound} rows, ${report.agents} agents; median (least–most); CPU in µs a row`,
    '',
    '| way | rows/s | Sonde is × of it | coordinator | Postgres | client |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
    `Coordinator's CPU against Postgres': ${shown(report.coordinatorToPostgresCpu, 2)}. Errors: ${rowsNotStored} rows not stored, ${sessionsLost} sessions lost, ${coordinatorWarnings} warnings of the coordinator.`,
  ].join('\n');
}

function shown({ median, min, max }: Spread, digits: number): string {
  const [a, b, c] = [median, min, max].map((value) => value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  return `${a} (${b}–${c})`;
}

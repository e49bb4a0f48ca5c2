import type { Spread } from '../statistics.ts';
import { PROBER_NAMES, type ProberName } from './prober.ts';
import type { Quantiles, Row, ScenarioSummary } from './summary.ts';

export const TITLES: Readonly<Record<ProberName, string>> = {
  sonde: 'Sonde', sondeKernel: 'Sonde, kernel-timed', sondeWhole: 'Sonde with disk and metrics', blackbox: 'blackbox_exporter', node: 'plain Node', c: 'C epoll',
};

/** As Markdown: median (least–most); times p50 / p99. */
export function probeTable(summaries: readonly ScenarioSummary[], notRun: Readonly<Partial<Record<ProberName, string>>>): string {
  const absent = PROBER_NAMES.flatMap((name) => (notRun[name] === undefined ? [] : [`${TITLES[name]}: not run (${notRun[name]}).`]));
  return [...summaries.map(section), ...absent].join('\n\n');
}

function section({ name, rows, ratios }: ScenarioSummary): string {
  return [
    `**${name}**`,
    '',
    '| prober | CPU µs a check | checks/s | connect error ms | first-byte error ms | total error ms | lateness ms | MB | failed, gaps |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map(line),
    '',
    ratios.filter(({ cpu }) => Object.keys(cpu).length > 0).map(({ of, cpu, rate }) =>
      `CPU a check of ${TITLES[of]} against ${listed(cpu)}.${Object.keys(rate).length === 0 ? '' : ` Checks/s against ${listed(rate)}.`}`).join(' '),
  ].join('\n');
}

function line(row: Row): string {
  const rate = shown(row.checksPerSecond, 0) + (row.holdsRate === false ? ', **not held**' : '');
  return `| ${[
    TITLES[row.prober], shown(row.cpuUsPerCheck, 0), rate, ms(row.connectError), ms(row.firstByteError), ms(row.totalError), ms(row.lateness),
    shown(row.residentMb, 0), `${row.failed}, ${row.gaps}`,
  ].join(' | ')} |`;
}

function listed(of: Readonly<Partial<Record<ProberName, Spread>>>): string {
  return PROBER_NAMES.flatMap((name) => (of[name] ? [`${TITLES[name]} ${shown(of[name], 2)}`] : [])).join(', ');
}

function ms(quantiles: Quantiles | null): string {
  return quantiles === null ? '–' : `${(quantiles.p50 / 1000).toFixed(2)} / ${(quantiles.p99 / 1000).toFixed(2)}`;
}

function shown({ median, min, max }: Spread, digits: number): string {
  const [a, b, c] = [median, min, max].map((value) => value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  return `${a} (${b}–${c})`;
}

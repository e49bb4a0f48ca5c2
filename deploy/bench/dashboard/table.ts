import type { Spread } from '../statistics.ts';
import type { DashboardReport } from './bench.ts';

/** As Markdown. */
export function dashboardTable({ checks, days, rows, interactiveMs, filterMs, overviewMs, read }: DashboardReport): string {
  const spread = ({ median, min, max }: Spread): string => `${median.toFixed(0)} ms (${min.toFixed(0)}–${max.toFixed(0)})`;
  return [
    `${checks} checks, ${days} days: ${rows.results} results, ${rows.hourly} hours, ${rows.daily} days`,
    '',
    '| what | value | goal |',
    '|---|---|---|',
    `| home interactive, nothing kept | ${spread(interactiveMs.cold)} | 1,000 ms |`,
    `| home interactive, files kept | ${spread(interactiveMs.warm)} | |`,
    `| filter by status | ${spread(filterMs.status)} | 200 ms |`,
    `| search | ${spread(filterMs.search)} | 200 ms |`,
    ...overviewMs.map(({ range, p50, p99 }) => `| overview of ${range}, p50 / p99 | ${p50.toFixed(0)} / ${p99.toFixed(0)} ms | 50 ms |`),
    `| rows of results and gaps read | ${read.history} | 0 |`,
    `| rows of rollups read without an index | ${read.rollupsInSequence} | |`,
  ].join('\n');
}

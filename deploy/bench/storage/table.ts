import type { StorageReport } from './bench.ts';
import type { Spread } from '../statistics.ts';

/** As Markdown: median (least–most). */
export function storageTable(report: StorageReport): string {
  const { megabytes, generatedRowsPerSecond, rebuilt, endpoints, availability, agreement } = report;
  const sum = report.results + report.gaps;
  return [
    `${count(report.results)} results and ${count(report.gaps)} gaps of ${count(report.checks)} checks over ${report.days} days; ${report.rounds} rounds; median (least–most)`,
    '',
    ...(generatedRowsPerSecond === null ? [] : [`Generated at ${count(generatedRowsPerSecond)} rows/s.`]),
    ...(rebuilt === null ? [] : [`Rollups rebuilt from nothing at ${shown(rebuilt.rowsPerSecond, 0)} rows/s: ${shown(rebuilt.postgresUs, 1)} µs of Postgres' CPU and ${shown(rebuilt.ownUs, 1)} µs of the rebuilding process' a row.`]),
    `Results ${count(megabytes.results)} MB (${Math.round(megabytes.results * 2 ** 20 / sum)} bytes a row), hours ${count(megabytes.hourly)} MB, days ${count(megabytes.daily)} MB by location and ${count(megabytes.checkDaily)} MB by check, weeks ${count(megabytes.checkWeekly)} MB.`,
    '',
    ...(endpoints === null ? [] : [
      '| endpoint, warm, over HTTP | p50, ms | p99, ms | CPU, ms | of it ours | kB | asked | errors |',
      '|---|---|---|---|---|---|---|---|',
      ...endpoints.map((one) => `| ${[one.name, shown(one.p50Ms, 1), shown(one.p99Ms, 1), shown(one.cpuMs, 1), shown(one.ownCpuMs, 1), (one.bytes / 1024).toFixed(0), one.asked, one.errors].join(' | ')} |`),
      '',
    ]),
    ...(availability === null ? [] : [`Availability of ${availability.checks} checks over ${report.days} days: ${shown(availability.rowsMs, 0)} ms from rows, ${shown(availability.rollupsMs, 1)} ms from rollups, ${shown(availability.ratio, 0)} times as fast; ${shown(availability.apiMs, 1)} ms as the API reads it, with all else that it tells of them, ${shown(availability.apiRatio, 0)} times; ${availability.different} checks differ.`]),
    ...(agreement === null ? [] : [`Agreement with exact SQL over the rows: ${agreement.figures} figures, of counts and ratios ${agreement.different} differ, the largest error of a time is ${(agreement.worst.relative * 100).toFixed(2)} % (${agreement.worst.metric}).`]),
  ].join('\n');
}

function shown({ median, min, max }: Spread, digits: number): string {
  const [a, b, c] = [median, min, max].map((value) => value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  return `${a} (${b}–${c})`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

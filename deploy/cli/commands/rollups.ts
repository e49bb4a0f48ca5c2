import { coordinatorSettings, readCoordinatorConfig } from '#coordinator/config.ts';
import { openStore } from '#coordinator/store/open-store.ts';
import { shownValue } from '#shared/settings/read-settings.ts';
import { CliProblem } from '../cli-problem.ts';
import { settingsProblem } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { instantOf } from '../instant.ts';
import { startProblem } from '../start-problem.ts';

export type RebuildFlags = { readonly from?: string; readonly to?: string };

const DAY_MS = 86_400_000;

/**
 * `sonde rollups rebuild`: hours and days anew from the rows, whole days (UTC) at a time, each a transaction: it may
 * be interrupted and repeated. What is older than rows are kept stays as it is. Talks to Postgres itself, coordinators
 * may go on meanwhile.
 */
export async function rebuildRollups({ env, output, stop }: Context, flags: RebuildFlags, nowMs = Date.now()): Promise<ExitCode> {
  const read = readCoordinatorConfig(env);
  if (!read.ok) throw settingsProblem(read.problems);
  const { databaseUrl, retention } = read.config;
  const oldestMs = Math.floor(nowMs / DAY_MS) * DAY_MS - retention.raw * DAY_MS;
  const fromMs = Math.max(oldestMs, flags.from === undefined ? oldestMs : instantOf('--from', flags.from, nowMs));
  const toMs = Math.min(nowMs, flags.to === undefined ? nowMs : instantOf('--to', flags.to, nowMs));
  if (fromMs >= toMs) throw new CliProblem(EXIT.usage, `--from must be before --to and before now, and --to after ${dayOf(oldestMs)}: results are kept since then`);
  const done = { days: 0, hourlyRows: 0, dailyRows: 0 };
  try {
    const store = await openStore({ databaseUrl: databaseUrl.reveal(), applicationName: 'sonde rollups', log: { info() {}, warn() {} }, retentionRawDays: retention.raw });
    try {
      await store.rebuildRollups(fromMs, toMs, {
        signal: stop,
        onDay: ({ dayMs, hours, days }) => {
          output.progress(`${dayOf(dayMs)} is computed …`);
          done.days += 1;
          done.hourlyRows += hours;
          done.dailyRows += days;
        },
      });
    } finally {
      await store.close();
    }
  } catch (error) {
    throw startProblem(error, { database: shownValue(coordinatorSettings.databaseUrl, databaseUrl.reveal()), listeners: [] });
  }
  output.progress(null);
  const isWhole = !stop.aborted;
  output.answer({ from: dayOf(fromMs), to: dayOf(toMs), isWhole, ...done }, () => [
    `computed ${done.days} days from ${dayOf(fromMs)} on: ${done.hourlyRows} hours and ${done.dailyRows} days of checks and locations`,
    ...(isWhole ? [] : ['interrupted: run it again to compute the rest']),
  ]);
  return isWhole ? EXIT.ok : EXIT.failed;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

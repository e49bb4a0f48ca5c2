import { systemClock, sleep } from '#shared/time/clock.ts';
import { ApiClient, asRecord } from '../api-client.ts';
import { CliProblem } from '../cli-problem.ts';
import { apiAccess } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { resultLine, resultLineHead, shownResult } from '../render/result-line.ts';
import { findCheck } from './find-check.ts';
import { ResultFeed } from '../result-feed.ts';

const FOLLOW_EVERY_MS = 1_000;
/** While the API is away. */
const RETRY_EVERY_MS = 3_000;

export type ResultFlags = { readonly follow?: boolean; readonly limit?: string; readonly location?: string; readonly failures?: boolean; readonly all?: boolean };

/** `sonde results <check>`: the newest ones, oldest first; with `--follow` also those to come. */
export async function resultsCommand({ env, output, stop }: Context, idOrName: string, flags: ResultFlags): Promise<ExitCode> {
  const limit = flags.limit ?? '20';
  if (!/^([1-9]\d?|100)$/.test(limit)) throw new CliProblem(EXIT.usage, `--limit is '${limit}' but must be a number from 1 to 100`);
  const api = new ApiClient(await apiAccess(env));
  const check = await findCheck(api, idOrName);
  const feed = new ResultFeed(api, String(check['id']), {
    ...(flags.location === undefined ? {} : { location: flags.location }),
    ...(flags.failures ? { hasFailures: 'true' } : {}),
    ...(flags.all ? { resultType: 'ALL' } : {}),
  });
  const first = await feed.newest(Number(limit));
  const print = (result: unknown): void => {
    const shown = shownResult(result);
    output.item(result, () => (shown === null ? JSON.stringify(result) : resultLine(shown, output.colors, output.columns)));
  };
  if (!flags.follow && output.json) {
    output.answer(first, () => []);
    return EXIT.ok;
  }
  if (!output.json) {
    if (first.length === 0 && !flags.follow) output.note(`no results yet of ${String(asRecord(check)['name'])}`);
    else output.item(null, () => resultLineHead(output.colors));
  }
  first.forEach(print);
  if (flags.follow) await follow(feed, print, stop, output.note);
  return EXIT.ok;
}

async function follow(feed: ResultFeed, print: (result: unknown) => void, stop: AbortSignal, note: (line: string) => void): Promise<void> {
  let isAway = false;
  while (!stop.aborted) {
    await sleep(systemClock, isAway ? RETRY_EVERY_MS : FOLLOW_EVERY_MS, stop);
    if (stop.aborted) return;
    try {
      (await feed.next(stop)).forEach(print);
      if (isAway) note('the API is back');
      isAway = false;
    } catch (error) {
      if (stop.aborted) return;
      if (!(error instanceof CliProblem) || error.exitCode !== EXIT.unreachable) throw error;
      if (!isAway) note(`${error.message} Trying again.`);
      isAway = true;
    }
  }
}

import { type Clock, sleep } from '#shared/time/clock.ts';
import type { ApiClient } from '../cli/api-client.ts';
import { CliProblem } from '../cli/cli-problem.ts';
import type { Output } from '../cli/output.ts';
import { resultLine, resultLineHead, shownResult } from '../cli/render/result-line.ts';
import { LiveResults } from './live-results.ts';

const ROUND_MS = 1_000;
/** After a refusal (the key's rate is used up) or an outage. */
const ROUND_AFTER_TROUBLE_MS = 5_000;

/** A line per result as it comes, until the user stops it. Trouble with the API is told once and waited out. */
export async function showLive(api: ApiClient, output: Output, clock: Clock, stop: AbortSignal): Promise<void> {
  const live = new LiveResults(api, clock.nowMs() - 5_000);
  if (!output.json) output.item(null, () => resultLineHead(output.colors));
  let trouble: string | null = null;
  while (!stop.aborted) {
    try {
      for (const result of await live.round(stop)) show(result, output);
      if (trouble !== null) output.item({ event: 'news', message: 'the API answers again' }, () => output.colors.yellow('· the API answers again'));
      trouble = null;
    } catch (error) {
      if (stop.aborted) return;
      if (!(error instanceof CliProblem)) throw error;
      if (trouble === null) output.item({ event: 'news', message: error.message }, () => output.colors.yellow(`· ${error.message}`));
      trouble = error.message;
    }
    await sleep(clock, trouble === null ? ROUND_MS : ROUND_AFTER_TROUBLE_MS, stop);
  }
}

function show(result: unknown, output: Output): void {
  const shown = shownResult(result);
  if (shown === null) return;
  output.item({ event: 'result', result }, () => resultLine(shown, output.colors, output.columns));
}

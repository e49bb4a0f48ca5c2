import { ApiClient, asRecord } from '../api-client.ts';
import { CliProblem } from '../cli-problem.ts';
import { apiAccess } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { table } from '../render/table.ts';

export type RetentionFlags = { readonly rawDays?: string; readonly hourlyDays?: string; readonly dailyDays?: string; readonly default?: boolean };

const PATH = '/v1/account/retention';
const FIELDS = [['rawDays', 'results', '--raw-days'], ['hourlyDays', 'figures by the hour', '--hourly-days'], ['dailyDays', 'figures by the day', '--daily-days']] as const;

/** `sonde retention`: how long the account's results are kept; with flags, changes it. What no flag names stays. */
export async function retention({ env, output }: Context, flags: RetentionFlags): Promise<ExitCode> {
  const wanted = FIELDS.flatMap(([field, , flag]) => (flags[field] === undefined ? [] : [[field, wholeDays(flag, flags[field])] as const]));
  if (flags.default && wanted.length > 0) throw new CliProblem(EXIT.usage, '--default is all there is to say; leave the days out');
  const client = new ApiClient(await apiAccess(env));
  const put = async (days: Readonly<Record<string, unknown>>): Promise<unknown> => (await client.send({ method: 'PUT', path: PATH, body: days })).body;
  let body = flags.default ? await put({}) : await client.get(PATH);
  if (wanted.length > 0) body = await put({ ...Object.fromEntries(FIELDS.map(([field]) => [field, asRecord(body)[field]])), ...Object.fromEntries(wanted) });
  const kept = asRecord(body);
  const most = asRecord(kept['most']);
  output.answer(body, () => [
    ...table(['KEPT', 'DAYS', 'AT MOST'], FIELDS.map(([field, name]) => [name, String(kept[field]), String(most[field])])),
    ...(kept['isDefault'] === true ? ['as long as the installation keeps them'] : []),
  ]);
  return EXIT.ok;
}

function wholeDays(flag: string, text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1) return days;
  throw new CliProblem(EXIT.usage, `${flag} is '${text}' but must be a whole number of days, 1 or more`);
}

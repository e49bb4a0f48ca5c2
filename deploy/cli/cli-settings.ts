import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentSettings } from '#agent/config.ts';
import { coordinatorSettings } from '#coordinator/config.ts';
import { API_KEY_FILE } from '#coordinator/kept-secret.ts';
import { type Environment, readSettings, type SettingProblem } from '#shared/settings/read-settings.ts';
import { optional, type Setting } from '#shared/settings/setting.ts';
import { httpUrl } from '#shared/settings/values.ts';
import { CliProblem } from './cli-problem.ts';
import { EXIT } from './exit-codes.ts';

const { httpHost, httpPort, httpTlsCert, dataDir, apiKey } = coordinatorSettings;

/** What the commands that talk to the API need. */
export const cliSettings = {
  apiUrl: optional('SONDE_API_URL', httpUrl(), 'the API on this machine', {
    about: 'address of the API, for the command line', hint: 'Give for example https://sonde.example.com.',
  }),
  apiKey, dataDir, httpHost, httpPort, httpTlsCert,
} as const;

/** Every setting there is, by variable, with who reads it. */
export function allSettings(): readonly { readonly setting: Setting<unknown>; readonly readBy: readonly string[] }[] {
  const byVariable = new Map<string, { setting: Setting<unknown>; readBy: string[] }>();
  for (const [reader, settings] of [['coordinator', coordinatorSettings], ['agent', agentSettings], ['cli', cliSettings]] as const) {
    for (const setting of Object.values(settings) as Setting<unknown>[]) {
      const known = byVariable.get(setting.variable);
      if (known) known.readBy.push(reader);
      else byVariable.set(setting.variable, { setting, readBy: [reader] });
    }
  }
  return [...byVariable.values()];
}

export type ApiAccess = { readonly url: string; readonly key: string };

/** Where the API is and the key to it; throws a CliProblem that says what to set. */
export async function apiAccess(env: Environment): Promise<ApiAccess> {
  const read = readSettings(cliSettings, env);
  if (!read.ok) throw settingsProblem(read.problems);
  const s = read.settings;
  const url = s.apiUrl ?? apiUrlOf({ host: s.httpHost, port: s.httpPort, isTls: s.httpTlsCert !== null });
  if (s.apiKey !== null) return { url, key: s.apiKey.reveal() };
  const path = join(s.dataDir, API_KEY_FILE);
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof kept === 'string' && kept.trim() !== '') return { url, key: kept.trim() };
  const reason = kept instanceof Error && kept.code !== 'ENOENT' ? `cannot be read (${kept.code})` : 'does not exist';
  throw new CliProblem(EXIT.notAuthorised, `no API key: SONDE_API_KEY is not set and ${path} ${reason}. Set SONDE_API_KEY, or SONDE_DATA_DIR to the data directory of \`sonde up\`.`);
}

/** The address at which a listener is reached from its own machine. */
export function apiUrlOf(listener: { host: string; port: number; isTls: boolean }): string {
  const isAnywhere = listener.host === '0.0.0.0' || listener.host === '::';
  const host = isAnywhere ? '127.0.0.1' : listener.host;
  const shown = host.includes(':') ? `[${host}]` : host;
  return `${listener.isTls ? 'https' : 'http'}://${shown}:${listener.port}`;
}

/** All problems of the settings as one. */
export function settingsProblem(problems: readonly SettingProblem[]): CliProblem {
  const [first] = problems;
  if (problems.length === 1 && first) return new CliProblem(EXIT.usage, first.message);
  return new CliProblem(EXIT.usage, `${problems.length} settings are wrong`, problems.map((problem) => ({ ...problem })));
}

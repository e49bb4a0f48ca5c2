import type { Environment } from '#shared/settings/read-settings.ts';
import { givenText } from '#shared/settings/read-settings.ts';
import type { Colors } from '../cli/output.ts';

export type UpFacts = {
  readonly apiUrl: string;
  /** null: somebody owns it already. */
  readonly setupUrl: string | null;
  readonly keyFile: string | null;
  readonly dataDir: string;
  readonly postgres: string;
  readonly agents: readonly { readonly location: string; readonly httpUrl: string }[];
  /** Where agents connect; the authority they trust by `SONDE_FLEET_TLS_CA`, null without a development certificate. */
  readonly fleet: { readonly host: string; readonly port: number; readonly caFile: string | null };
  readonly tookMs: number;
  /** What another terminal must set so that `sonde` finds this installation; '' when nothing. */
  readonly prefix: string;
};

/** What a person needs to know once it runs. */
export function upHeader(facts: UpFacts, colors: Colors): readonly string[] {
  const row = (label: string, text: string): string => `  ${colors.dim(label.padEnd(9))} ${text}`;
  return [
    '',
    `${colors.bold('Sonde is up')} ${colors.dim(`after ${(facts.tookMs / 1000).toFixed(1)} s`)}`,
    row('Dashboard', colors.cyan(facts.apiUrl)),
    ...(facts.setupUrl === null ? [] : [row('Set it up', `${colors.cyan(facts.setupUrl)}   ${colors.dim('once: you become its owner')}`)]),
    row('API', `${colors.cyan(facts.apiUrl)}   described at ${colors.cyan(`${facts.apiUrl}/docs`)}`),
    row('API key', facts.keyFile ?? 'the one in SONDE_API_KEY'),
    row('Postgres', facts.postgres),
    row('Agents', facts.agents.map(({ location, httpUrl }) => `${location} ${httpUrl}/metrics`).join('   ')),
    row('More', `SONDE_COORDINATOR=${reached(facts.fleet)}${facts.fleet.caFile === null ? '' : ` SONDE_FLEET_TLS_CA=${facts.fleet.caFile}`} SONDE_LOCATION_KEY=… npx sonde agent   (key: ${facts.prefix}npx sonde locations create <code>)`),
    row('Logs', `${facts.dataDir}/logs`),
    row('Add one', `${facts.prefix}npx sonde checks create --name web --host example.com --port 80 --every 30s --locations ${facts.agents.map(({ location }) => location).join(',')}`),
    row('Stop', 'Ctrl-C'),
    '',
  ];
}

function reached({ host, port }: UpFacts['fleet']): string {
  const name = host === '0.0.0.0' || host === '::' ? '<this machine>' : host;
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** `SONDE_DATA_DIR=/data SONDE_HTTP_PORT=9000 ` where those are not the defaults. */
export function prefixFor(env: Environment, apiUrl: string): string {
  const shown = ['SONDE_DATA_DIR', 'SONDE_HTTP_HOST', 'SONDE_HTTP_PORT']
    .flatMap((variable) => {
      const text = givenText(env, variable);
      return text === null ? [] : [variable === 'SONDE_HTTP_PORT' && text === '0' ? `SONDE_API_URL=${apiUrl}` : `${variable}=${text}`];
    });
  return shown.map((part) => `${part} `).join('');
}

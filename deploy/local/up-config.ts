import { type CoordinatorConfig, coordinatorSettings, readCoordinatorConfig } from '#coordinator/config.ts';
import { type Environment, givenText, readSettings, type SettingProblem } from '#shared/settings/read-settings.ts';
import { agentSettings } from '#agent/config.ts';
import { settingsProblem } from '../cli/cli-settings.ts';

export type UpConfig = {
  /** As the coordinator will read it, but for the address of a Postgres of our own. */
  readonly coordinator: CoordinatorConfig;
  /** null: a Postgres of our own. */
  readonly databaseUrl: string | null;
  /** For our own agents: loopback, and what the user allows beyond (rules.md 31). */
  readonly egressAllow: string;
  /** The fleet port gets a certificate of our own making, unless the user names one or wants plaintext. */
  readonly isDevelopmentTls: boolean;
};

const OWN_AGENTS_ALLOW = '127.0.0.0/8,::1/128';
/** Stands in while the others are judged; nothing connects to it. */
const NOT_YET_STARTED = 'postgres://127.0.0.1/sonde';

/** Stand in while the others are judged, until the data directory is open. */
const NOT_YET_ISSUED = { SONDE_FLEET_TLS_CERT: 'fleet.pem', SONDE_FLEET_TLS_KEY: 'fleet.key' };

/** Everything that can be wrong with the settings is told before anything is started. */
export function readUpConfig(env: Environment): UpConfig {
  const databaseUrl = givenText(env, 'DATABASE_URL');
  const { fleetTlsCert, fleetTlsKey, fleetTlsClientCa, fleetPlaintext } = coordinatorSettings;
  const isDevelopmentTls = [fleetTlsCert, fleetTlsKey, fleetTlsClientCa].every(({ variable }) => givenText(env, variable) === null)
    && !['1', 'true'].includes(givenText(env, fleetPlaintext.variable) ?? '');
  const coordinator = readCoordinatorConfig({ ...env, ...(isDevelopmentTls ? NOT_YET_ISSUED : {}), DATABASE_URL: databaseUrl ?? NOT_YET_STARTED });
  const { egressAllow, egressDeny, concurrency, resolver } = agentSettings;
  const agents = readSettings({ egressAllow, egressDeny, concurrency, resolver }, env);
  const problems: SettingProblem[] = [
    ...(coordinator.ok ? [] : coordinator.problems), ...(agents.ok ? [] : agents.problems),
  ];
  if (!coordinator.ok || !agents.ok) throw settingsProblem(problems);
  return {
    coordinator: coordinator.config,
    databaseUrl, isDevelopmentTls,
    egressAllow: [OWN_AGENTS_ALLOW, ...(agents.settings.egressAllow ?? []).map(({ text }) => text)].join(','),
  };
}

import { type Environment, type SettingProblem, givenText, readSettings } from '#shared/settings/read-settings.ts';
import type { LogLevel } from '#shared/settings/values.ts';
import { agentSettings } from '../config.ts';
import type { ProbeOnlyConfig } from './serve-alone.ts';

export type ReadProbeOnlyConfig =
  | { readonly ok: true; readonly config: ProbeOnlyConfig & { readonly logLevel: LogLevel } }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/**
 * Shall `sonde agent` serve `/probe` alone? When modules are configured and no coordinator is. One that is set, but
 * wrong, is a mistake to be told and not a wish to do without.
 */
export function isProbeOnly(env: Environment): boolean {
  return givenText(env, agentSettings.probeModules.variable) !== null && givenText(env, agentSettings.coordinator.variable) === null;
}

/** The settings of an agent without a coordinator, or every problem at once. */
export function readProbeOnlyConfig(env: Environment): ReadProbeOnlyConfig {
  const { httpHost, httpPort, egressAllow, egressDeny, resolver, probeModules, secretsFile, logLevel } = agentSettings;
  const read = readSettings({ httpHost, httpPort, egressAllow, egressDeny, resolver, probeModules, secretsFile, logLevel }, env);
  if (!read.ok) return read;
  const s = read.settings;
  return {
    ok: true,
    config: {
      http: { host: s.httpHost, port: s.httpPort }, egress: { allow: s.egressAllow ?? [], deny: s.egressDeny ?? [] },
      resolver: s.resolver, probeModulesPath: s.probeModules ?? '', secretsPath: s.secretsFile, logLevel: s.logLevel,
    },
  };
}

import { REDACTED } from '#shared/settings/secret.ts';
import type { ChannelType } from './channel-kinds.ts';
import { channelSchemas } from './channel-schemas.ts';

type Config = Readonly<Record<string, unknown>>;
/** By dotted path in the config. */
export type ConfigSecrets = Readonly<Record<string, string>>;
export type SplitConfig = { readonly shown: Config; readonly secrets: ConfigSecrets; readonly missing: readonly string[] };

/**
 * A valid config apart: what may be stored and shown as it is, with `[redacted]` where a secret was, and the secrets,
 * to be sealed. A secret that comes back as `[redacted]` is the one from before (`before`), found by its path, or for
 * headers and parameters by their key; where there was none, the path is in `missing`.
 */
export function splitConfig(type: ChannelType, config: Config, before: Config | null = null): SplitConfig {
  const shown = structuredClone(config) as Config;
  const secrets: Record<string, string> = {};
  const missing: string[] = [];
  for (const path of channelSchemas[type].secretPaths(config)) {
    const given = valueAt(config, path);
    const value = given === REDACTED ? before && valueBefore(before, config, path) : given;
    if (given === REDACTED && typeof value !== 'string') missing.push(path);
    if (typeof value !== 'string' || value === '') continue;
    secrets[path] = value;
    put(shown, path, REDACTED);
  }
  return { shown, secrets, missing };
}

/** The config whole again, for who delivers. */
export function joinConfig(shown: Config, secrets: ConfigSecrets): Config {
  const whole = structuredClone(shown) as Config;
  for (const [path, value] of Object.entries(secrets)) put(whole, path, value);
  return whole;
}

function valueBefore(before: Config, config: Config, path: string): unknown {
  const [list, index, field] = path.split('.');
  if (index === undefined) return valueAt(before, path);
  const key = valueAt(config, `${list}.${index}.key`);
  const entries = before[list ?? ''];
  const same = Array.isArray(entries) ? (entries as Config[]).find((entry) => entry['key'] === key) : undefined;
  return same?.[field ?? ''];
}

function valueAt(config: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Config)[key] : undefined), config);
}

function put(config: Config, path: string, value: string): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.length === 0 ? config : valueAt(config, keys.join('.'));
  if (typeof parent === 'object' && parent !== null && Object.hasOwn(parent, last)) (parent as Record<string, unknown>)[last] = value;
}

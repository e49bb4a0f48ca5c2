import { REDACTED } from './secret.ts';
import type { Setting, Settings, SettingsOf } from './setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting that cannot be used: a sentence, and its parts for machines. */
export type SettingProblem = {
  readonly variable: string;
  /** As it was given, secrets redacted; null when it is not set. */
  readonly value: string | null;
  /** What it must be. */
  readonly limit: string;
  readonly hint: string;
  readonly message: string;
};

export type ReadSettings<S extends Settings> =
  | { readonly ok: true; readonly settings: SettingsOf<S> }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/** Reads all settings of a process, or tells every problem at once. An empty variable counts as not set. */
export function readSettings<S extends Settings>(schema: S, env: Environment): ReadSettings<S> {
  const problems: SettingProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(schema)) {
    const read = readOne(setting, env);
    if ('problem' in read) problems.push(read.problem);
    else values[key] = read.value;
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, settings: values as SettingsOf<S> };
}

function readOne(setting: Setting<unknown>, env: Environment): { value: unknown } | { problem: SettingProblem } {
  const text = givenText(env, setting.variable);
  if (text === null) {
    if (setting.whenUnset.kind === 'value') return { value: setting.whenUnset.value };
    return { problem: settingProblem(setting, null, 'set') };
  }
  const parsed = setting.schema.safeParse(text);
  if (parsed.success) return { value: parsed.data };
  const limits = parsed.error.issues.map((issue) => issue.message);
  return { problem: settingProblem(setting, text, limits.join(', and ')) };
}

/** A problem in words: `SONDE_HTTP_PORT is '70000': it must be a port from 1 to 65535. Choose …`. */
export function settingProblem(setting: Setting<unknown>, text: string | null, limit: string): SettingProblem {
  const value = text === null ? null : shownValue(setting, text);
  return {
    variable: setting.variable, value, limit, hint: setting.hint,
    message: `${setting.variable} ${stateOf(value)} must be ${limit}. ${setting.hint}`,
  };
}

function stateOf(value: string | null): string {
  if (value === null) return 'is not set and';
  return value === REDACTED ? '(its value is not shown)' : `is '${value}' but`;
}

/** The variable's text, or null when it is unset or empty. */
export function givenText(env: Environment, variable: string): string | null {
  const text = env[variable]?.trim();
  return text === undefined || text === '' ? null : text;
}

/** What may be shown of a value. */
export function shownValue(setting: Pick<Setting<unknown>, 'secrecy'>, text: string): string {
  if (setting.secrecy === 'open') return text;
  return setting.secrecy === 'secret' ? REDACTED : withoutPassword(text);
}

/** A URL without its password; what cannot be read as a URL with a host is hidden whole. */
function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return REDACTED;
  const url = new URL(text);
  if (url.password !== '') url.password = 'redacted';
  for (const name of url.searchParams.keys()) {
    if (/pass|secret|key|token/i.test(name)) url.searchParams.set(name, 'redacted');
  }
  return url.href;
}

import { nearestWord } from './nearest-word.ts';
import { DATABASE_PRESETS } from './presets/databases.ts';
import { LDAP_PRESETS } from './presets/ldap.ts';
import { MAIL_PRESETS } from './presets/mail.ts';
import { OTHER_PRESETS } from './presets/others.ts';
import type { PresetDefinition, PresetParameter, PresetRequest } from './presets/preset.ts';

export type { PresetParameter, PresetRequest } from './presets/preset.ts';

/** A check to start from, as data: `request` is in the API's form, made with the parameters' own names where a user must say something. */
export type Preset = Omit<PresetDefinition, 'build'> & { readonly request: PresetRequest };

export type PresetAnswer =
  | { readonly ok: true; readonly request: PresetRequest; readonly defaultPort: number }
  /** Sentences for the person who asked. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** What the check is aimed at, for protocols that say so themselves (HTTP's Host); the port only where it is not the usual one. */
export type PresetTarget = { readonly hostname: string; readonly port: number | null };

/** More than any name, path or password; what is measured in one or two bytes relies on it. */
export const PRESET_VALUE_CHARS_MAX = 255;

const DEFINITIONS: readonly PresetDefinition[] = [...MAIL_PRESETS, ...DATABASE_PRESETS, ...LDAP_PRESETS, ...OTHER_PRESETS]
  .toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** All presets, by name. */
export const presets: readonly Preset[] = DEFINITIONS.map(({ build, ...preset }) => ({
  ...preset, request: build(Object.fromEntries(preset.parameters.map((parameter) => [parameter.name, exampleOf(parameter)]))),
}));

/**
 * The part of a check's `request` that a preset says, in the API's form, with the user's parameters in it. What is
 * wrong is told all at once.
 */
export function presetRequest(name: string, parameters: Readonly<Record<string, string>> = {}, target: PresetTarget | null = null): PresetAnswer {
  const definition = DEFINITIONS.find((preset) => preset.name === name.toLowerCase());
  if (definition === undefined) return { ok: false, problems: [unknownPreset(name)] };
  const problems: string[] = Object.keys(parameters)
    .filter((given) => !definition.parameters.some((parameter) => parameter.name === given))
    .map((given) => unknownParameter(definition, given));
  const values: Record<string, string> = {};
  for (const parameter of definition.parameters) {
    const value = (Object.hasOwn(parameters, parameter.name) ? parameters[parameter.name] : undefined) ?? unsetValue(parameter, target, definition.defaultPort);
    const problem = value === null ? `the preset '${definition.name}' needs the parameter ${parameter.name}: ${parameter.about}` : valueProblem(parameter, value);
    if (problem !== null) problems.push(problem);
    values[parameter.name] = value ?? '';
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, request: definition.build(values), defaultPort: definition.defaultPort };
}

/** Which steps of the request hold a secret parameter, by index; for whoever shows what was sent. */
export function presetSecretSteps(name: string, parameters: Readonly<Record<string, string>>, target: PresetTarget | null = null): ReadonlySet<number> {
  const secret = DEFINITIONS.find((preset) => preset.name === name.toLowerCase())?.parameters.filter(({ isSecret }) => isSecret) ?? [];
  const others = Object.fromEntries(secret.map((parameter) => [parameter.name, parameters[parameter.name] === 'x' ? 'y' : 'x']));
  const [one, other] = [presetRequest(name, parameters, target), presetRequest(name, { ...parameters, ...others }, target)];
  if (!one.ok || !other.ok) return new Set();
  const differs = (step: unknown, index: number): boolean => JSON.stringify(step) !== JSON.stringify(other.request.steps?.[index]);
  return new Set((one.request.steps ?? []).flatMap((step, index) => (differs(step, index) ? [index] : [])));
}

function unsetValue({ whenUnset }: PresetParameter, target: PresetTarget | null, defaultPort: number): string | null {
  switch (whenUnset.kind) {
    case 'value': return whenUnset.value;
    case 'required': return null;
    case 'target': return target === null ? null : authorityOf(target, defaultPort);
  }
}

/** As in a URL: brackets around an IPv6 address, no port where it goes without saying. */
function authorityOf({ hostname, port }: PresetTarget, defaultPort: number): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return port === null || port === defaultPort ? host : `${host}:${port}`;
}

/** A value goes into a line of a protocol: with a line break in it, it would be two commands. */
function valueProblem({ name, isMeasured }: PresetParameter, value: string): string | null {
  if (value.length > PRESET_VALUE_CHARS_MAX) return `the parameter ${name} has ${value.length} characters, at most ${PRESET_VALUE_CHARS_MAX} are allowed`;
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(value)) return `the parameter ${name} has a control character in it; it must be text on one line`;
  if (!value.isWellFormed()) return `the parameter ${name} has half a surrogate pair in it, which UTF-8 cannot express`;
  if (isMeasured && value.includes('{{')) return `the parameter ${name} cannot hold a {{VARIABLE}}: its length is sent with it`;
  return null;
}

function unknownPreset(name: string): string {
  const names = DEFINITIONS.map((preset) => preset.name);
  const near = nearestWord(name, names);
  return `there is no preset '${name.slice(0, 60)}'${near === null ? '' : `; did you mean ${near}?`}; there are ${names.join(', ')}`;
}

function unknownParameter({ name, parameters }: PresetDefinition, given: string): string {
  const known = parameters.length === 0 ? 'it takes none' : `it takes ${parameters.map((parameter) => parameter.name).join(', ')}`;
  return `the preset '${name}' has no parameter '${given.slice(0, 60)}'; ${known}`;
}

function exampleOf({ name, whenUnset }: PresetParameter): string {
  return whenUnset.kind === 'value' ? whenUnset.value : name;
}

/**
 * A check to start from: what to say to a kind of server and what it answers. The request is in the API's form and
 * carries neither host nor port, so that it can be laid under what a user says.
 */
export type PresetDefinition = {
  /** What `--preset` takes: the protocol, with `-plain` for it without TLS and `…s` for TLS from the start. */
  readonly name: string;
  readonly title: string;
  /** For a person who chooses: what is proved, and what the server notices of it. */
  readonly description: string;
  readonly defaultPort: number;
  readonly parameters: readonly PresetParameter[];
  /** Values are those of `parameters`, every one given, each on one line. */
  readonly build: (values: PresetValues) => PresetRequest;
};

export type PresetParameter = {
  readonly name: string;
  readonly about: string;
  /** `required`: the user gives it. `target`: left out, it is the host of the check, with its port where that is not the usual one. */
  readonly whenUnset: { readonly kind: 'value'; readonly value: string } | { readonly kind: 'required' } | { readonly kind: 'target' };
  readonly isSecret: boolean;
  /** Its length is sent too, so a `{{VARIABLE}}`, whose length is not known yet, cannot stand in it. */
  readonly isMeasured: boolean;
};

export type PresetValues = Readonly<Record<string, string>>;

/** The part of `request` that a preset says, as the API takes it. */
export type PresetRequest = {
  readonly data?: string;
  readonly dataFormat?: 'escaped';
  readonly steps?: readonly PresetStep[];
  readonly assertions?: readonly { readonly source: string; readonly property: string; readonly comparison: string; readonly target: string }[];
  readonly tls?: { readonly mode: 'none' | 'implicit' };
};

export type PresetStep =
  | { readonly expect: string }
  | { readonly send: string; readonly dataFormat: 'escaped' | 'hex' }
  | { readonly startTls: true };

/** Text in the escaped form, as it is written. */
export function say(escaped: string): PresetStep {
  return { send: escaped, dataFormat: 'escaped' };
}

/** Bytes of a binary protocol, in pairs of digits. */
export function sayHex(hex: string): PresetStep {
  return { send: hex, dataFormat: 'hex' };
}

export function hear(pattern: string): PresetStep {
  return { expect: pattern };
}

export const START_TLS: PresetStep = { startTls: true };

/** TLS by a step, and from the start. */
export const TLS_BY_STEP = { mode: 'none' } as const;
export const TLS_FROM_START = { mode: 'implicit' } as const;

/** A value as part of escaped data: exactly itself, and never a `${capture}`. */
export function escapedValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('$', '\\x24');
}

type ParameterWords = { readonly secret?: boolean; readonly measured?: boolean };

export function optionalParameter(name: string, value: string, about: string, { secret = false, measured = false }: ParameterWords = {}): PresetParameter {
  return { name, about, whenUnset: { kind: 'value', value }, isSecret: secret, isMeasured: measured };
}

export function requiredParameter(name: string, about: string, { secret = false, measured = false }: ParameterWords = {}): PresetParameter {
  return { name, about, whenUnset: { kind: 'required' }, isSecret: secret, isMeasured: measured };
}

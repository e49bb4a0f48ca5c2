import type { z } from 'zod';

/** One environment variable: what it may be, what holds when it is not set, and a line about it for people. */
export type Setting<T> = {
  readonly variable: string;
  /** From the variable's text to its value; its messages complete the sentence "… must be …". */
  readonly schema: z.ZodType<T, string>;
  readonly whenUnset: { readonly kind: 'value'; readonly value: T; readonly shown: string } | { readonly kind: 'required' };
  /** `url`: only the password inside is hidden. */
  readonly secrecy: 'open' | 'secret' | 'url';
  readonly about: string;
  /** What to try when the value is wrong or missing. */
  readonly hint: string;
};

/** The settings of one process, by the names its config gives them. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

export type SettingsOf<S extends Settings> = {
  readonly [Key in keyof S]: S[Key] extends Setting<infer T> ? T : never;
};

type Words = { readonly about: string; readonly hint: string; readonly secrecy?: Setting<unknown>['secrecy'] };

/** A setting that has a default, given as the text one would write. */
export function withDefault<T>(variable: string, schema: z.ZodType<T, string>, text: string, words: Words): Setting<T> {
  return {
    variable, schema, secrecy: words.secrecy ?? 'open', about: words.about, hint: words.hint,
    whenUnset: { kind: 'value', value: schema.parse(text), shown: text },
  };
}

/** A setting that may be absent; `shown` says what happens then. */
export function optional<T>(
  variable: string, schema: z.ZodType<T, string>, shown: string, words: Words,
): Setting<T | null> {
  return {
    variable, schema: schema as z.ZodType<T | null, string>, secrecy: words.secrecy ?? 'open',
    about: words.about, hint: words.hint, whenUnset: { kind: 'value', value: null, shown },
  };
}

/** A setting without which the process cannot start. */
export function required<T>(variable: string, schema: z.ZodType<T, string>, words: Words): Setting<T> {
  return {
    variable, schema, secrecy: words.secrecy ?? 'open', about: words.about, hint: words.hint,
    whenUnset: { kind: 'required' },
  };
}

import { Buffer } from 'node:buffer';
import type { Step } from '#shared/check/check.ts';
import { expandAssertions, expandSteps, expandVariables, LOCAL_PREFIX, variablesIn } from '#shared/check/variables.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';

/** A secret of the agent's own file, and the only targets it may be sent to, each `host:port` in lower case. */
export type LocalSecret = { readonly value: string; readonly targets: readonly string[] };

export type Filled =
  | { readonly ok: true; readonly spec: ProbeSpec }
  /** A sentence without any value. */
  | { readonly ok: false; readonly problem: string };

/**
 * The spec with `{{local.NAME}}` filled in what is sent and expected, and their values among its secrets (rules.md 33).
 * Never in a hostname: the target decides which secrets may be used, so a secret cannot decide the target. A name that
 * the file has not, or has for other targets, is a problem of the agent's, whoever wrote the check.
 */
export function fillLocalSecrets(spec: ProbeSpec, secretOf: (name: string) => LocalSecret | null): Filled {
  const names = localNamesOf(spec);
  if (names.length === 0) return { ok: true, spec };
  const values = new Map<string, string>();
  const target = targetOf(spec);
  for (const name of names) {
    const secret = secretOf(name.slice(LOCAL_PREFIX.length));
    if (secret === null) return { ok: false, problem: `there is no secret '${name.slice(LOCAL_PREFIX.length)}' in the agent's secrets file` };
    if (!secret.targets.includes(target)) return { ok: false, problem: `the secret '${name.slice(LOCAL_PREFIX.length)}' is not for ${target} in the agent's secrets file` };
    values.set(name, secret.value);
  }
  const lookup = (name: string): string | undefined => values.get(name);
  return {
    ok: true,
    spec: {
      ...spec,
      payload: spec.payload === null ? null : filledBytes(spec.payload, lookup),
      steps: expandSteps(spec.steps, lookup),
      assertions: expandAssertions(spec.assertions, lookup),
      secrets: [...spec.secrets ?? [], ...values.values()],
    },
  };
}

/** A spec is asked about at every attempt, and never changes. */
const namesIn = new WeakMap<ProbeSpec, readonly string[]>();

function localNamesOf(spec: ProbeSpec): readonly string[] {
  let names = namesIn.get(spec);
  if (names === undefined) {
    const { payload, steps, assertions } = spec;
    const texts = [...(payload === null ? [] : [Buffer.from(payload).toString('latin1')]), ...steps.flatMap(textOf), ...assertions.flatMap(({ property, target }) => [property, target])];
    names = [...new Set(texts.flatMap(variablesIn))].filter((name) => name.startsWith(LOCAL_PREFIX));
    namesIn.set(spec, names);
  }
  return names;
}

function textOf(step: Step): readonly string[] {
  switch (step.kind) {
    case 'expect': return [step.pattern];
    case 'send': return [step.data];
    case 'startTls': return [];
  }
}

/** Bytes stay bytes: what is no name is copied as it is, and a value goes in as UTF-8. */
function filledBytes(payload: Uint8Array, lookup: (name: string) => string | undefined): Uint8Array {
  const asLatin1 = (name: string): string | undefined => {
    const value = lookup(name);
    return value === undefined ? undefined : Buffer.from(value, 'utf8').toString('latin1');
  };
  return Buffer.from(expandVariables(Buffer.from(payload).toString('latin1'), asLatin1), 'latin1');
}

function targetOf({ hostname, port }: ProbeSpec): string {
  return `${hostname.toLowerCase()}:${port}`;
}

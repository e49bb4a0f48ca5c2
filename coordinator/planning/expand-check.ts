import type { Check, TcpRequest } from '#shared/check/check.ts';
import { nearestWord } from '#shared/check/nearest-word.ts';
import { problemAt, type Problem } from '#shared/check/problem.ts';
import { requestProblems } from '#shared/check/request-rules.ts';
import { toProbeSpec } from '#shared/check/to-probe-spec.ts';
import { expandRequest, LOCAL_PREFIX, variableFields, variablesIn, variablesOf, type Variables } from '#shared/check/variables.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';

/** Agents with this keep the values of `ProbeSpec.secrets` out of their reports; no other agent is given any. */
export const REDACTION = 'redaction';

export type PlannedSpec = {
  readonly spec: ProbeSpec;
  /** What an agent must have to run it. A variable that is not there is something no agent has: it rejects the check, and says why. */
  readonly needs: readonly string[];
};

/** What agents are told of a check, with the values of its variables; those of secrets are told as such. */
export function probeSpecOf(check: Check, variables: Variables): PlannedSpec {
  const names = variablesOf(check.request).filter((name) => !name.startsWith(LOCAL_PREFIX));
  if (names.length === 0) return { spec: toProbeSpec(check), needs: variablesOf(check.request).length > 0 ? [REDACTION] : [] };
  const missing = variableProblems(check.request, variables);
  if (missing.length > 0) return { spec: toProbeSpec(check), needs: missing.map(({ path }) => `variables of ${path}`) };
  const secrets = names.flatMap((name) => {
    const variable = variables.get(name);
    return variable?.isSecret ? [variable.value] : [];
  });
  const spec = toProbeSpec({ ...check, request: expandRequest(check.request, (name) => variables.get(name)?.value) });
  return { spec: secrets.length > 0 ? { ...spec, secrets } : spec, needs: [REDACTION] };
}

/**
 * What keeps a request from running with these variables, at the field that uses them: a name that is not there, a
 * secret where everybody sees it, a value that makes no host, payload or pattern. No value is in a message.
 */
export function variableProblems(request: TcpRequest, variables: Variables): readonly Problem[] {
  const problems = variableFields(request).flatMap(({ path, text, isShown }) => variablesIn(text).flatMap((name): readonly Problem[] => {
    if (name.startsWith(LOCAL_PREFIX)) return isShown ? [problemAt(path, text, 'no agent-local variable', 'agent-local secrets are for what is sent and expected, not for names')] : [];
    const variable = variables.get(name);
    if (variable === undefined) return [problemAt(path, text, 'a variable that is there', unknownName(name, [...variables.keys()], path))];
    return variable.isSecret && isShown ? [problemAt(path, text, 'no secret', `{{${name}}} is a secret, and this is shown to everybody who may read results: use a variable that is none`)] : [];
  }));
  if (problems.length > 0) return problems;
  const expanded = expandRequest(request, (name) => variables.get(name)?.value);
  if (expanded === request) return [];
  const steps = expanded.steps.map((step) => {
    switch (step.kind) {
      case 'expect': return { expect: step.pattern };
      case 'send': return { send: step.data, dataFormat: step.dataFormat };
      case 'startTls': return { startTls: true };
    }
  });
  return requestProblems({ ...expanded, steps }).map(({ path, limit }) =>
    problemAt(path, null, limit, `with its variables filled in this is not ${limit}`));
}

function unknownName(name: string, known: readonly string[], path: string): string {
  const near = nearestWord(name, known);
  const offer = near !== null ? `did you mean {{${near}}}?` : known.length > 0 ? `there is ${known.slice(0, 10).join(', ')}` : 'there is none yet';
  return `there is no variable '${name}'; ${offer}${bracesIn(path)}`;
}

/** How to write two braces that are no variable. */
function bracesIn(path: string): string {
  if (path.startsWith('request.assertions')) return '; for the braces themselves use a pattern, and write them as \\{\\{';
  return path === 'request.data' || path.startsWith('request.steps') ? '; to send the braces themselves write them as \\x7b\\x7b in escaped data' : '';
}

import type { Assertion, Step, TcpRequest } from './check.ts';

/** `{{VARIABLE}}` or `{{{VARIABLE}}}`: both stand for the value as it is, nothing of it is encoded. */
export const PLACEHOLDER = /\{\{\{?\s*([A-Za-z_$][\w.]*)\s*\}?\}\}/g;
/** What only an agent knows, from its own secrets file (rules.md 33). */
export const LOCAL_PREFIX = 'local.';

export type VariableValue = { readonly value: string; readonly isSecret: boolean };
/** By key: an account's, with a group's own in place of those of the same key. */
export type Variables = ReadonlyMap<string, VariableValue>;

/** The names in a text, each once, in their order; agent-local ones with their prefix. */
export function variablesIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map(([, name]) => name!))];
}

/** The text with every variable that `lookup` knows in place of its name; the others stay as they are written. */
export function expandVariables(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(PLACEHOLDER, (written: string, name: string) => lookup(name) ?? written);
}

/** Where variables work in a request, with the path of each field as the API names it. */
export function variableFields(request: TcpRequest): readonly { readonly path: string; readonly text: string; readonly isShown: boolean }[] {
  return [
    { path: 'request.hostname', text: request.hostname, isShown: true },
    ...(request.data === null || isOpaque(request.dataFormat) ? [] : [{ path: 'request.data', text: request.data, isShown: false }]),
    ...request.steps.flatMap((step, index) => {
      const text = textOf(step);
      return text === null ? [] : [{ path: `request.steps.${index}.${step.kind}`, text, isShown: false }];
    }),
    ...(request.tls?.serverName ? [{ path: 'request.tls.serverName', text: request.tls.serverName, isShown: true }] : []),
    ...request.assertions.flatMap(({ property, target }, index) => [
      ...(property === '' ? [] : [{ path: `request.assertions.${index}.property`, text: property, isShown: false }]),
      ...(target === '' ? [] : [{ path: `request.assertions.${index}.target`, text: target, isShown: false }]),
    ]),
  ];
}

/** Every name a request uses, once. */
export function variablesOf(request: TcpRequest): readonly string[] {
  return [...new Set(variableFields(request).flatMap(({ text }) => variablesIn(text)))];
}

/** The request with values for names. In a pattern, and where escapes or captures are written, a value stays itself. */
export function expandRequest(request: TcpRequest, lookup: (name: string) => string | undefined): TcpRequest {
  if (variablesOf(request).length === 0) return request;
  return {
    ...request,
    hostname: expandVariables(request.hostname, lookup),
    data: request.data === null || isOpaque(request.dataFormat) ? request.data : expandVariables(request.data, literalIn(request.dataFormat, lookup)),
    steps: expandSteps(request.steps, lookup),
    tls: request.tls?.serverName ? { ...request.tls, serverName: expandVariables(request.tls.serverName, lookup) } : request.tls,
    assertions: expandAssertions(request.assertions, lookup),
  };
}

/** The steps of a dialogue, likewise. */
export function expandSteps(steps: readonly Step[], lookup: (name: string) => string | undefined): readonly Step[] {
  return steps.map((step): Step => {
    switch (step.kind) {
      case 'expect': return { ...step, pattern: expandVariables(step.pattern, (name) => asPattern(lookup(name))) };
      case 'send': return isOpaque(step.dataFormat) ? step : { ...step, data: expandVariables(step.data, literalIn(step.dataFormat, lookup)) };
      case 'startTls': return step;
    }
  });
}

/** What is expected, likewise: in a pattern a value stands for itself. */
export function expandAssertions(assertions: readonly Assertion[], lookup: (name: string) => string | undefined): readonly Assertion[] {
  const inPattern = (name: string): string | undefined => asPattern(lookup(name));
  return assertions.map((assertion) => ({
    ...assertion, property: expandVariables(assertion.property, inPattern),
    target: expandVariables(assertion.target, isPattern(assertion) ? inPattern : lookup),
  }));
}

function isPattern({ comparison }: Assertion): boolean {
  return comparison === 'MATCHES' || comparison === 'NOT_MATCHES';
}

function literalIn(format: TcpRequest['dataFormat'], lookup: (name: string) => string | undefined) {
  return (name: string): string | undefined => {
    const value = lookup(name);
    return format === 'escaped' ? value?.replaceAll('\\', '\\\\') : value;
  };
}

function textOf(step: Step): string | null {
  switch (step.kind) {
    case 'expect': return step.pattern;
    case 'send': return isOpaque(step.dataFormat) ? null : step.data;
    case 'startTls': return null;
  }
}

/** Forms that are read as bytes: a name in them would not decode. */
function isOpaque(format: TcpRequest['dataFormat']): boolean {
  return format === 'hex' || format === 'base64';
}

function asPattern(value: string | undefined): string | undefined {
  return value?.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

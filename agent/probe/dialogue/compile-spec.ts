import type { Step } from '#shared/check/check.ts';
import { type CompiledAssertion, compileAssertions } from '#shared/assertion/compile.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import { type ExpectPattern, compileExpect } from './expect-pattern.ts';
import { type SendTemplate, compileSend } from './send-template.ts';

export type CompiledStep =
  | { readonly kind: 'expect'; readonly pattern: ExpectPattern }
  | { readonly kind: 'send'; readonly template: SendTemplate }
  | { readonly kind: 'startTls' };

export type CompiledSpec =
  | { readonly ok: true; readonly assertions: readonly CompiledAssertion[]; readonly steps: readonly CompiledStep[] }
  | { readonly ok: false; readonly problem: string };

const compiled = new WeakMap<ProbeSpec, CompiledSpec>();

/** What a spec's patterns and texts mean, worked out once for each spec object and kept as long as that lives. */
export function compileSpec(spec: ProbeSpec): CompiledSpec {
  let found = compiled.get(spec);
  if (found === undefined) {
    found = compile(spec);
    compiled.set(spec, found);
  }
  return found;
}

function compile(spec: ProbeSpec): CompiledSpec {
  const assertions = compileAssertions(spec.assertions);
  if (!assertions.ok) return assertions;
  const steps: CompiledStep[] = [];
  const names = new Set<string>();
  for (const [index, step] of spec.steps.entries()) {
    const one = compileStep(step, names);
    if (typeof one === 'string') return { ok: false, problem: `step ${index + 1}: ${one}` };
    if (one.kind === 'expect') for (const name of one.pattern.names) names.add(name);
    steps.push(one);
  }
  return { ok: true, assertions: assertions.assertions, steps };
}

/** A problem in words, or the step. */
function compileStep(step: Step, names: ReadonlySet<string>): CompiledStep | string {
  switch (step.kind) {
    case 'expect': {
      const expect = compileExpect(step.pattern);
      return expect.ok ? { kind: 'expect', pattern: expect.pattern } : expect.problem;
    }
    case 'send': {
      const send = compileSend(step.data, step.dataFormat, names);
      return send.ok ? { kind: 'send', template: send.template } : send.problem;
    }
    case 'startTls':
      return step;
  }
}

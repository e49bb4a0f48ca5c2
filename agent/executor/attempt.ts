import { compileAssertions, type CompiledAssertion } from '#shared/assertion/compile.ts';
import { compilePattern } from '#shared/assertion/pattern.ts';
import { judgeAttempt } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { SeenAttempt } from './settle-attempt.ts';

export type AttemptDeps = {
  readonly probe: (spec: ProbeSpec, signal: AbortSignal) => Promise<ProbeReport>;
  readonly nowMs: () => number;
  /** Is the agent believed to be cut off itself? (rules.md 22) */
  readonly isImpaired: () => boolean;
};

/** One attempt: probe, then judge. Assertions are compiled once for as long as their spec is held. */
export function attemptWith({ probe, nowMs, isImpaired }: AttemptDeps): (spec: ProbeSpec, signal: AbortSignal) => Promise<SeenAttempt> {
  const compiled = new WeakMap<ProbeSpec, readonly CompiledAssertion[]>();
  return async (spec, signal) => {
    const report = await probe(spec, signal);
    let assertions = compiled.get(spec);
    if (!assertions) {
      const made = compileAssertions(spec.assertions);
      if (!made.ok) throw new Error(`an assignment with assertions that do not compile was accepted for ${spec.hostname}:${spec.port}`);
      assertions = made.assertions;
      compiled.set(spec, assertions);
    }
    return { report, ...judgeAttempt(spec, assertions, report, { nowMs: nowMs(), impaired: isImpaired() }) };
  };
}

/** Why an assignment cannot be run here, or null: what is found out late would be found out at every slot. */
export function refusalOf(spec: ProbeSpec): string | null {
  const assertions = compileAssertions(spec.assertions);
  if (!assertions.ok) return assertions.problem;
  for (const [index, step] of spec.steps.entries()) {
    const pattern = step.kind === 'expect' ? compilePattern(step.pattern) : null;
    if (pattern?.ok === false) return `step ${index + 1}: ${pattern.problem}`;
  }
  return null;
}

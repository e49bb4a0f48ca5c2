import { isDeepStrictEqual } from 'node:util';
import { compileAssertions, type CompiledAssertion } from '#shared/assertion/compile.ts';
import { compilePattern } from '#shared/assertion/pattern.ts';
import { AGENT_FAULT_CODES } from '#shared/run/failure.ts';
import { judgeAttempt } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import { INLINE_STEPS_MAX, judgingStepsMax, type PatternWork } from '../probe/pattern-work.ts';
import { fillLocalSecrets, type Filled, type LocalSecret } from '../secrets/fill-local-secrets.ts';
import { redactAttempt, redactorOf } from './redact-attempt.ts';
import { secretMissing, type SeenAttempt } from './settle-attempt.ts';

export type AttemptDeps = {
  readonly probe: (spec: ProbeSpec, signal: AbortSignal) => Promise<ProbeReport>;
  readonly nowMs: () => number;
  /** Is the agent believed to be cut off itself? (rules.md 22) */
  readonly isImpaired: () => boolean;
  /** Where long pattern work is done; left out: here. */
  readonly patternWork?: PatternWork;
  /** Secrets of the agent's own file; left out: it has none. */
  readonly localSecret?: (name: string) => LocalSecret | null;
};

/** One attempt: probe, then judge. Assertions are compiled once for as long as their spec is held. */
export function attemptWith(deps: AttemptDeps): (spec: ProbeSpec, signal: AbortSignal) => Promise<SeenAttempt> {
  const attempt = seeingAttempt(deps);
  const fill = fillerOf(deps.localSecret ?? (() => null));
  return (given, signal) => {
    const filled = fill(given);
    if (!filled.ok) return Promise.resolve(secretMissing(given, filled.problem));
    const { spec: { secrets = [] } } = filled;
    const seeing = attempt(filled.spec, signal);
    return secrets.length === 0 ? seeing : seeing.then((seen) => redactAttempt(seen, secrets));
  };
}

/** The same spec with the same secrets is the same object, so that what is compiled for it is kept. */
function fillerOf(localSecret: (name: string) => LocalSecret | null): (spec: ProbeSpec) => Filled {
  const kept = new WeakMap<ProbeSpec, ProbeSpec>();
  return (spec) => {
    const filled = fillLocalSecrets(spec, localSecret);
    if (!filled.ok || filled.spec === spec) return filled;
    const before = kept.get(spec);
    if (before !== undefined && isDeepStrictEqual(before, filled.spec)) return { ok: true, spec: before };
    // A value may make a pattern longer than patterns may be.
    const problem = refusalOf(filled.spec);
    if (problem !== null) return { ok: false, problem: `with the secrets filled in, ${problem}` };
    kept.set(spec, filled.spec);
    return filled;
  };
}

function seeingAttempt({ probe, nowMs, isImpaired, patternWork }: AttemptDeps): (spec: ProbeSpec, signal: AbortSignal) => Promise<SeenAttempt> {
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
    const context = { nowMs: nowMs(), impaired: isImpaired() };
    // What blames the agent is told without a look at the data.
    const isJudged = report.failure === null || !AGENT_FAULT_CODES.has(report.failure.code);
    const isLong = isJudged && judgingStepsMax(assertions, report.response.length) > INLINE_STEPS_MAX;
    const judgement = patternWork && isLong ? await patternWork.judge(spec, report, context) : judgeAttempt(spec, assertions, report, context);
    return { report, ...judgement };
  };
}

/** Why an assignment cannot be run here, or null: what is found out late would be found out at every slot. */
export function refusalOf(spec: ProbeSpec): string | null {
  const without = (problem: string): string => redactorOf(spec.secrets ?? []).text(problem);
  const assertions = compileAssertions(spec.assertions);
  if (!assertions.ok) return without(assertions.problem);
  for (const [index, step] of spec.steps.entries()) {
    const pattern = step.kind === 'expect' ? compilePattern(step.pattern) : null;
    if (pattern?.ok === false) return without(`step ${index + 1}: ${pattern.problem}`);
  }
  return null;
}

import type { CompiledAssertion } from '#shared/assertion/compile.ts';
import type { Standing } from '#shared/assertion/standing.ts';
import type { Assertion } from '#shared/check/check.ts';
import type { JudgeContext } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { Judgement } from '#shared/run/result.ts';
import type { ExpectMatch } from './dialogue/expect-pattern.ts';

/**
 * Work with regular expressions that may take more than a millisecond, done off the thread that times sockets
 * (rules.md 17). Each rejects when it cannot be done, which is the agent's fault.
 */
export type PatternWork = {
  /** The standing of each assertion on data, in their order, after exactly these bytes. */
  standings(assertions: readonly Assertion[], response: Uint8Array): Promise<readonly Standing[]>;
  /** `findExpected`, for an `expect` step's pattern. */
  expect(source: string, unread: string): Promise<ExpectMatch | null>;
  /** `judgeAttempt`. */
  judge(spec: ProbeSpec, report: ProbeReport, context: JudgeContext): Promise<Judgement>;
};

/** About a millisecond of the engine, at some 25 ns a step; what may take longer is done elsewhere. */
export const INLINE_STEPS_MAX = 40_000;

/** The most that judging the data can take, in steps. */
export function judgingStepsMax(assertions: readonly CompiledAssertion[], responseBytes: number): number {
  const cost = assertions.reduce((sum, { assertion, property, target }) => (
    assertion.source === 'RESPONSE_DATA' ? sum + (property?.cost ?? 0) + (target?.cost ?? 0) : sum), 0);
  return cost * responseBytes;
}

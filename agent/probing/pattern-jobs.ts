import { compileAssertions, type CompiledAssertion } from '#shared/assertion/compile.ts';
import { DataAssertions, type Standing } from '#shared/assertion/standing.ts';
import type { Assertion } from '#shared/check/check.ts';
import { judgeAttempt, type JudgeContext } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { Judgement } from '#shared/run/result.ts';
import { compileExpect, findExpected, type ExpectMatch, type ExpectPattern } from '../probe/dialogue/expect-pattern.ts';
import { ownBytes } from './own-bytes.ts';

/** What the pattern thread is asked; plain data. */
export type PatternJob =
  | { readonly kind: 'standings'; readonly assertions: readonly Assertion[]; readonly response: Uint8Array }
  | { readonly kind: 'expect'; readonly source: string; readonly unread: string }
  | { readonly kind: 'judge'; readonly spec: ProbeSpec; readonly report: ProbeReport; readonly context: JudgeContext };

export type PatternAnswer = readonly Standing[] | ExpectMatch | null | Judgement;

/** Does pattern jobs; patterns are compiled once for as long as there is room for them. */
export class PatternJobs {
  readonly #assertions = new Map<string, readonly CompiledAssertion[]>();
  readonly #expects = new Map<string, ExpectPattern>();

  /** Throws for a pattern that does not compile: it was accepted before, so that is a bug. */
  do(job: PatternJob): PatternAnswer {
    switch (job.kind) {
      case 'standings': {
        const data = new DataAssertions(this.#compiled(job.assertions));
        data.feed(job.response);
        return data.standings();
      }
      case 'expect': {
        const match = findExpected(this.#expect(job.source), job.unread);
        if (match === null) return null;
        return { ...match, matched: ownBytes(match.matched), captures: match.captures.map(([name, bytes]) => [name, ownBytes(bytes)] as const) };
      }
      case 'judge':
        return judgeAttempt(job.spec, this.#compiled(job.spec.assertions), job.report, job.context);
    }
  }

  #compiled(assertions: readonly Assertion[]): readonly CompiledAssertion[] {
    return kept(this.#assertions, JSON.stringify(assertions), () => {
      const made = compileAssertions(assertions);
      if (!made.ok) throw new Error(made.problem);
      return made.assertions;
    });
  }

  #expect(source: string): ExpectPattern {
    return kept(this.#expects, source, () => {
      const made = compileExpect(source);
      if (!made.ok) throw new Error(made.problem);
      return made.pattern;
    });
  }
}

function kept<T>(cache: Map<string, T>, key: string, make: () => T): T {
  let found = cache.get(key);
  if (found === undefined) {
    found = make();
    // Then the oldest is compiled again when it is asked for: some 100 µs.
    if (cache.size >= COMPILED_MAX) cache.delete(cache.keys().next().value!);
    cache.set(key, found);
  }
  return found;
}

/** Each with a state cache of half a megabyte at most (shared/assertion/pattern.ts). */
const COMPILED_MAX = 64;

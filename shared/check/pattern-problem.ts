import { compilePattern } from '../assertion/pattern.ts';
import { problemAt, type Problem } from './problem.ts';

/** Patterns are checked when a check is saved (product.md §3), so that no run meets one that does not compile. */
export function patternProblem(path: string, source: string): readonly Problem[] {
  const compiled = compilePattern(source);
  return compiled.ok ? [] : [problemAt(path, source, 'a linear-time regular expression', compiled.problem)];
}

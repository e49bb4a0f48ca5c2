import { NUMERIC_SOURCES } from '../assertion/judge-assertion.ts';
import { parseDecimal } from '../assertion/number.ts';
import { FAILURE_CODES, isFailureCode } from '../run/failure.ts';
import type { AssertionComparison, AssertionSource } from './check.ts';
import { nearestWord } from './nearest-word.ts';
import { patternProblem } from './pattern-problem.ts';
import { problemAt, type Problem } from './problem.ts';
import { valueAt } from './schema-problems.ts';
import { PLACEHOLDER } from './variables.ts';

const NUMERIC_COMPARISONS: ReadonlySet<unknown> = new Set<AssertionComparison>([
  'EQUALS', 'NOT_EQUALS', 'LESS_THAN', 'GREATER_THAN', 'IS_EMPTY', 'NOT_EMPTY',
]);
const TARGET_NEEDED: ReadonlySet<unknown> = new Set<AssertionComparison>(['CONTAINS', 'NOT_CONTAINS', 'MATCHES', 'NOT_MATCHES']);
const NO_TARGET: ReadonlySet<unknown> = new Set<AssertionComparison>(['IS_EMPTY', 'NOT_EMPTY']);

/** What makes an assertion one that can hold and can fail (product.md §3). Raw input. */
export function assertionProblems(assertion: unknown, path: string): readonly Problem[] {
  const source = valueAt(assertion, ['source']);
  const comparison = valueAt(assertion, ['comparison']);
  const rawTarget = valueAt(assertion, ['target']) ?? '';
  if (typeof rawTarget !== 'string' && typeof rawTarget !== 'number') return [];
  return [
    ...propertyProblems(assertion, path),
    ...targetProblems({ path: `${path}.target`, target: String(rawTarget), source, comparison }),
    ...comparisonProblems(source, comparison, path),
  ];
}

function propertyProblems(assertion: unknown, path: string): readonly Problem[] {
  const property = valueAt(assertion, ['property']);
  if (typeof property !== 'string' || property === '') return [];
  if (valueAt(assertion, ['source']) !== 'RESPONSE_DATA') {
    return [problemAt(`${path}.property`, property, 'empty', 'only RESPONSE_DATA takes a property')];
  }
  return patternProblem(`${path}.property`, property.replaceAll(PLACEHOLDER, 'x'));
}

function comparisonProblems(source: unknown, comparison: unknown, path: string): readonly Problem[] {
  if (!NUMERIC_SOURCES.has(source as AssertionSource) || typeof comparison !== 'string' || NUMERIC_COMPARISONS.has(comparison)) return [];
  const limit = [...NUMERIC_COMPARISONS].join(' | ');
  return [problemAt(`${path}.comparison`, comparison, limit, `${String(source)} is a number; compare it with LESS_THAN, GREATER_THAN, EQUALS or NOT_EQUALS`)];
}

function targetProblems({ path, target, source, comparison }: { path: string; target: string; source: unknown; comparison: unknown }): readonly Problem[] {
  if (NO_TARGET.has(comparison)) return [];
  if (comparison === 'MATCHES' || comparison === 'NOT_MATCHES') {
    return target === '' ? [emptyTarget(path, comparison)] : patternProblem(path, target.replaceAll(PLACEHOLDER, 'x'));
  }
  if (TARGET_NEEDED.has(comparison) && target === '') return [emptyTarget(path, String(comparison))];
  // What its value makes of it is looked at when that is known (coordinator/planning/expand-check.ts).
  if (target.search(PLACEHOLDER) >= 0) return [];
  const wantsNumber = comparison === 'LESS_THAN' || comparison === 'GREATER_THAN'
    || (NUMERIC_SOURCES.has(source as AssertionSource) && NUMERIC_COMPARISONS.has(comparison));
  if (wantsNumber && parseDecimal(target) === null) {
    return [problemAt(path, target, 'a number', `'${target.slice(0, 60)}' is not a number`)];
  }
  return source === 'FAILURE_CODE' ? failureCodeProblem({ path, target, comparison }) : [];
}

/** A misspelt code would be waited for in vain. */
function failureCodeProblem({ path, target, comparison }: { path: string; target: string; comparison: unknown }): readonly Problem[] {
  if ((comparison !== 'EQUALS' && comparison !== 'NOT_EQUALS') || target === '' || isFailureCode(target)) return [];
  const near = nearestWord(target, Object.keys(FAILURE_CODES));
  const hint = near === null ? `known are ${Object.keys(FAILURE_CODES).join(', ')}` : `did you mean ${near}?`;
  return [problemAt(path, target, 'a failure code', `there is no failure code '${target.slice(0, 60)}'; ${hint}`)];
}

function emptyTarget(path: string, comparison: string): Problem {
  return problemAt(path, '', 'at least one character', `${comparison} needs a target: everything contains nothing`);
}

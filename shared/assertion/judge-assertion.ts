import { ASSERTION_SOURCES, type Assertion, type AssertionSource } from '../check/check.ts';
import type { AssertionResult } from '../run/result.ts';
import { boundedText, quoted } from './bounded-text.ts';
import type { CompiledAssertion } from './compile.ts';
import type { AssertionFacts } from './facts.ts';
import { parseDecimal } from './number.ts';

/** product.md §3: `LESS_THAN` and the like compare numbers; these sources are numbers in every comparison. */
export const NUMERIC_SOURCES: ReadonlySet<AssertionSource> = new Set(
  ASSERTION_SOURCES.filter((source) => source.endsWith('_TIME') || source === 'CERTIFICATE_DAYS_LEFT'),
);

/** One assertion against what was seen. `actual` and `error` are bounded and safe to store as text. */
export function judgeAssertion(compiled: CompiledAssertion, facts: AssertionFacts): AssertionResult {
  const actual = comparedValue(compiled, facts);
  const problem = compare(compiled, actual);
  return {
    passed: problem === null,
    actual: boundedText(actual),
    error: problem === null ? null : boundedText(`${subjectOf(compiled.assertion)}: ${problem}`, ERROR_CHARS_MAX),
  };
}

const ERROR_CHARS_MAX = 1_000;

function comparedValue({ assertion, property }: CompiledAssertion, facts: AssertionFacts): string {
  const value = facts[assertion.source];
  if (property === null) return value;
  const match = property.find(value);
  if (match === null) return '';
  return match.groups.length > 0 ? (match.groups[0] ?? '') : match.text;
}

/** null when it holds, else expected and actual in words. */
function compare({ assertion, target: pattern }: CompiledAssertion, actual: string): string | null {
  const { comparison, target } = assertion;
  const expected = (holds: boolean, relation: string): string | null =>
    holds ? null : `expected ${relation}, but got ${quoted(actual)}`;
  switch (comparison) {
    case 'EQUALS':
      return expected(isEqual(assertion, actual), quoted(target));
    case 'NOT_EQUALS':
      return expected(!isEqual(assertion, actual), `something other than ${quoted(target)}`);
    case 'IS_EMPTY':
      return expected(actual === '', 'nothing');
    case 'NOT_EMPTY':
      return actual !== '' ? null : 'expected something, but it is empty';
    case 'CONTAINS':
      return expected(actual.includes(target), `something that contains ${quoted(target)}`);
    case 'NOT_CONTAINS':
      return expected(!actual.includes(target), `nothing that contains ${quoted(target)}`);
    case 'MATCHES':
      return expected(pattern?.test(actual) === true, `a match of /${target}/`);
    case 'NOT_MATCHES':
      return expected(pattern?.test(actual) === false, `no match of /${target}/`);
    case 'LESS_THAN':
      return compareNumbers(assertion, actual, 'less than', (value, limit) => value < limit);
    case 'GREATER_THAN':
      return compareNumbers(assertion, actual, 'more than', (value, limit) => value > limit);
  }
}

function isEqual({ source, target }: Assertion, actual: string): boolean {
  if (actual === target) return true;
  if (source === 'RESOLVED_ADDRESS') return actual.toLowerCase() === target.toLowerCase();
  if (!NUMERIC_SOURCES.has(source)) return false;
  const [value, wanted] = [parseDecimal(actual), parseDecimal(target)];
  return value !== null && value === wanted;
}

function compareNumbers(
  { target }: Assertion,
  actual: string,
  relation: string,
  holds: (value: number, limit: number) => boolean,
): string | null {
  const [value, limit] = [parseDecimal(actual), parseDecimal(target)];
  if (limit === null) return `the target ${quoted(target)} is not a number`;
  if (value === null) {
    const what = actual === '' ? 'there is no value' : `${quoted(actual)} is not a number`;
    return `expected a number ${relation} ${target}, but ${what}`;
  }
  return holds(value, limit) ? null : `expected ${relation} ${target}, but got ${actual}`;
}

function subjectOf({ source, property }: Assertion): string {
  const name = SUBJECTS[source];
  return source === 'RESPONSE_DATA' && property !== '' ? `${name} at /${property}/` : name;
}

const SUBJECTS: Readonly<Record<AssertionSource, string>> = {
  RESPONSE_DATA: 'response data',
  RESPONSE_TIME: 'response time (ms)',
  DNS_TIME: 'DNS time (ms)',
  CONNECT_TIME: 'connect time (ms)',
  TLS_TIME: 'TLS time (ms)',
  FIRST_BYTE_TIME: 'first byte time (ms)',
  RESOLVED_ADDRESS: 'resolved address',
  FAILURE_CODE: 'failure code',
  CERTIFICATE_DAYS_LEFT: 'days left on the certificate',
};

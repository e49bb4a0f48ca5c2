import type { Assertion } from '../check/check.ts';

/** A builder for tests: a valid assertion with one changed fact at a time. */
export function anAssertion(changes: Partial<Assertion> = {}): Assertion {
  return { source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: '', ...changes };
}

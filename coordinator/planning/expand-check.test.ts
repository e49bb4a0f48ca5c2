import { describe, expect, it } from 'vitest';
import type { Assertion } from '#shared/check/check.ts';
import { aCheck, aRequest } from '#shared/testing/builders.ts';
import { probeSpecOf, REDACTION, variableProblems } from './expand-check.ts';

const VARIABLES = new Map([
  ['LIMIT', { value: '250', isSecret: false }], ['WORD', { value: 'a+b', isSecret: false }], ['TOKEN', { value: 'canary-token', isSecret: true }],
]);
const asserting = (assertion: Partial<Assertion>) => aRequest({ assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: '', ...assertion }] });
const problemsOf = (assertion: Partial<Assertion>): readonly string[] => variableProblems(asserting(assertion), VARIABLES).map(({ message }) => message);

describe('variables in what is asserted', () => {
  it.each<[Partial<Assertion>, Partial<Assertion>]>([
    [{ target: 'id={{WORD}}' }, { target: 'id=a+b' }],
    [{ comparison: 'MATCHES', target: '^{{WORD}}$' }, { target: '^a\\+b$' }],
    [{ property: '{{WORD}}=(\\d+)', comparison: 'EQUALS', target: '{{LIMIT}}' }, { property: 'a\\+b=(\\d+)', target: '250' }],
    [{ source: 'RESPONSE_TIME', comparison: 'LESS_THAN', target: '{{LIMIT}}' }, { target: '250' }],
    [{ target: '{{local.NAME}}' }, { target: '{{local.NAME}}' }],
  ])('%o is asked for as %o', (written, asked) => {
    expect(variableProblems(asserting(written), VARIABLES)).toEqual([]);
    const { spec, needs } = probeSpecOf(aCheck({ request: asserting(written) }), VARIABLES);
    expect(spec.assertions[0]).toMatchObject(asked);
    expect(needs).toEqual([REDACTION]);
    expect(spec.secrets ?? []).toEqual([]);
  });

  it('a secret goes to the agent as one', () => {
    expect(probeSpecOf(aCheck({ request: asserting({ target: '{{TOKEN}}' }) }), VARIABLES).spec).toMatchObject({ assertions: [{ target: 'canary-token' }], secrets: ['canary-token'] });
  });

  it.each<[Partial<Assertion>, RegExp]>([
    [{ target: '{{WROD}}' }, /^request\.assertions\.0\.target: there is no variable 'WROD'; did you mean \{\{WORD\}\}\?; for the braces themselves use a pattern/],
    [{ source: 'RESPONSE_TIME', comparison: 'LESS_THAN', target: '{{WORD}}' }, /^request\.assertions\.0\.target: with its variables filled in this is not a number$/],
  ])('%o is a problem', (written, problem) => {
    const problems = problemsOf(written);
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });
});

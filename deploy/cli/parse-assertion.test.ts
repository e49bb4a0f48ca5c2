import { describe, expect, it } from 'vitest';
import { parseAssertion } from './parse-assertion.ts';

describe('an assertion as typed', () => {
  it.each([
    ['RESPONSE_TIME LESS_THAN 200', { source: 'RESPONSE_TIME', property: '', comparison: 'LESS_THAN', target: '200' }],
    ['  response-data contains  two words ', { source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'two words ' }],
    ['RESPONSE_DATA IS_EMPTY', { source: 'RESPONSE_DATA', property: '', comparison: 'IS_EMPTY', target: '' }],
    ['RESPONSE_DATA /HTTP\\/1\\.1 (\\d+)/ EQUALS 200', { source: 'RESPONSE_DATA', property: 'HTTP/1\\.1 (\\d+)', comparison: 'EQUALS', target: '200' }],
    ['RESPONSE_DATA MATCHES ^a b$', { source: 'RESPONSE_DATA', property: '', comparison: 'MATCHES', target: '^a b$' }],
  ])('%s', (text, assertion) => {
    expect(parseAssertion(text)).toEqual({ ok: true, assertion });
  });

  it.each([
    ['', /^write SOURCE COMPARISON target, for example 'RESPONSE_TIME LESS_THAN 200'/],
    ['RESPONSE_TIM LESS_THAN 1', /^there is no source 'RESPONSE_TIM'; did you mean RESPONSE_TIME\?; write SOURCE/],
    ['RESPONSE_TIME', /^it has no comparison; write SOURCE/],
    ['RESPONSE_TIME < 5', /write SOURCE/],
    ['RESPONSE_TIME LESS_THEN 5', /^there is no comparison 'LESS_THEN'; did you mean LESS_THAN\?/],
    ['NOISE LESS_THAN 5', /there are RESPONSE_DATA, RESPONSE_TIME/],
  ])('%j is refused with an example', (text, problem) => {
    expect(parseAssertion(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });
});

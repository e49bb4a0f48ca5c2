import { expect, test } from 'vitest';
import { failureWords } from './failure-words.ts';

test.each([
  ['ECONNREFUSED', 'connecting to [::1]:80: the connection was refused', { doing: 'connecting to [::1]:80', what: 'the connection was refused' }],
  ['SOCKET_TIMEOUT', 'step 2: reading from a:1: no answer within the time limit; 1000 ms', { doing: 'step 2: reading from a:1', what: 'no answer within the time limit; 1000 ms' }],
  ['ERR_ASSERTION', 'the assertion fails: response data: expected "x", but got ""', { doing: null, what: 'the assertion fails: response data: expected "x", but got ""' }],
  ['E_OF_A_NEWER_AGENT', 'doing this: that', { doing: null, what: 'doing this: that' }],
])('a message of %s is taken apart where the sentence of its code begins', (code, message, words) => {
  expect(failureWords({ code, message })).toEqual(words);
});

import { describe, expect, test } from 'vitest';
import { ApiProblem, fieldErrors } from './api-problem.ts';

const problem = (path: string, message: string) => ({ path, value: null, limit: '', message });

describe('what the API says is wrong', () => {
  test('stands at its field, without the name of the field, all of one field together', () => {
    const thrown = new ApiProblem(400, '3 problems', [
      problem('request.port', 'request.port: 70000 is above 65535'), problem('name', 'name: is empty'), problem('name', 'name: has no letter'),
    ]);
    expect(fieldErrors(thrown)).toEqual({ 'request.port': '70000 is above 65535', name: 'is empty; has no letter' });
  });

  test('is nothing at a field when it is trouble of another kind', () => {
    expect(fieldErrors(new Error('the network is away'))).toEqual({});
    expect(fieldErrors(new ApiProblem(503, 'try again'))).toEqual({});
  });
});

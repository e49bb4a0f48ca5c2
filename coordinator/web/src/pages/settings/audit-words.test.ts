import { expect, test } from 'vitest';
import { wordsFor } from './audit-words.ts';

test.each([
  ['POST /v1/checks/tcp', 201, 'created a check'], ['DELETE /v1/private-locations/:id', 204, 'deleted a private location'],
  ['POST /v1/alert-channels', 201, 'created an alert channel'], ['POST /v1/session', 200, 'signed in'], ['POST /v1/session', 401, 'could not sign in'],
  ['PUT /v1/checks/:id', 403, 'was refused: changed a check'],
])('%s with %i reads "%s"', (action, status, words) => expect(wordsFor(action, status)).toBe(words));

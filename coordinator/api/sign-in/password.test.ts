import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Passwords } from './password.ts';

describe('passwords', () => {
  const passwords = new Passwords(randomBytes);

  test('open with themselves alone, and no two hashes are alike', async () => {
    const [one, two] = await Promise.all([passwords.hash('correct horse battery'), passwords.hash('correct horse battery')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await passwords.verify('correct horse battery', one)).toBe(true);
    expect(await passwords.verify('correct horse batterz', one)).toBe(false);
    expect(await passwords.verify('', one)).toBe(false);
  });

  test('are the same however a system composes its letters', async () => {
    expect(await passwords.verify('pa\u0308ssword', await passwords.hash('p\u00e4ssword'))).toBe(true);
  });

  test('of nobody are never right', async () => {
    expect(await passwords.verify('anything', null)).toBe(false);
  });

  test('are all judged, however many come at once, up to a limit that says so', async () => {
    const busy = new Passwords(randomBytes, 3);
    const stored = await busy.hash('correct horse battery');
    const answers = await Promise.allSettled(Array.from({ length: 7 }, () => busy.verify('correct horse battery', stored)));
    expect(answers.filter((answer) => answer.status === 'fulfilled' && answer.value)).toHaveLength(5);
    expect(answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason.statusCode)).toEqual([503, 503]);
    expect(await busy.verify('correct horse battery', stored)).toBe(true);
  });
});

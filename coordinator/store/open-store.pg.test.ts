import { createServer } from 'node:net';
import { once } from 'node:events';
import { inject } from 'vitest';
import { describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';
import { QUIET } from './testing/quiet.ts';

describe('a database that is not there', () => {
  const open = (databaseUrl: string) => openStore({ databaseUrl, log: QUIET, applicationName: 'test' });
  const urlWith = (change: (url: URL) => void): string => {
    const url = new URL(inject('postgresUrl'));
    url.password = 's3cr3t';
    change(url);
    return url.href;
  };

  it.each([
    ['no URL', 'localhost:5432', 'DATABASE_URL is not a Postgres URL'],
    ['another protocol', 'mysql://u:s3cr3t@h/d', 'DATABASE_URL is not a Postgres URL'],
    ['an unknown host', 'postgres://u:s3cr3t@no-such-host.invalid/d', 'cannot reach Postgres at no-such-host.invalid:5432: the name'],
    ['a wrong password', urlWith(() => {}), "refuses the user 'sonde'"],
  ])('%s is one sentence without the password', async (_, url, sentence) => {
    const error = await open(url).then(() => null, (cause: Error) => cause);
    expect(error?.name).toBe('DatabaseError');
    expect(error?.message).toContain(sentence);
    expect(error?.message).not.toContain('s3cr3t');
  });

  it('a closed port is one sentence', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    closed.close();
    await once(closed, 'close');
    await expect(open(`postgres://u:p@127.0.0.1:${port}/d`)).rejects.toThrow(`cannot reach Postgres at 127.0.0.1:${port}: connection refused`);
  });

  it('a database that does not exist is one sentence', async () => {
    const url = new URL(inject('postgresUrl'));
    url.pathname = '/nowhere';
    await expect(open(url.href)).rejects.toThrow("has no database 'nowhere'");
  });
});

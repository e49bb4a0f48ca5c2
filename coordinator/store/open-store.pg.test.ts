import { createServer } from 'node:net';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { aCheck } from '#shared/testing/builders.ts';
import { openStore } from './open-store.ts';
import { aStore } from './testing/a-store.ts';
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

describe('a connection that is cut', () => {
  it('in the middle of a transaction fails that transaction, and nothing else', async () => {
    const { store, client, end } = await aStore();
    const { accountId } = await store.ensureFirstAccount({ name: 'a', keyHash: new Uint8Array(32), keyPrefix: 'sk', scopes: [] });
    await store.ensureLocations([{ code: 'local-1', name: 'Local 1' }]);
    // The change waits for the counter, inside its transaction, and is cut there.
    await client.query('begin; select from config_state for update');
    const change = store.createCheck(accountId, randomUUID(), aCheck(), null).then(() => 'stored', (error: Error) => error.message);
    const cut = async (): Promise<number> => {
      await client.query('select pg_stat_clear_snapshot()'); // Else this transaction keeps seeing the first look.
      const { rowCount } = await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
      return rowCount ?? 0;
    };
    await expect.poll(cut).toBeGreaterThan(0);
    expect(await change).toMatch(/terminat/);
    await client.query('commit');
    // Idle ones, too.
    await store.ping();
    const { rowCount } = await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'test' and state = 'idle'`);
    expect(rowCount).toBeGreaterThan(0);
    await expect.poll(() => store.ping().then(() => 'answers', () => 'does not')).toBe('answers');
    expect((await store.listChecks(accountId, { limit: 9, page: 1 })).total).toBe(0);
    await end();
  });
});

import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from './open-store.ts';
import { aDatabase, type ADatabase } from './testing/a-database.ts';
import { QUIET } from './testing/quiet.ts';

describe('migrations', () => {
  let database: ADatabase;
  let one: Store;
  let two: Store;

  beforeAll(async () => {
    database = await aDatabase({ template: 'empty' });
    one = await openStore({ databaseUrl: database.url, log: QUIET, applicationName: 'one' });
    two = await openStore({ databaseUrl: database.url, log: QUIET, applicationName: 'two' });
  });

  afterAll(async () => {
    await Promise.all([one?.close(), two?.close()]);
    await database?.drop();
  });

  it('of two migrators at once on an empty database, one applies everything and the other nothing', async () => {
    const applied = await Promise.all([one.migrate(), two.migrate()]);
    const counts = applied.map((names) => names.length).sort((a, b) => a - b);
    expect([counts[0], counts[1]! > 5]).toEqual([0, true]);
  });

  it('do nothing the second time', async () => {
    expect(await one.migrate()).toEqual([]);
    expect(await one.configRevision()).toBe(0);
  });

  it('refuse a schema that a newer version made', async () => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(`insert into kysely_migration (name, timestamp) values ('9999-from-the-future', 'now')`);
    try {
      await expect(one.migrate()).rejects.toThrow('a newer version (9999-from-the-future)');
    } finally {
      await client.query(`delete from kysely_migration where name like '9999%'`);
      await client.end();
    }
  });

  it('say what to run when the user may not make the role that keeps accounts apart', async () => {
    const role = `plain_${randomBytes(4).toString('hex')}`;
    const superuser = new Client({ connectionString: database.superUrl });
    await superuser.connect();
    await superuser.query(`create role ${role} login password 'p'; grant all on schema public to ${role}`);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'p';
    const store = await openStore({ databaseUrl: url.href, log: QUIET, applicationName: 'plain' });
    try {
      await superuser.query('drop table kysely_migration');
      await expect(store.migrate()).rejects.toThrow(`as a superuser run: create role sonde_tenant nologin; grant sonde_tenant to ${role};`);
    } finally {
      await store.close();
      await superuser.query(`drop owned by ${role}; drop role ${role}`);
      await superuser.end();
    }
  });
});

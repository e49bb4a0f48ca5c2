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
    expect(applied.map((names) => names.length).sort()).toEqual([0, 5]);
  });

  it('do nothing the second time', async () => {
    expect(await one.migrate()).toEqual([]);
    expect(await one.configRevision()).toBe(0);
  });
});

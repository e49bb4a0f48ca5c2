import { Client } from 'pg';
import { openStore, type Store } from '../open-store.ts';
import { aDatabase, type ADatabase } from './a-database.ts';
import { QUIET } from './quiet.ts';

export type AStore = {
  readonly store: Store;
  readonly database: ADatabase;
  /** Plain SQL as the owner: what a test looks at from outside. */
  readonly client: Client;
  end(): Promise<void>;
};

/** A store on a migrated database of its own; `end` drops it. */
export async function aStore(): Promise<AStore> {
  const database = await aDatabase();
  const store = await openStore({ databaseUrl: database.url, log: QUIET, applicationName: 'test' });
  const client = new Client({ connectionString: database.url });
  await client.connect();
  return {
    store, database, client,
    async end() {
      await client.end();
      await store.close();
      await database.drop();
    },
  };
}

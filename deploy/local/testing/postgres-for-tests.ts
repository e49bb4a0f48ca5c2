/**
 * One real Postgres for all `*.pg.test.ts` of a run, in a folder that goes away with it, and a migrated database
 * in it that each test file gets its own copy of (`coordinator/store/testing/a-database.ts`).
 */
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openStore } from '#coordinator/store/open-store.ts';
import { TEMPLATE_DATABASE } from '#coordinator/store/testing/a-database.ts';
import { QUIET } from '#coordinator/store/testing/quiet.ts';
import { provisionDatabase } from '#coordinator/store/provision.ts';
import { startEmbeddedPostgres } from '../embedded-postgres.ts';

export default async function startPostgres(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sonde-postgres-'));
  chmodSync(dataDir, 0o711); // As root the server is another user's.
  const postgres = await startEmbeddedPostgres({ dataDir, isEphemeral: true, sync: false, maxConnections: 200, log: QUIET });
  try {
    const owner = new URL(postgres.url);
    await provisionDatabase(postgres.superUrl, { role: owner.username, password: owner.password, database: TEMPLATE_DATABASE });
    owner.pathname = `/${TEMPLATE_DATABASE}`;
    const store = await openStore({ databaseUrl: owner.href, log: QUIET, applicationName: 'tests' });
    await store.migrate();
    await store.close();
    project.provide('postgresUrl', postgres.url);
    project.provide('postgresSuperUrl', postgres.superUrl);
  } catch (cause) {
    await postgres.stop();
    throw cause;
  }
  return () => postgres.stop();
}

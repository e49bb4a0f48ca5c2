/** One process at a time for a data directory: a lock that the kernel takes away from whoever dies. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EmbeddedPostgresError } from './postgres-error.ts';
import type { Home } from './postgres-home.ts';

export type DataDirLock = { release(): void };

/** Throws a sentence when another process has it. Held on the cluster: copies of a data directory may share one. */
export function lockDataDir(home: Home): DataDirLock {
  // Node has no flock; SQLite's exclusive transaction is one, and also holds within one process.
  const holderFile = join(home.clusterDir, 'holder');
  const database = new DatabaseSync(join(home.clusterDir, 'lock'));
  try {
    database.exec('pragma busy_timeout = 0; begin exclusive');
  } catch (cause) {
    database.close();
    throw new EmbeddedPostgresError(`the data directory ${home.dataDir} is in use by ${holderIn(holderFile)}; stop that one first, or choose another data directory with SONDE_DATA_DIR`, { cause });
  }
  writeFileSync(holderFile, String(process.pid), { mode: 0o600 });
  return { release: () => database.close() };
}

function holderIn(file: string): string {
  try {
    return `the process ${readFileSync(file, 'utf8').trim()}`;
  } catch {
    return 'another process';
  }
}

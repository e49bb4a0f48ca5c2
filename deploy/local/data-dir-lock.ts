/** One process at a time for a data directory: a lock that the kernel takes away from whoever dies. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { holdExclusively, type ExclusiveFile } from './exclusive-file.ts';
import { EmbeddedPostgresError } from './postgres-error.ts';
import type { Home } from './postgres-home.ts';

/** Throws a sentence when another process has it. Held on the cluster: copies of a data directory may share one. */
export function lockDataDir(home: Home): ExclusiveFile {
  const holderFile = join(home.clusterDir, 'holder');
  try {
    const lock = holdExclusively(join(home.clusterDir, 'lock'));
    writeFileSync(holderFile, String(process.pid), { mode: 0o600 });
    return lock;
  } catch (cause) {
    throw new EmbeddedPostgresError(`the data directory ${home.dataDir} is in use by ${holderIn(holderFile)}; stop that one first, or choose another data directory with SONDE_DATA_DIR`, { cause });
  }
}

function holderIn(file: string): string {
  try {
    return `the process ${readFileSync(file, 'utf8').trim()}`;
  } catch {
    return 'another process';
  }
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CliProblem } from '../cli/cli-problem.ts';
import { EXIT } from '../cli/exit-codes.ts';

export type UpLock = { release(): void };

/**
 * One `sonde up` for a data directory. The kernel takes the lock away from whoever dies, so that nobody has to
 * judge whether a lock is stale. Node has no flock; SQLite's exclusive transaction is one.
 */
export function lockForUp(dataDir: string): UpLock {
  const holderFile = join(dataDir, 'up.pid');
  const database = new DatabaseSync(join(dataDir, 'up.lock'));
  try {
    database.exec('pragma busy_timeout = 0; begin exclusive');
  } catch (error) {
    database.close();
    throw new CliProblem(EXIT.usage, `the data directory ${dataDir} is in use by another \`sonde up\`${holderIn(holderFile)}. Stop that one first, or choose another directory with SONDE_DATA_DIR.`, [], error);
  }
  writeFileSync(holderFile, `${process.pid}\n`, { mode: 0o600 });
  return { release: () => database.close() };
}

function holderIn(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`;
  } catch {
    return '';
  }
}

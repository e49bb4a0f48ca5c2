import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliProblem } from '../cli/cli-problem.ts';
import { EXIT } from '../cli/exit-codes.ts';
import { holdExclusively, type ExclusiveFile } from './exclusive-file.ts';

/** One `sonde up` for a data directory. */
export function lockForUp(dataDir: string): ExclusiveFile {
  const holderFile = join(dataDir, 'up.pid');
  try {
    const lock = holdExclusively(join(dataDir, 'up.lock'));
    writeFileSync(holderFile, `${process.pid}\n`, { mode: 0o600 });
    return lock;
  } catch (error) {
    throw new CliProblem(EXIT.usage, `the data directory ${dataDir} is in use by another \`sonde up\`${holderIn(holderFile)}. Stop that one first, or choose another directory with SONDE_DATA_DIR.`, [], error);
  }
}

function holderIn(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`;
  } catch {
    return '';
  }
}

import { chmodSync, existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CliProblem } from '../cli/cli-problem.ts';
import { EXIT } from '../cli/exit-codes.ts';

/** Makes the data directory if need be and proves that it can be written. Answers its real path, or throws a sentence. */
export function openDataDir(given: string): string {
  try {
    const isNew = !existsSync(given);
    makeWithParents(resolve(given));
    // Root's is passable, so that the user who runs Postgres reaches the cluster in it; every secret is 0600 itself.
    if (isNew && process.getuid?.() === 0) chmodSync(given, 0o711);
    const dataDir = realpathSync(given);
    const trial = join(dataDir, `.write-trial-${process.pid}`);
    writeFileSync(trial, '', { mode: 0o600 });
    rmSync(trial);
    return dataDir;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = REASONS[code ?? ''] ?? message;
    throw new CliProblem(EXIT.usage, `the data directory ${given} cannot be written: ${reason}. Choose another one with SONDE_DATA_DIR.`, [], error);
  }
}

/** Not `recursive`: where a file system refuses with ENOENT in a directory that is there (/proc), Node tries for ever. */
function makeWithParents(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeWithParents(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EEXIST: 'it is not a directory',
  ENOENT: 'nothing can be made there',
  ENOTDIR: 'a part of the path is not a directory',
};

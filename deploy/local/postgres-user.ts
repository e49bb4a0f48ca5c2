/** Postgres refuses to run as root: this decides whose processes they are, and what that user can reach. */
import { spawnSync } from 'node:child_process';
import { EmbeddedPostgresError } from './postgres-error.ts';

export type ServerUser = { readonly uid: number; readonly gid: number; readonly name: string };

/** null: the user we are already. As root: `postgres`, made if it can be made, else `nobody`. */
export function findServerUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  const existing = lookUp('postgres');
  if (existing) return existing;
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'], { stdio: 'ignore', cwd: '/' });
  const made = lookUp('postgres') ?? lookUp('nobody');
  if (!made) throw new EmbeddedPostgresError("Postgres does not run as root, and this system has neither a user 'postgres' nor 'nobody'; create one, start as an ordinary user, or set DATABASE_URL");
  return made;
}

/** Options of `spawn` for a process of that user; its working directory is one that everybody can enter. */
export function asUser(user: ServerUser | null): { readonly cwd: string; readonly uid?: number; readonly gid?: number } {
  return user ? { cwd: '/', uid: user.uid, gid: user.gid } : { cwd: '/' };
}

/** May the user enter the folder and all above it? */
export function canEnter(user: ServerUser | null, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...asUser(user), stdio: 'ignore' }).status === 0;
}

function lookUp(name: string): ServerUser | null {
  const uid = idOf('-u', name);
  const gid = idOf('-g', name);
  return uid === null || gid === null || uid === 0 ? null : { uid, gid, name };
}

function idOf(flag: '-u' | '-g', name: string): number | null {
  const found = spawnSync('id', [flag, name], { encoding: 'utf8', cwd: '/' });
  return found.status === 0 ? Number.parseInt(found.stdout, 10) : null;
}

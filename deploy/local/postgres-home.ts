/** Where the cluster of a data directory lives, and the few facts about it that must outlive the process. */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './postgres-error.ts';
import { canEnter, type ServerUser } from './postgres-user.ts';

export type Home = {
  /** As given, with all links followed. */
  readonly dataDir: string;
  /** Of the server's user; holds `data` and passing files. */
  readonly clusterDir: string;
  readonly facts: HomeFacts;
};

/** Kept 0600 in the data directory. */
export type HomeFacts = {
  /** null: `postgres` inside the data directory, wherever that is moved or copied to. */
  readonly outsideDir: string | null;
  readonly superPassword: string;
  readonly password: string;
  /** The port of the last start: taken again when it is free, so that what points at it stays true. */
  readonly port: number | null;
};

export const FACTS_FILE = 'postgres.json';

/** Makes the data directory if need be. Throws a sentence when it cannot be used. */
export function openHome(givenDataDir: string, user: ServerUser | null): Home {
  const dataDir = openDataDir(givenDataDir);
  const facts = readFacts(dataDir) ?? {
    outsideDir: needsOutsideDir(dataDir, user) ? outsideDirOf(dataDir) : null,
    superPassword: randomBytes(24).toString('base64url'),
    password: randomBytes(24).toString('base64url'),
    port: null,
  };
  const clusterDir = facts.outsideDir ?? join(dataDir, 'postgres');
  mkdirSync(clusterDir, { recursive: true, mode: 0o700 });
  if (user) chownSync(clusterDir, user.uid, user.gid);
  if (!canEnter(user, clusterDir)) {
    throw new EmbeddedPostgresError(`the user '${user?.name}' that runs Postgres cannot enter ${clusterDir}; make its parent folders enterable (chmod o+x), or choose another data directory`);
  }
  const home = { dataDir, clusterDir, facts };
  writeFacts(home, facts);
  return home;
}

export function writeFacts(home: Home, facts: HomeFacts): void {
  const path = join(home.dataDir, FACTS_FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Root's folder for what another user must reach, when the data directory is closed to that user. */
export function sharedFolder(): string {
  for (const folder of ['/var/lib/sonde', '/var/tmp/sonde']) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      // Somebody else's folder under this name would let them replace what root starts.
      if (lstatSync(folder).isDirectory() && lstatSync(folder).uid === 0) {
        chmodSync(folder, 0o755);
        return folder;
      }
    } catch {
      // The next one may be writable.
    }
  }
  throw new EmbeddedPostgresError('neither /var/lib/sonde nor /var/tmp/sonde can be written; start as an ordinary user, or set DATABASE_URL');
}

function openDataDir(given: string): string {
  try {
    // Enterable for the server's user where that is another one: then everything stays in one place.
    mkdirSync(given, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    const dataDir = realpathSync(given);
    const trial = join(dataDir, `.write-trial-${process.pid}`);
    writeFileSync(trial, '', { mode: 0o600 });
    unlinkSync(trial);
    return dataDir;
  } catch (cause) {
    throw new EmbeddedPostgresError(`the data directory ${given} cannot be written: ${reasonOf(cause)}; choose another one with SONDE_DATA_DIR`, { cause });
  }
}

function needsOutsideDir(dataDir: string, user: ServerUser | null): boolean {
  return user !== null && !canEnter(user, dataDir);
}

function outsideDirOf(dataDir: string): string {
  const key = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  // The random part: a data directory that was removed starts afresh, one that was moved away keeps its own.
  return join(sharedFolder(), `cluster-${key}-${randomBytes(3).toString('hex')}`);
}

function readFacts(dataDir: string): HomeFacts | null {
  const path = join(dataDir, FACTS_FILE);
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as HomeFacts;
  } catch (cause) {
    throw new EmbeddedPostgresError(`${path} cannot be read: ${reasonOf(cause)}; it holds the passwords of the database beside it`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'EACCES': case 'EPERM': return 'permission denied';
    case 'EROFS': return 'the file system is read-only';
    case 'ENOSPC': return 'the disk is full';
    case 'ENOTDIR': case 'EEXIST': return 'it is not a folder';
    default: return message;
  }
}

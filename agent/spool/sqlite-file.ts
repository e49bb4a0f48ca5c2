import { existsSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export type SpoolFile = {
  readonly db: DatabaseSync;
  /** Where a file that could not be read was put, and why; null when all was well. */
  readonly corrupt: { readonly movedTo: string; readonly error: unknown } | null;
};

/**
 * Opens or makes the spool's database. What cannot be read is moved aside, never deleted: it may hold results.
 * Throws when another process has it open, or the directory cannot be written.
 */
export function openSpoolFile(path: string, options: { readonly bytesMax: number; readonly nowMs: number }): SpoolFile {
  try {
    return { db: open(path, options.bytesMax), corrupt: null };
  } catch (error) {
    if (isBusy(error)) throw new Error(`the spool ${path} is in use by another agent; give each agent a data directory of its own`, { cause: error });
    if (!isCorrupt(error)) throw new Error(`the spool ${path} cannot be opened: ${(error as Error).message}`, { cause: error });
    const movedTo = `${path}.corrupt-${options.nowMs}`;
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, movedTo + suffix);
    }
    return { db: open(path, options.bytesMax), corrupt: { movedTo, error } };
  }
}

/** No room by `max_page_count` or on the disk. */
export function isFull(error: unknown): boolean {
  return errorCodeOf(error) === SQLITE_FULL;
}

function open(path: string, bytesMax: number): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // One process only, and no shared-memory file. FULL: a commit is on the disk before it is believed.
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    db.exec(`PRAGMA journal_size_limit = ${WAL_BYTES_MAX}; PRAGMA max_page_count = ${Math.ceil(bytesMax / PAGE_BYTES)}`);
    const verdict = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (verdict.quick_check !== 'ok') throw new CorruptSpool(verdict.quick_check);
    prepareSchema(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepareSchema(db: DatabaseSync): void {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version === SCHEMA_VERSION) return;
  if (version !== 0) throw new CorruptSpool(`its version is ${version}, this agent knows ${SCHEMA_VERSION}`);
  db.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE item (sequence INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, rank INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
    CREATE TABLE spool (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, next INTEGER NOT NULL) STRICT;
    PRAGMA user_version = ${SCHEMA_VERSION};
    COMMIT`);
}

class CorruptSpool extends Error {}

function isCorrupt(error: unknown): boolean {
  return error instanceof CorruptSpool || errorCodeOf(error) === SQLITE_CORRUPT || errorCodeOf(error) === SQLITE_NOTADB;
}

function isBusy(error: unknown): boolean {
  return errorCodeOf(error) === SQLITE_BUSY;
}

/** The primary code; the upper bits tell more than is needed here. */
function errorCodeOf(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}

const SCHEMA_VERSION = 1;
/** An agent that was just killed may still be letting go. */
const BUSY_TIMEOUT_MS = 2_000;
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
const PAGE_BYTES = 4_096;
const WAL_BYTES_MAX = 8 * 1024 * 1024;

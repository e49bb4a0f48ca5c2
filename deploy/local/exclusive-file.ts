import { DatabaseSync } from 'node:sqlite';

export type ExclusiveFile = { release(): void };

/** A database that nobody refers to any more is closed by the collector, and its lock is gone: these are referred to. */
const held = new Set<DatabaseSync>();

/**
 * Holds the file for one process, and one holder in it, until `release` or death: the kernel takes the lock away, so
 * that nobody has to judge whether it is stale. Node has no flock; SQLite's exclusive transaction is one. Throws when
 * somebody else has it.
 */
export function holdExclusively(path: string): ExclusiveFile {
  const database = new DatabaseSync(path);
  try {
    database.exec('pragma busy_timeout = 0; begin exclusive');
  } catch (error) {
    database.close();
    throw error;
  }
  held.add(database);
  return {
    release() {
      if (held.delete(database)) database.close();
    },
  };
}

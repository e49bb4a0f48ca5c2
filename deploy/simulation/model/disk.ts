import type { DatabaseSync } from 'node:sqlite';
import { openSpoolFile, type SpoolFile } from '#agent/spool/sqlite-file.ts';
import type { SealedFile } from '#agent/sealed-file.ts';
import type { Process } from '../engine/process.ts';

/** How a disk answers. */
export type DiskWeather = { isFailing: boolean };

/**
 * An agent's disk: a real SQLite database in memory that outlives the process. What was committed is there after a
 * crash; a transaction under way is not, or is, depending on which side of the COMMIT the crash fell.
 */
export class Disk {
  readonly weather: DiskWeather = { isFailing: false };
  /** The file of what the agent was told to run. */
  #timetable: Buffer | null = null;
  #db: DatabaseSync | null = null;
  #isCorrupt = false;

  timetableFor(process: Process): Pick<SealedFile, 'read' | 'write'> {
    return {
      read: () => Promise.resolve(this.#timetable ? { kind: 'opened', content: this.#timetable } : { kind: 'absent' }),
      write: (content) => {
        if (!process.isAlive || this.weather.isFailing) return Promise.reject(new Error('disk I/O error'));
        this.#timetable = content;
        return Promise.resolve();
      },
    };
  }

  /** What is on it cannot be read any more; the next start finds that out. */
  corrupt(): void {
    this.#isCorrupt = true;
  }

  /** A new machine with nothing on its disk. */
  wipe(): void {
    this.#db?.close();
    this.#db = null;
    this.#isCorrupt = false;
    this.#timetable = null;
  }

  openFor(process: Process, hooks: DiskHooks): typeof openSpoolFile {
    return (_path, options): SpoolFile => {
      const wasCorrupt = this.#isCorrupt;
      if (wasCorrupt) {
        hooks.onCorrupt();
        this.wipe();
      }
      this.#db ??= openSpoolFile(':memory:', options).db;
      return {
        db: handleOf(this.#db, process, this.weather, hooks),
        corrupt: wasCorrupt ? { movedTo: 'aside', error: new Error('database disk image is malformed') } : null,
      };
    };
  }
}

export type DiskHooks = {
  /** On either side of a commit: the process may be killed there. */
  readonly effect: (process: Process, what: string) => void;
  readonly onCommit: () => void;
  readonly onCorrupt: () => void;
};

/** One process's handle: dead once the process is, and as reliable as the disk's weather. */
function handleOf(db: DatabaseSync, process: Process, weather: DiskWeather, hooks: DiskHooks): DatabaseSync {
  const deadOr = (work: () => void): void => {
    if (!process.isAlive) throw new Error('the process is dead');
    work();
  };
  const handle = {
    exec(sql: string): void {
      deadOr(() => {
        if (sql !== 'COMMIT') return db.exec(sql);
        hooks.effect(process, 'spool commit');
        if (!process.isAlive || weather.isFailing) {
          db.exec('ROLLBACK');
          throw Object.assign(new Error('disk I/O error'), { errcode: IO_ERROR });
        }
        db.exec('COMMIT');
        hooks.onCommit();
        hooks.effect(process, 'spool commit');
      });
    },
    prepare: (sql: string) => db.prepare(sql),
    get isTransaction() { return process.isAlive && db.isTransaction; },
    close(): void {},
  };
  return handle as unknown as DatabaseSync;
}

const IO_ERROR = 10;

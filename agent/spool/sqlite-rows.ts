import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { decodeItem, encodeItem } from './codec.ts';
import { RANKS, rankOf, standIn } from './overflow.ts';
import type { TimedRow } from './row-list.ts';
import type { SpoolItem } from './spool.ts';

export type StoredRow = { readonly sequence: number; readonly atMs: number; readonly body: Uint8Array };

type Size = { readonly rows: number; readonly bytes: number };

/** The rows of a spool's database, and how many there are; `transaction` keeps count and table in step. */
export class SqliteRows {
  readonly #db: DatabaseSync;
  readonly #sql: Record<'insert' | 'remove' | 'sizeOf' | 'read' | 'oldest' | 'ofRank' | 'mark', StatementSync>;
  #size: { rows: number; bytes: number };

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#sql = {
      insert: db.prepare('INSERT INTO item (sequence, at_ms, rank, body) VALUES (?, ?, ?, ?)'),
      remove: db.prepare('DELETE FROM item WHERE sequence >= ? AND sequence < ?'),
      sizeOf: db.prepare('SELECT count(*) AS rows, coalesce(sum(length(body)), 0) AS bytes FROM item WHERE sequence >= ? AND sequence < ?'),
      read: db.prepare('SELECT sequence, at_ms AS atMs, body FROM item WHERE sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ?'),
      oldest: db.prepare('SELECT at_ms AS atMs FROM item ORDER BY sequence LIMIT 1'),
      ofRank: db.prepare('SELECT sequence, at_ms AS atMs, body FROM item WHERE rank = ? ORDER BY sequence LIMIT ?'),
      mark: db.prepare('INSERT INTO spool (one, id, next) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET id = excluded.id, next = excluded.next'),
    };
    this.#size = this.#sizeOf(0, SEQUENCE_END);
  }

  get size(): Size {
    return this.#size;
  }

  /** All of it, or nothing and the error. */
  transaction(work: () => void): void {
    const before = { ...this.#size };
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      // Some errors have rolled back already.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#size = before;
      throw error;
    }
  }

  insert({ sequence, atMs, item }: TimedRow): void {
    const body = encodeItem(item);
    this.#sql.insert.run(sequence, atMs, rankOf(item), body);
    this.#size.rows += 1;
    this.#size.bytes += body.length;
  }

  /** Removes rows with `from ≤ sequence < until`. */
  remove(from: number, until: number): void {
    const going = this.#sizeOf(from, until);
    this.#sql.remove.run(from, until);
    this.#size.rows -= going.rows;
    this.#size.bytes -= going.bytes;
  }

  /** Rows with `from ≤ sequence < until`, the first `max` of them. */
  read(from: number, until: number, max: number): readonly StoredRow[] {
    return this.#sql.read.all(from, until, max) as StoredRow[];
  }

  /** Wall clock at which the oldest row was appended. */
  oldestAtMs(): number | null {
    return (this.#sql.oldest.get() as { atMs: number } | undefined)?.atMs ?? null;
  }

  /** Who this spool is, and the sequence to go on with; null in a new file. */
  identity(): { readonly id: string; readonly next: number } | null {
    return (this.#db.prepare('SELECT id, next FROM spool').get() as { id: string; next: number } | undefined) ?? null;
  }

  setIdentity(id: string, next: number): void {
    this.#sql.mark.run(id, next);
  }

  /**
   * Lets stand-ins take the place of rows, in order of rank and age, until `bytes` are left; returns how many had
   * to go. Within a transaction.
   */
  makeRoom(bytes: number): number {
    let dropped = 0;
    for (const rank of RANKS) {
      while (this.#size.bytes > bytes) {
        const rows = this.#sql.ofRank.all(rank, ROWS_AT_ONCE) as StoredRow[];
        if (rows.length === 0) break;
        for (const row of rows) this.#replace(row);
        dropped += rows.length;
      }
    }
    return dropped;
  }

  close(): void {
    this.#db.close();
  }

  /** By deleting and inserting: SQLite gives up pages when rows go, not when they shrink. */
  #replace({ sequence, atMs, body }: StoredRow): void {
    const instead = standInOf(body);
    this.remove(sequence, sequence + 1);
    if (instead) this.insert({ sequence, atMs, item: instead });
  }

  #sizeOf(from: number, until: number): { rows: number; bytes: number } {
    return this.#sql.sizeOf.get(from, until) as { rows: number; bytes: number };
  }
}

export const SEQUENCE_END = Number.MAX_SAFE_INTEGER;
const ROWS_AT_ONCE = 500;

/** null also for a row that cannot be read: it must not keep others out. */
function standInOf(body: Uint8Array): SpoolItem | null {
  try {
    return standIn(decodeItem(body), 'spool_overflow');
  } catch {
    return null;
  }
}

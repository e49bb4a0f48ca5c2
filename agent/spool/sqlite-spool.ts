import { randomUUID } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock, Timer } from '#shared/time/clock.ts';
import { decodeItem, encodeItem } from './codec.ts';
import { LaneBorder } from './lane-border.ts';
import { RANKS, rankOf, ROOM_SHARE, standIn } from './overflow.ts';
import { makeRoom, RowList } from './row-list.ts';
import type { Lane, Spool, SpoolItem, SpoolRow, SpoolTrouble } from './spool.ts';
import { isFull, openSpoolFile } from './sqlite-file.ts';

export type SqliteSpoolOptions = {
  readonly path: string;
  readonly clock: Clock;
  /** How large the file may become; then the oldest successes become gaps. Its log beside it takes 8 MB more. */
  readonly bytesMax?: number;
  readonly onTrouble?: (trouble: SpoolTrouble) => void;
  readonly newId?: () => string;
};

/**
 * A spool on disk that survives kill −9 at any moment.
 *
 * An appended row waits in memory for at most a few ms, is committed together with what else came and with the
 * deletions of what was acknowledged, and only then counts as kept and is offered. A commit that fails is tried
 * again, with everything in it; meanwhile nothing new is offered, and what has no room in memory either becomes a
 * gap `disk_error`. A killed process loses at most rows that nobody was offered; deletions that were lost with it
 * are delivered twice, which is harmless.
 */
export class SqliteSpool implements Spool {
  readonly #options: SqliteSpoolOptions;
  /** Of all rows together. */
  readonly #bytesMax: number;
  readonly #newId: () => string;
  readonly #db: DatabaseSync;
  readonly #sql: Record<'insert' | 'remove' | 'size' | 'peek' | 'oldest' | 'ofRank' | 'mark', StatementSync>;
  readonly #border: LaneBorder;
  readonly #listeners = new Set<() => void>();
  readonly #pending = new RowList();
  /** Committed rows from `#freshFrom` on, so that live delivery does not read them back. */
  readonly #fresh = new RowList();
  #freshFrom: number;
  #acknowledged: { readonly from: number; readonly until: number }[] = [];
  #id: string;
  #next: number;
  #size: { rows: number; bytes: number };
  #timer: Timer | null = null;
  #isFailing = false;

  constructor(options: SqliteSpoolOptions) {
    this.#options = options;
    const fileBytesMax = options.bytesMax ?? FILE_BYTES_MAX;
    this.#bytesMax = fileBytesMax / PAGE_ROOM;
    this.#newId = options.newId ?? randomUUID;
    const { db, corrupt } = openSpoolFile(options.path, { bytesMax: fileBytesMax, nowMs: Math.floor(options.clock.nowMs()) });
    if (corrupt) options.onTrouble?.({ kind: 'corrupt', ...corrupt });
    this.#db = db;
    this.#sql = {
      insert: db.prepare('INSERT INTO item (sequence, at_ms, rank, body) VALUES (?, ?, ?, ?)'),
      remove: db.prepare('DELETE FROM item WHERE sequence >= ? AND sequence < ?'),
      size: db.prepare('SELECT count(*) AS rows, coalesce(sum(length(body)), 0) AS bytes FROM item WHERE sequence >= ? AND sequence < ?'),
      peek: db.prepare('SELECT sequence, body FROM item WHERE sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ?'),
      oldest: db.prepare('SELECT at_ms AS atMs FROM item ORDER BY sequence LIMIT 1'),
      ofRank: db.prepare('SELECT sequence, at_ms AS atMs, body FROM item WHERE rank = ? ORDER BY sequence LIMIT ?'),
      mark: db.prepare('INSERT INTO spool (one, id, next) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET id = excluded.id, next = excluded.next'),
    };
    this.#size = this.#sql.size.get(0, SEQUENCE_END) as { rows: number; bytes: number };
    const known = db.prepare('SELECT id, next FROM spool').get() as { id: string; next: number } | undefined;
    this.#id = known?.id ?? this.#newId();
    this.#next = known?.next ?? 1;
    this.#freshFrom = this.#next;
    this.#border = new LaneBorder(this.#next);
    if (!known) this.#sql.mark.run(this.#id, this.#next);
  }

  get id(): string {
    return this.#id;
  }

  append(item: SpoolItem): number {
    const sequence = this.#next++;
    this.#border.noteAppend(sequence, this.#options.clock.monotonicUs());
    this.#pending.push({ sequence, item, atMs: Math.floor(this.#options.clock.nowMs()) });
    if (this.#pending.bytes > PENDING_BYTES_MAX) {
      const dropped = makeRoom(this.#pending, PENDING_BYTES_MAX * (1 - ROOM_SHARE), 'disk_error');
      this.#options.onTrouble?.({ kind: 'overflow', dropped });
    }
    this.#commitWithin(GROUP_MS);
    return sequence;
  }

  peek(lane: Lane, afterSequence: number, max: number): readonly SpoolRow[] {
    this.#settleAcknowledged();
    const border = this.#border.at(this.#options.clock.monotonicUs());
    if (lane === 'backfill') return this.#read(afterSequence + 1, border, max);
    const from = Math.max(afterSequence + 1, border);
    return from >= this.#freshFrom ? this.#fresh.slice(from, Infinity, max) : this.#read(from, SEQUENCE_END, max);
  }

  ackThrough(lane: Lane, sequence: number): void {
    const border = this.#border.at(this.#options.clock.monotonicUs());
    const range = lane === 'live'
      ? { from: border, until: sequence + 1 }
      : { from: 0, until: Math.min(border, sequence + 1) };
    if (range.from >= range.until) return;
    this.#acknowledged.push(range);
    this.#commitWithin(ACK_MS);
  }

  depth(): number {
    this.#settleAcknowledged();
    return this.#size.rows + this.#pending.length;
  }

  oldestAgeMs(nowMs: number): number {
    const row = (this.#sql.oldest.get() as { atMs: number } | undefined) ?? this.#pending.first();
    return row ? Math.max(0, nowMs - row.atMs) : 0;
  }

  onReady(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => void this.#listeners.delete(callback);
  }

  renewId(): void {
    this.#id = this.#newId();
    this.#sql.mark.run(this.#id, this.#next);
  }

  close(): void {
    this.#commit();
    this.#timer?.cancel();
    this.#listeners.clear();
    this.#db.close();
  }

  #commitWithin(delayMs: number): void {
    this.#timer ??= this.#options.clock.setTimer(delayMs, () => this.#commit());
  }

  /** What is acknowledged must not be seen again; while the disk does not obey, it may, harmlessly. */
  #settleAcknowledged(): void {
    if (this.#acknowledged.length > 0 && !this.#isFailing) this.#commit();
  }

  /** Writes what is pending in one transaction. What cannot be written stays pending and is tried again. */
  #commit(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const hasNew = this.#pending.length > 0;
    if (!hasNew && this.#acknowledged.length === 0) return;
    try {
      if (!this.#tryCommit()) this.#tryCommit({ isSecondTry: true });
    } catch (error) {
      this.#isFailing = true;
      this.#options.onTrouble?.({ kind: 'commit_failed', error });
      this.#commitWithin(RETRY_MS);
      return;
    }
    this.#isFailing = false;
    if (hasNew) for (const listener of this.#listeners) listener();
  }

  /** false: the file was full, and room has been made for a second try. Throws when the disk does not obey. */
  #tryCommit(options: { readonly isSecondTry?: boolean } = {}): boolean {
    const size = { ...this.#size };
    const rows = this.#pending.slice(0, Infinity, Infinity);
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const { from, until } of this.#acknowledged) this.#removeRange(from, until, size);
      for (const { sequence, atMs, item } of rows) {
        const body = encodeItem(item);
        this.#sql.insert.run(sequence, atMs, rankOf(item), body);
        size.rows += 1;
        size.bytes += body.length;
      }
      if (size.bytes > this.#bytesMax) this.#makeRoom(size);
      this.#sql.mark.run(this.#id, this.#next);
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      if (!isFull(error) || options.isSecondTry) throw error;
      this.#makeRoomAlone();
      return false;
    }
    this.#size = size;
    for (const { from, until } of this.#acknowledged) this.#fresh.remove(from, until);
    this.#acknowledged = [];
    for (const row of this.#pending.takeAll()) this.#remember(row);
    return true;
  }

  #removeRange(from: number, until: number, size: { rows: number; bytes: number }): void {
    const going = this.#sql.size.get(from, until) as { rows: number; bytes: number };
    this.#sql.remove.run(from, until);
    size.rows -= going.rows;
    size.bytes -= going.bytes;
  }

  /** Lets stand-ins take the place of rows, in order of rank and age, until a tenth is free. Within a transaction. */
  #makeRoom(size: { rows: number; bytes: number }): void {
    const enough = this.#bytesMax * (1 - ROOM_SHARE);
    let dropped = 0;
    for (const rank of RANKS) {
      while (size.bytes > enough) {
        const rows = this.#sql.ofRank.all(rank, ROOM_ROWS) as StoredRow[];
        if (rows.length === 0) break;
        for (const row of rows) this.#replace(row, size);
        dropped += rows.length;
      }
    }
    this.#fresh.takeAll();
    this.#freshFrom = this.#next;
    this.#options.onTrouble?.({ kind: 'overflow', dropped });
  }

  /** By deleting and inserting: SQLite gives up pages when rows go, not when they shrink. */
  #replace({ sequence, atMs, body }: StoredRow, size: { rows: number; bytes: number }): void {
    const instead = standInOf(body);
    this.#sql.remove.run(sequence, sequence + 1);
    size.rows -= 1;
    size.bytes -= body.length;
    if (!instead) return;
    const blob = encodeItem(instead);
    this.#sql.insert.run(sequence, atMs, rankOf(instead), blob);
    size.rows += 1;
    size.bytes += blob.length;
  }

  /** The file is full before its rows are: counts less from now on, and makes room for that. */
  #makeRoomAlone(): void {
    const size = { ...this.#size, bytes: this.#bytesMax };
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#makeRoom(size);
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
    this.#size = this.#sql.size.get(0, SEQUENCE_END) as { rows: number; bytes: number };
  }

  #remember(row: SpoolRow & { readonly atMs: number }): void {
    if (row.sequence < this.#freshFrom) return;
    this.#fresh.push(row);
    while (this.#fresh.bytes > FRESH_BYTES_MAX) {
      const first = this.#fresh.first()!;
      this.#fresh.remove(first.sequence, first.sequence + FRESH_DROP);
      this.#freshFrom = first.sequence + FRESH_DROP;
    }
  }

  #read(from: number, until: number, max: number): readonly SpoolRow[] {
    const rows = this.#sql.peek.all(from, until, max) as { sequence: number; body: Uint8Array }[];
    return rows.flatMap(({ sequence, body }) => {
      try {
        return [{ sequence, item: decodeItem(body) }];
      } catch (error) {
        // It would be offered for ever; its run is closed by the coordinator.
        this.#options.onTrouble?.({ kind: 'unreadable', sequence, error });
        this.#acknowledged.push({ from: sequence, until: sequence + 1 });
        this.#commitWithin(ACK_MS);
        return [];
      }
    });
  }
}

type StoredRow = { readonly sequence: number; readonly atMs: number; readonly body: Uint8Array };

/** null also for a row that cannot be read: it must not keep others out. */
function standInOf(body: Uint8Array): SpoolItem | null {
  try {
    return standIn(decodeItem(body), 'spool_overflow');
  } catch {
    return null;
  }
}

/** Results that come within this time share a commit: about one a check a ms at a thousand checks a second. */
const GROUP_MS = 5;
/** Deletions can wait for the next rows to share their commit. */
const ACK_MS = 50;
const RETRY_MS = 500;
const FILE_BYTES_MAX = 256 * 1024 * 1024;
/** Rows just over half a page leave the other half empty. */
const PAGE_ROOM = 2.2;
/** Rows that wait for a disk that does not obey. */
const PENDING_BYTES_MAX = 16 * 1024 * 1024;
/** A few seconds of live delivery; what is older is read back from the file. */
const FRESH_BYTES_MAX = 8 * 1024 * 1024;
const FRESH_DROP = 256;
const ROOM_ROWS = 500;
const SEQUENCE_END = Number.MAX_SAFE_INTEGER;

import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '#shared/time/clock.ts';
import { decodeItem } from './codec.ts';
import { FreshRows } from './fresh-rows.ts';
import { LaneBorder } from './lane-border.ts';
import { ROOM_SHARE } from './overflow.ts';
import { makeRoom, RowList } from './row-list.ts';
import type { Lane, Spool, SpoolItem, SpoolRow, SpoolTrouble } from './spool.ts';
import { isFull, openSpoolFile } from './sqlite-file.ts';
import { withRange, type SequenceRange } from './sequence-ranges.ts';
import { SEQUENCE_END, SqliteRows, type StoredRow } from './sqlite-rows.ts';

export type SqliteSpoolOptions = {
  readonly path: string;
  readonly clock: Clock;
  /** How large the file may become; then the oldest successes become gaps. Its log beside it takes some 8 MB more. */
  readonly bytesMax?: number;
  readonly onTrouble?: (trouble: SpoolTrouble) => void;
  readonly newId?: () => string;
  /** Opens the file; left out: on the disk. */
  readonly open?: typeof openSpoolFile;
};

/**
 * A spool on disk that survives kill −9 at any moment.
 *
 * An appended row waits in memory for at most a few ms, is committed together with what else came and with the
 * deletions of what was acknowledged, and only then counts as kept and is offered. A commit that fails is tried
 * again, with everything in it; meanwhile rows are offered from memory, so that an agent whose disk is full still
 * tells what it sees, and what has no room in memory either becomes a gap `disk_error`. A killed process loses at
 * most rows that its disk never took; deletions that were lost with it are delivered twice, which is harmless.
 *
 * The constructor throws, in a sentence, when the file cannot be opened or another agent has it.
 */
export class SqliteSpool implements Spool {
  readonly #options: SqliteSpoolOptions;
  /** Of all rows together. */
  readonly #bytesMax: number;
  readonly #newId: () => string;
  readonly #rows: SqliteRows;
  readonly #border: LaneBorder;
  readonly #listeners = new Set<() => void>();
  readonly #pending = new RowList();
  readonly #fresh: FreshRows;
  /** Deletions that wait for the disk. */
  #acknowledged: readonly SequenceRange[] = [];
  /** Rows below it are in the file, or were. */
  #committedUntil: number;
  #id: string;
  #next: number;
  #timer: Timer | null = null;
  #isFailing = false;

  constructor(options: SqliteSpoolOptions) {
    this.#options = options;
    const fileBytesMax = options.bytesMax ?? FILE_BYTES_MAX;
    this.#bytesMax = fileBytesMax / PAGE_ROOM;
    this.#newId = options.newId ?? randomUUID;
    const { db, corrupt } = (options.open ?? openSpoolFile)(options.path, { bytesMax: fileBytesMax, nowMs: Math.floor(options.clock.nowMs()) });
    if (corrupt) options.onTrouble?.({ kind: 'corrupt', ...corrupt });
    this.#rows = new SqliteRows(db);
    const known = this.#rows.identity();
    this.#id = known?.id ?? this.#newId();
    this.#next = known?.next ?? 1;
    this.#fresh = new FreshRows(this.#next);
    this.#committedUntil = this.#next;
    this.#border = new LaneBorder(this.#next);
    if (!known) this.#rows.setIdentity(this.#id, this.#next);
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
    const [from, until] = lane === 'backfill' ? [afterSequence + 1, border] : [Math.max(afterSequence + 1, border), SEQUENCE_END];
    const isInMemory = this.#fresh.reachesTo(from) || this.#isAllFresh();
    const stored = isInMemory ? null : this.#fromDisk((rows) => rows.read(from, until, max));
    // In order: what cannot be read is not passed over, or the acknowledgement of a later row would forget it.
    if (!isInMemory && stored === null) return [];
    const kept = stored === null ? this.#fresh.slice(from, until, max) : this.#decoded(stored);
    return this.#isFailing ? [...kept, ...this.#pending.slice(from, until, max - kept.length)] : kept;
  }

  ackThrough(lane: Lane, sequence: number): void {
    const border = this.#border.at(this.#options.clock.monotonicUs());
    const range = lane === 'live'
      ? { from: border, until: sequence + 1 }
      : { from: 0, until: Math.min(border, sequence + 1) };
    this.#pending.remove(range.from, range.until);
    this.#forget({ from: range.from, until: Math.min(range.until, this.#committedUntil) });
  }

  #forget(range: SequenceRange): void {
    if (range.from >= range.until) return;
    this.#acknowledged = withRange(this.#acknowledged, range);
    this.#commitWithin(ACK_MS);
  }

  depth(): number {
    this.#settleAcknowledged();
    return this.#rows.size.rows + this.#pending.length;
  }

  oldestAgeMs(nowMs: number): number {
    const committedAtMs = this.#isAllFresh() ? this.#fresh.first()?.atMs : this.#fromDisk((rows) => rows.oldestAtMs());
    return Math.max(0, nowMs - (committedAtMs ?? this.#pending.first()?.atMs ?? nowMs));
  }

  /** Then there is nothing in the file that is not in memory, too. */
  #isAllFresh(): boolean {
    return this.#rows.size.rows === this.#fresh.length;
  }

  onReady(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => void this.#listeners.delete(callback);
  }

  renewId(): void {
    this.#id = this.#newId();
    this.#rows.setIdentity(this.#id, this.#next);
  }

  close(): void {
    this.#commit();
    this.#timer?.cancel();
    this.#listeners.clear();
    this.#rows.close();
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
      this.#write();
    } catch (error) {
      this.#isFailing = true;
      this.#options.onTrouble?.({ kind: 'commit_failed', error });
      this.#commitWithin(RETRY_MS);
      if (hasNew) this.#tellReady();
      return;
    }
    if (this.#isFailing) this.#options.onTrouble?.({ kind: 'recovered' });
    this.#isFailing = false;
    if (hasNew) this.#tellReady();
  }

  #tellReady(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Throws when the disk does not obey; then nothing has changed. */
  #write(): void {
    let dropped = 0;
    try {
      this.#rows.transaction(() => { dropped = this.#writeAll(); });
    } catch (error) {
      if (!isFull(error)) throw error;
      // Pages ran out before the rows' bytes did: makes room by what there is, and tries once more.
      this.#rows.transaction(() => { dropped = this.#rows.makeRoom(this.#rows.size.bytes * (1 - ROOM_SHARE)) + this.#writeAll(); });
    }
    for (const { from, until } of this.#acknowledged) this.#fresh.remove(from, until);
    this.#acknowledged = [];
    this.#committedUntil = this.#next;
    if (dropped > 0) {
      this.#fresh.startAnew(this.#next);
      this.#options.onTrouble?.({ kind: 'overflow', dropped });
    }
    for (const row of this.#pending.takeAll()) this.#fresh.remember(row);
  }

  /** Within a transaction; how many rows had to go for others. */
  #writeAll(): number {
    for (const { from, until } of this.#acknowledged) this.#rows.remove(from, until);
    for (const row of this.#pending.slice(0, Infinity, Infinity)) this.#rows.insert(row);
    const dropped = this.#rows.size.bytes > this.#bytesMax ? this.#rows.makeRoom(this.#bytesMax * (1 - ROOM_SHARE)) : 0;
    this.#rows.setIdentity(this.#id, this.#next);
    return dropped;
  }

  #decoded(rows: readonly StoredRow[]): readonly SpoolRow[] {
    return rows.flatMap(({ sequence, body }) => {
      try {
        return [{ sequence, item: decodeItem(body) }];
      } catch (error) {
        // It would be offered for ever; its run is closed by the coordinator.
        this.#options.onTrouble?.({ kind: 'unreadable', sequence, error });
        this.#forget({ from: sequence, until: sequence + 1 });
        return [];
      }
    });
  }

  /** null: the disk does not obey. */
  #fromDisk<T>(read: (rows: SqliteRows) => T): T | null {
    try {
      return read(this.#rows);
    } catch (error) {
      this.#options.onTrouble?.({ kind: 'read_failed', error });
      return null;
    }
  }
}

/** Results that come within this time share a commit: five of them at a thousand checks a second. */
const GROUP_MS = 5;
/** Deletions can wait for the next rows to share their commit. */
const ACK_MS = 50;
const RETRY_MS = 500;
const FILE_BYTES_MAX = 256 * 1024 * 1024;
/** Rows just over half a page leave the other half empty. */
const PAGE_ROOM = 2.2;
/** Rows that wait for a disk that does not obey. */
const PENDING_BYTES_MAX = 16 * 1024 * 1024;

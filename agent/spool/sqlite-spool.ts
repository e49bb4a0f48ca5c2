import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '#shared/time/clock.ts';
import { decodeItem } from './codec.ts';
import { LaneBorder } from './lane-border.ts';
import { ROOM_SHARE } from './overflow.ts';
import { makeRoom, RowList, type TimedRow } from './row-list.ts';
import type { Lane, Spool, SpoolItem, SpoolRow, SpoolTrouble } from './spool.ts';
import { isFull, openSpoolFile } from './sqlite-file.ts';
import { SEQUENCE_END, SqliteRows } from './sqlite-rows.ts';

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
 * again, with everything in it; meanwhile nothing new is offered, and what has no room in memory either becomes a
 * gap `disk_error`. A killed process loses at most rows that nobody was offered; deletions that were lost with it
 * are delivered twice, which is harmless.
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
  /** Committed rows from `#freshFrom` on, so that live delivery does not read them back. */
  readonly #fresh = new RowList();
  #freshFrom: number;
  #acknowledged: { readonly from: number; readonly until: number }[] = [];
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
    this.#freshFrom = this.#next;
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
    return from >= this.#freshFrom || this.#isAllFresh() ? this.#fresh.slice(from, until, max) : this.#read(from, until, max);
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
    return this.#rows.size.rows + this.#pending.length;
  }

  oldestAgeMs(nowMs: number): number {
    const committedAtMs = this.#isAllFresh() ? this.#fresh.first()?.atMs : this.#rows.oldestAtMs();
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
      return;
    }
    this.#isFailing = false;
    if (hasNew) for (const listener of this.#listeners) listener();
  }

  /** Throws when the disk does not obey; then nothing has changed. */
  #write(): void {
    try {
      this.#rows.transaction(() => this.#writeAll());
    } catch (error) {
      if (!isFull(error)) throw error;
      // Pages ran out before the rows' bytes did: makes room by what there is, and tries once more.
      this.#rows.transaction(() => this.#makeRoom(this.#rows.size.bytes * (1 - ROOM_SHARE)));
      this.#rows.transaction(() => this.#writeAll());
    }
    for (const { from, until } of this.#acknowledged) this.#fresh.remove(from, until);
    this.#acknowledged = [];
    for (const row of this.#pending.takeAll()) this.#remember(row);
  }

  #writeAll(): void {
    for (const { from, until } of this.#acknowledged) this.#rows.remove(from, until);
    for (const row of this.#pending.slice(0, Infinity, Infinity)) this.#rows.insert(row);
    if (this.#rows.size.bytes > this.#bytesMax) this.#makeRoom(this.#bytesMax * (1 - ROOM_SHARE));
    this.#rows.setIdentity(this.#id, this.#next);
  }

  #makeRoom(bytes: number): void {
    const dropped = this.#rows.makeRoom(bytes);
    this.#fresh.takeAll();
    this.#freshFrom = this.#next;
    this.#options.onTrouble?.({ kind: 'overflow', dropped });
  }

  #remember(row: TimedRow): void {
    if (row.sequence < this.#freshFrom) return;
    this.#fresh.push(row);
    while (this.#fresh.bytes > FRESH_BYTES_MAX) {
      const first = this.#fresh.first()!;
      this.#freshFrom = first.sequence + FRESH_DROP;
      this.#fresh.remove(first.sequence, this.#freshFrom);
    }
  }

  #read(from: number, until: number, max: number): readonly SpoolRow[] {
    return this.#rows.read(from, until, max).flatMap(({ sequence, body }) => {
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
/** A few seconds of live delivery; what is older is read back from the file. */
const FRESH_BYTES_MAX = 8 * 1024 * 1024;
const FRESH_DROP = 256;

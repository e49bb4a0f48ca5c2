import { randomUUID } from 'node:crypto';
import type { Clock } from '#shared/time/clock.ts';
import { LaneBorder } from './lane-border.ts';
import { ROOM_SHARE } from './overflow.ts';
import { makeRoom, RowList } from './row-list.ts';
import type { Lane, Spool, SpoolItem, SpoolRow, SpoolTrouble } from './spool.ts';

export type MemorySpoolOptions = {
  readonly clock: Clock;
  /** About how much memory items may take; beyond, the oldest successes become gaps. */
  readonly bytesMax?: number;
  readonly onTrouble?: (trouble: SpoolTrouble) => void;
  readonly newId?: () => string;
};

/** A spool for an agent without a data directory: the same promises, but for those about a restart. */
export class MemorySpool implements Spool {
  readonly #options: MemorySpoolOptions;
  readonly #newId: () => string;
  readonly #border = new LaneBorder(1);
  readonly #rows = new RowList();
  readonly #listeners = new Set<() => void>();
  #id: string;
  #next = 1;

  constructor(options: MemorySpoolOptions) {
    this.#options = options;
    this.#newId = options.newId ?? randomUUID;
    this.#id = this.#newId();
  }

  get id(): string {
    return this.#id;
  }

  append(item: SpoolItem): number {
    const sequence = this.#next++;
    this.#border.noteAppend(sequence, this.#options.clock.monotonicUs());
    this.#rows.push({ sequence, item, atMs: this.#options.clock.nowMs() });
    const bytesMax = this.#options.bytesMax ?? BYTES_MAX;
    if (this.#rows.bytes > bytesMax) {
      const dropped = makeRoom(this.#rows, bytesMax * (1 - ROOM_SHARE), 'spool_overflow');
      this.#options.onTrouble?.({ kind: 'overflow', dropped });
    }
    for (const listener of this.#listeners) listener();
    return sequence;
  }

  peek(lane: Lane, afterSequence: number, max: number): readonly SpoolRow[] {
    const border = this.#border.at(this.#options.clock.monotonicUs());
    return lane === 'live'
      ? this.#rows.slice(Math.max(afterSequence + 1, border), Infinity, max)
      : this.#rows.slice(afterSequence + 1, border, max);
  }

  ackThrough(lane: Lane, sequence: number): void {
    const border = this.#border.at(this.#options.clock.monotonicUs());
    if (lane === 'live') this.#rows.remove(border, sequence + 1);
    else this.#rows.remove(0, Math.min(border, sequence + 1));
  }

  depth(): number {
    return this.#rows.length;
  }

  oldestAgeMs(nowMs: number): number {
    const oldest = this.#rows.first();
    return oldest ? Math.max(0, nowMs - oldest.atMs) : 0;
  }

  onReady(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => void this.#listeners.delete(callback);
  }

  renewId(): void {
    this.#id = this.#newId();
  }

  close(): void {
    this.#listeners.clear();
  }
}

/** About 20,000 results, or a hundred thousand gaps. */
const BYTES_MAX = 32 * 1024 * 1024;
